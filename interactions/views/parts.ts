import { type Html, html } from "../../src/http/html.ts";
import type { Translate } from "../../src/texts.ts";

/** What every screen of an interaction needs to know. */
export interface Screen {
  translate: Translate;
  /** The relying application's name. */
  application: string;
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

export function cancel(screen: Screen): Html {
  return form(
    screen,
    "cancel",
    html`<button class="link" type="submit">${screen.translate("cancel", { application: screen.application })}</button>`,
  );
}

/** A sentence with one part of it emphasised. */
export function emphasised(sentence: string, part: string): Html {
  const at = sentence.indexOf(part);
  return html`${sentence.slice(0, at)}<strong>${part}</strong>${sentence.slice(at + part.length)}`;
}

/** The message stands before the field and is tied to it (WCAG 2.2, 3.3.1 and 4.1.3). */
export function problem(id: string, message: string | undefined): Html | undefined {
  return message === undefined ? undefined : html`<p class="wrong" id="${id}" role="alert">${message}</p>`;
}
