import { type Html, html, within } from "../../src/http/html.ts";
import type { Translate } from "../../src/texts/texts.ts";

/** The data that every screen of an interaction needs. */
export interface Screen {
  translate: Translate;
  /** The relying application's name. */
  application: string;
  /** Whether guests need an invitation to it. */
  invited: boolean;
  /** Path of the interaction; forms post below it. */
  path: string;
  /** Shows that a form came from our own page. */
  token: string;
}

export function form(screen: Screen, action: string, body: Html): Html {
  return html`<form method="post" action="${screen.path}/${action}" novalidate>
<input type="hidden" name="token" value="${screen.token}">
${body}
</form>`;
}

/** A form whose button asks for a passkey, or makes one: the script `passkey` posts it with the answer. */
export function passkeyForm(screen: Screen, action: string, options: object, kind: "get" | "create", body: Html): Html {
  const { translate } = screen;
  return html`<form method="post" action="${screen.path}/${action}" data-kind="${kind}" data-passkey="${JSON.stringify(options)}"
 data-none="${translate("passkey.none")}" data-there="${translate("passkey.there")}" novalidate>
<input type="hidden" name="token" value="${screen.token}">
<input type="hidden" name="credential" value="">
${body}
</form>`;
}

export function cancel(screen: Screen): Html {
  return form(
    screen,
    "cancel",
    html`<button class="link" type="submit">${screen.translate("cancel", { application: screen.application })}</button>`,
  );
}

/** A sentence with one part emphasised, which stays together in either reading direction. */
export function emphasised(sentence: string, part: string): Html {
  return within(sentence, part, (words) => html`<strong><bdi>${words}</bdi></strong>`);
}

/** The message comes before the field and is tied to it (WCAG 2.2, 3.3.1 and 4.1.3). */
export function problem(id: string, message: string | undefined): Html | undefined {
  return message === undefined ? undefined : html`<p class="wrong" id="${id}" role="alert">${message}</p>`;
}
