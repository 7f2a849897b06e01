import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { cancel, form, problem, type Screen } from "./parts.ts";

export interface ConfirmMailboxData {
  /** Masked. */
  address: string;
  /** The period of the rule that decided; what is not whole days is said in hours. */
  days: number;
  organisation: string;
  /** Why no code was sent. */
  refused: string | undefined;
}

export function confirmMailboxPage(screen: Screen, { address, days, organisation, refused }: ConfirmMailboxData): Page {
  const { translate, path } = screen;
  const why = Number.isInteger(days)
    ? translate("confirm.why", { organisation, count: days })
    : translate("confirm.hours", { organisation, count: Math.max(1, Math.round(days * 24)) });
  return {
    title: translate("confirm.title"),
    body: html`<p>${why}</p>
<p>${translate("confirm.to")}</p>
<p class="address"><bdi>${address}</bdi></p>
${form(
  screen,
  "confirm",
  html`${problem("confirm-problem", refused)}
<button class="primary" type="submit">${translate("enter-email.submit")}</button>`,
)}
<div class="others">
<p><a href="${path}/email">${translate("enter-passcode.other-address")}</a></p>
${cancel(screen)}
</div>`,
  };
}
