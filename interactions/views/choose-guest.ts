import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { cancel, form, type Screen } from "./parts.ts";

/** @param address of the guest who is signed in, masked */
export function chooseGuestPage(screen: Screen, address: string): Page {
  const { translate, application, path } = screen;
  return {
    title: translate("enter-email.title", { application }),
    body: html`<p>${translate("choose.lead")}</p>
${form(screen, "continue", html`<button class="primary" type="submit">${translate("choose.continue", { address })}</button>`)}
<div class="others">
<p><a href="${path}/email">${translate("enter-passcode.other-address")}</a></p>
${cancel(screen)}
</div>`,
  };
}
