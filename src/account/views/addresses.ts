import type { Alias } from "../../guests/guest.ts";
import { type Html, html, withAddress } from "../../http/html.ts";
import type { Page } from "../../http/page.ts";
import type { Translate } from "../../texts/texts.ts";
import type { AccountDeps, Visit } from "../visit.ts";
import { back, form, whomToAsk } from "./parts.ts";

/** What was typed and why it is refused, or why an address cannot be removed. */
export type Refused = { typed: string; problem: string } | { removal: string };

export function addressesPage({ reader, token }: Visit, aliases: Alias[], removalOf: (alias: Alias) => string, answer?: Refused): Page {
  const { translate } = reader;
  const refused = answer && "typed" in answer ? answer : undefined;
  return {
    title: translate("account.new.title"),
    invalid: refused !== undefined,
    body: html`${answer && "removal" in answer && html`<p class="note" role="alert">${answer.removal}</p>`}
<p>${translate("account.new.lead")}</p>
${form(
  token,
  "/account/addresses",
  html`<label for="email">${translate("account.new.label")}</label>
${refused && html`<p class="wrong" id="email-problem" role="alert">${refused.problem}</p>`}
<input type="email" id="email" name="email" value="${refused?.typed ?? ""}" autocomplete="off" autocapitalize="none" spellcheck="false" maxlength="320" dir="ltr" required
${refused && html` aria-describedby="email-problem" aria-invalid="true"`}>
<button class="primary" type="submit">${translate("enter-email.submit")}</button>`,
)}
<section class="others" aria-labelledby="main-title">
<h2 id="main-title">${translate("account.main.title")}</h2>
<p class="quiet">${translate("account.main.lead")}</p>
${aliases.map((alias) => choiceOf(translate, token, alias, removalOf(alias)))}
${aliases.length > 1 && html`<p class="quiet">${translate("account.remove.main")}</p>`}
</section>
${back(translate)}`,
  };
}

function choiceOf(translate: Translate, token: string, { address, primary, verifiedAt }: Alias, removal: string): Html {
  const shown = html`<h3 class="address"><bdi>${address}</bdi></h3>`;
  if (primary) return html`${shown}<p class="quiet">${translate("account.addresses.main")}</p>`;
  return html`${shown}
${
  verifiedAt === null
    ? html`<p class="quiet">${translate("account.main.unproven")}</p>`
    : form(
        token,
        "/account/addresses/main",
        html`<input type="hidden" name="address" value="${address}">
<button class="link" type="submit">${withAddress(translate("account.main.choose", { address }), address)}</button>`,
      )
}
<p><a href="${removal}">${withAddress(translate("account.remove.link", { address }), address)}</a></p>`;
}

export function removalPage(
  { reader, token }: Visit,
  { address, path, applications }: { address: string; path: string; applications: string[] },
): Page {
  const { translate, language } = reader;
  return {
    title: translate("account.remove.title"),
    body: html`<p class="address"><bdi>${address}</bdi></p>
<p>${translate("account.remove.effect")}</p>
${applications.length > 0 && html`<p>${translate("account.remove.invitations", { applications: new Intl.ListFormat(language).format(applications) })}</p>`}
<p>${translate("account.remove.undo")}</p>
${form(token, path, html`<button class="primary" type="submit">${translate("account.remove.yes")}</button>`)}
${back(translate)}`,
  };
}

export function codePage(
  { reader, token }: Visit,
  data: {
    path: string;
    address: string;
    digits: number;
    reference: string;
    problem: string | undefined;
    /** Until another code can be asked for. */
    wait: { words: string; seconds: number } | undefined;
  },
): Page {
  const { translate } = reader;
  const invalid = data.problem !== undefined;
  return {
    title: translate("enter-passcode.title"),
    invalid,
    body: html`<p id="sent">${withAddress(translate("enter-passcode.sent-to-guest", { address: data.address }), data.address)}</p>
${form(
  token,
  data.path,
  html`<label for="code">${translate("enter-passcode.label", { count: data.digits })}</label>
${invalid && html`<p class="wrong" id="code-problem" role="alert">${data.problem}</p>`}
<div class="act">
<input type="text" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="40" size="${data.digits}" dir="ltr" required autofocus
 aria-describedby="${invalid && "code-problem "}sent"${invalid && html` aria-invalid="true"`}>
<button class="primary" type="submit">${translate("account.new.add")}</button>
</div>`,
)}
<details class="help">
<summary>${translate("enter-passcode.nothing")}</summary>
${
  data.wait
    ? html`<p>${translate("enter-passcode.resend-wait", { wait: data.wait.words })}</p>`
    : form(token, `${data.path}/again`, html`<button class="link" type="submit">${translate("enter-passcode.resend")}</button>`)
}
<p class="quiet">${translate("enter-passcode.reference", { reference: data.reference })}</p>
</details>
<div class="others"><p><a href="/account/addresses">${translate("enter-passcode.other-address")}</a></p></div>`,
  };
}

export function forbiddenPage(translate: Translate, deps: Pick<AccountDeps, "organisation" | "support">): Page {
  return { title: translate("account.addresses.title"), body: html`${whomToAsk(translate, deps)}${back(translate)}` };
}
