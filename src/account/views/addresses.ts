import type { Alias } from "../../guests/guest.ts";
import { html } from "../../http/html.ts";
import type { Page } from "../../http/page.ts";
import type { Translate } from "../../texts/texts.ts";
import type { AccountDeps, Visit } from "../visit.ts";
import { back, form, whomToAsk } from "./parts.ts";

export function addressesPage({ reader, token }: Visit, aliases: Alias[], refused?: { typed: string; problem: string }): Page {
  const { translate } = reader;
  return {
    title: translate("account.new.title"),
    invalid: refused !== undefined,
    body: html`<p>${translate("account.new.lead")}</p>
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
${aliases.map((alias) => choiceOf(translate, token, alias))}
</section>
${back(translate)}`,
  };
}

function choiceOf(translate: Translate, token: string, { address, primary, verifiedAt }: Alias) {
  if (primary || verifiedAt === null)
    return html`<p><bdi>${address}</bdi><br><span class="quiet">${translate(primary ? "account.addresses.main" : "account.main.unproven")}</span></p>`;
  return form(
    token,
    "/account/addresses/main",
    html`<input type="hidden" name="address" value="${address}">
<button class="link" type="submit">${translate("account.main.choose", { address })}</button>`,
  );
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
    body: html`<p id="sent">${translate("enter-passcode.sent-to-guest", { address: data.address })}</p>
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
