import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { emphasised, form, passkeyForm, type Screen } from "./parts.ts";

export interface OfferPasskeyData {
  address: string;
  options: object;
  /** One was made but could not be stored. */
  failed?: boolean;
}

/** The guest is already signed in; this is about later sign-ins. */
export function offerPasskeyPage(screen: Screen, { address, options, failed = false }: OfferPasskeyData): Page {
  const { translate } = screen;
  return {
    title: translate("passkey.offer.title"),
    invalid: failed,
    scripts: ["passkey"],
    body: html`<p>${emphasised(translate("passkey.offer.lead", { address }), address)}</p>
<p class="quiet">${translate("passkey.offer.still")}</p>
${passkeyForm(
  screen,
  "passkey/make",
  options,
  "create",
  html`<p class="wrong" id="passkey-status" role="alert"${!failed && html` hidden`}>${failed && translate("passkey.failed")}</p>
<button class="primary" type="submit" disabled>${translate("passkey.offer.make")}</button>`,
)}
<div class="others">
${form(screen, "passkey/leave", html`<button type="submit">${translate("passkey.offer.later")}</button>`)}
${form(screen, "passkey/leave", html`<input type="hidden" name="ask" value="never"><button class="link" type="submit">${translate("passkey.offer.never")}</button>`)}
</div>`,
  };
}
