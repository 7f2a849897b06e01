import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import type { Translate } from "../../src/texts/texts.ts";
import type { Offer } from "../../src/upstream/upstreams.ts";
import { upstreamForm } from "./choose-way.ts";
import { cancel, form, problem, type Screen } from "./parts.ts";

export interface ConfirmMailboxData {
  /** Masked. */
  address: string;
  /** The period of the rule that decided. Fractions of a day are given in hours. */
  days: number;
  /** Whose rule it is. */
  organisation: string;
  /** No rule decided: the mailbox was never proven. */
  unproven: "changed" | "other" | undefined;
  /** Providers that can confirm it too. */
  upstreams: Offer[];
  /** Why no code was sent. */
  refused: string | undefined;
}

export function confirmMailboxPage(screen: Screen, data: ConfirmMailboxData): Page {
  const { translate, path } = screen;
  return {
    title: translate("confirm.title"),
    signedIn: true,
    body: html`<p>${whyOf(screen, data)}</p>
<p>${translate("confirm.to")}</p>
<p class="address"><bdi>${data.address}</bdi></p>
${form(
  screen,
  "confirm",
  html`${problem("confirm-problem", data.refused)}
<button class="primary" type="submit">${translate("enter-email.submit")}</button>`,
)}
${data.upstreams.map((each) => upstreamForm(screen, each, { from: "due" }))}
<div class="others">
<p><a href="${path}/email">${translate("enter-passcode.other-address")}</a></p>
${cancel(screen)}
</div>`,
  };
}

/** The rule and its purpose; or, after a change of address, that change. */
function whyOf({ translate }: Screen, { days, organisation, unproven }: ConfirmMailboxData): string {
  if (unproven) return translate(`confirm.${unproven}`);
  return `${ruleInWords(translate, { organisation, days })} ${translate("confirm.because")}`;
}

/** @param organisation whose rule it is */
export function ruleInWords(translate: Translate, { organisation, days }: { organisation: string; days: number }): string {
  return Number.isInteger(days)
    ? translate("confirm.why", { organisation, count: days })
    : translate("confirm.hours", { organisation, count: Math.max(1, Math.round(days * 24)) });
}
