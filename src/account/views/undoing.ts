import type { Undoable } from "../../guests/aliases.ts";
import { html } from "../../http/html.ts";
import type { Page } from "../../http/page.ts";
import type { Translate } from "../../texts/texts.ts";

export function undoPage(translate: Translate, found: Undoable, action: string): Page {
  const toAccount = html`<p><a class="button" href="/account">${translate("account.title")}</a></p>`;
  if (found.outcome !== "open")
    return {
      title: translate(`account.undo.${found.outcome}`),
      body: html`<p>${translate(`account.undo.${found.outcome}.lead`)}</p>
${toAccount}`,
    };
  return {
    title: translate("account.undo.title"),
    body: html`<p>${translate(`account.undo.${found.kind}`)}</p>
<p class="address"><bdi>${found.address}</bdi></p>
<p>${translate(found.kind === "removed" ? "account.undo.effect-removed" : "account.undo.effect")}</p>
<form method="post" action="${action}">
<button class="primary" type="submit">${translate("account.undo.yes")}</button>
</form>
<div class="others"><p class="quiet">${translate("account.undo.no")}</p></div>`,
  };
}
