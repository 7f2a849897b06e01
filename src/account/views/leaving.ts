import { html } from "../../http/html.ts";
import type { Page } from "../../http/page.ts";
import type { Translate } from "../../texts/texts.ts";
import type { AccountDeps, Visit } from "../visit.ts";
import { back, form } from "./parts.ts";

export function leaveOnePage({ reader, token }: Visit, { name, invited }: { name: string; invited: boolean }, action: string): Page {
  const { translate } = reader;
  return {
    title: translate("account.leave.one.title", { application: name }),
    body: html`<p>${translate(invited ? "account.leave.one.invited" : "account.leave.one.open")}</p>
<p>${translate("account.leave.one.data", { application: name })}</p>
${form(token, action, html`<button class="primary" type="submit">${translate("account.leave.one.yes", { application: name })}</button>`)}
${back(translate)}`,
  };
}

export function leaveAllPage({ reader, token }: Visit, { organisation, erasure }: Pick<AccountDeps, "organisation" | "erasure">): Page {
  const { translate } = reader;
  const when = erasure === "at-once" ? translate("account.leave.at-once") : translate("account.leave.confirmed", { organisation });
  return {
    title: translate("account.leave.all.title"),
    body: html`<p>${translate("account.leave.all.lead", { organisation })}</p>
<p>${translate("account.leave.all.data")}</p>
<p class="address">${when}</p>
${form(
  token,
  "/account/leave",
  html`<button class="primary" type="submit">${translate(erasure === "at-once" ? "account.leave.all.yes" : "account.leave.all.ask")}</button>`,
)}
${back(translate)}`,
  };
}

export function gonePage(translate: Translate): Page {
  return {
    title: translate("account.gone.title"),
    body: html`<p>${translate("account.gone.lead")}</p>
<p>${translate("account.leave.all.data")}</p>`,
  };
}
