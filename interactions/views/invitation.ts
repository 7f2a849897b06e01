import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import type { Translate } from "../../src/texts/texts.ts";
import { problem } from "./parts.ts";

export interface InvitationOver {
  application: string;
  /** The person to ask for a new one, if there is one. */
  sponsor: string | undefined;
  /** Where the form posts to, and what shows that it came from this page. */
  action: string;
  token: string;
  /** Whether the sponsor was asked for so much that this request was not sent. */
  tooOften: boolean;
}

/** Expired or withdrawn, in plain words, with a way on. */
export function invitationOverPage(translate: Translate, { application, sponsor, action, token, tooOften }: InvitationOver): Page {
  const ask = html`<form method="post" action="${action}">
<input type="hidden" name="token" value="${token}">
${problem("ask-problem", tooOften ? translate("invitation.over.too-often") : undefined)}
<button class="primary" type="submit">${translate("invitation.over.ask", { sponsor: sponsor ?? "" })}</button>
</form>`;
  const wayOn = sponsor === undefined ? html`<p>${translate("invitation.over.nobody")}</p>` : ask;
  return {
    title: translate("invitation.over.title"),
    body: html`<p>${translate("invitation.over.lead", { application })}</p>
${wayOn}`,
  };
}

/** The title says what came of the button, to who hears the page too. */
export function invitationAskedPage(translate: Translate): Page {
  return {
    title: translate("invitation.asked.title"),
    body: html`<p>${translate("invitation.asked.lead")}</p>`,
    scripts: ["formAnswered"],
  };
}

/** With the address that it was sent to, or the application: nobody knows any more whose it was. */
export function invitationGonePage(translate: Translate): Page {
  return { title: translate("invitation.over.title"), body: html`<p>${translate("invitation.over.nobody")}</p>` };
}

export function unknownInvitationPage(translate: Translate): Page {
  return { title: translate("invitation.unknown.title"), body: html`<p>${translate("invitation.unknown.lead")}</p>` };
}
