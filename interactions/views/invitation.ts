import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import type { Translate } from "../../src/texts/texts.ts";
import { problem } from "./parts.ts";

export interface InvitationOver {
  application: string;
  /** The person to ask for a new one, if there is one. */
  sponsor: string | undefined;
  /** The form's target, and the token that shows that it came from this page. */
  action: string;
  token: string;
  /** Whether the sponsor had too many requests for this one to be sent. */
  tooOften: boolean;
}

/** Expired or withdrawn, in plain words, with a next step. */
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

/** The title announces the result of the button, for screen readers too. */
export function invitationAskedPage(translate: Translate): Page {
  return {
    title: translate("invitation.asked.title"),
    body: html`<p>${translate("invitation.asked.lead")}</p>`,
    scripts: ["formAnswered"],
  };
}

/** The invitation went with its address or its application: nobody knows whose it was. */
export function invitationGonePage(translate: Translate): Page {
  return { title: translate("invitation.over.title"), body: html`<p>${translate("invitation.over.nobody")}</p>` };
}

export function unknownInvitationPage(translate: Translate): Page {
  return { title: translate("invitation.unknown.title"), body: html`<p>${translate("invitation.unknown.lead")}</p>` };
}
