import { type Html, html, within } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { cancel, form, type Screen } from "./parts.ts";

export interface AccessOverData {
  /** What ended, and since when: a sentence. */
  what: string;
  /** Who invited the guest, if somebody did. */
  sponsor: string | undefined;
  organisation: string;
  /** An address for help. */
  support: string | undefined;
  /** A code was asked for in this sign-in: another address needs a new one. */
  asked: boolean;
}

export function accessOverPage(screen: Screen, { what, sponsor, organisation, support, asked }: AccessOverData): Page {
  const { translate, application, path } = screen;
  const ask = sponsor === undefined ? translate("over.ask-contact", { organisation }) : translate("over.ask", { sponsor });
  const label = translate("enter-passcode.other-address");
  return {
    title: translate("not-admitted.title", { application }),
    body: html`<p class="note">${what}</p>
<p>${ask}${support !== undefined && html` ${writeTo(translate("over.support", { support }), support)}`}</p>
${
  asked
    ? form(
        screen,
        "start-again",
        html`<input type="hidden" name="other" value="yes"><button class="primary" type="submit">${label}</button>`,
      )
    : html`<p><a class="button primary" href="${path}/email">${label}</a></p>`
}
<div class="others">${cancel(screen)}</div>`,
  };
}

function writeTo(sentence: string, support: string): Html {
  return within(sentence, support, (address) => html`<a href="mailto:${encodeURI(support)}"><bdi>${address}</bdi></a>`);
}
