import { type Html, html } from "../../http/html.ts";
import type { Translate } from "../../texts/texts.ts";

/** A form that shows where it came from. */
export function form(token: string, action: string, body: Html): Html {
  return html`<form method="post" action="${action}" novalidate>
<input type="hidden" name="token" value="${token}">
${body}
</form>`;
}

/** The way back from a page that asks whether to do something. */
export function back(translate: Translate): Html {
  return html`<div class="others"><p><a href="/account">${translate("account.back")}</a></p></div>`;
}

/** Where guests do not change their addresses by themselves. */
export function whomToAsk(translate: Translate, { organisation, support }: { organisation: string; support: string | undefined }): Html {
  if (support === undefined) return html`<p>${translate("account.addresses.ask-sponsor", { organisation })}</p>`;
  return html`<p>${translate("account.addresses.ask", { organisation })} <a href="mailto:${encodeURI(support)}"><bdi>${support}</bdi></a></p>`;
}
