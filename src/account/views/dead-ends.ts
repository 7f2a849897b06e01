// Pages of a guest who is not let in here, in words.
import { html } from "../../http/html.ts";
import type { Page } from "../../http/page.ts";
import type { Translate } from "../../texts/texts.ts";

export function suspendedPage(translate: Translate, organisation: string): Page {
  return { title: translate("account.suspended.title"), body: html`<p>${translate("account.suspended.lead", { organisation })}</p>` };
}

/** The guest did not sign in. */
export function awayPage(translate: Translate): Page {
  return {
    title: translate("account.away.title"),
    body: html`<p>${translate("account.away.lead")}</p>
<p><a class="button" href="/account">${translate("account.away.again")}</a></p>`,
  };
}

export function forgedPage(translate: Translate): Page {
  return {
    title: translate("forged.title"),
    body: html`<p>${translate("account.forged")}</p>
<p><a class="button" href="/account">${translate("account.title")}</a></p>`,
  };
}
