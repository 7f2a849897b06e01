import { type Html, html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { type DeliveryData, deliveryStatus } from "./delivery.ts";
import { cancel, emphasised, form, problem, type Screen } from "./parts.ts";

export interface EnterPasscodeData extends DeliveryData {
  address: string;
  /** The address that mails come from, to look for in the junk folder. */
  sender: string;
  reference: string;
  digits: number;
  problem: string | undefined;
  /** How long until another code can be asked for, in words, and whether one was asked for too early. */
  resend: { wait: string; refused: boolean } | undefined;
  /** Whether the guest ticked to stay signed in. */
  keep: boolean;
}

export function enterPasscodePage(screen: Screen, data: EnterPasscodeData): Page {
  const { translate, application, path } = screen;
  const invalid = data.problem !== undefined;
  return {
    title: translate("enter-passcode.title"),
    invalid,
    scripts: ["fillCode", "deliveryNews"],
    body: html`<p>${translate("enter-passcode.sent", { application })}</p>
<p class="address"><bdi>${data.address}</bdi></p>
${deliveryStatus(screen, data)}
${form(
  screen,
  "passcode",
  html`<label for="code">${translate("enter-passcode.label", { count: data.digits })}</label>
${problem("code-problem", data.problem)}
<input type="text" id="code" name="code" inputmode="numeric" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="40" size="${data.digits}" dir="ltr" required${autofocus(!data.resend?.refused)}
 aria-describedby="code-hint${invalid ? " code-problem" : ""}"${invalid && html` aria-invalid="true"`}>
<label class="choice"><input type="checkbox" name="keep" value="yes"${data.keep && html` checked`}> ${translate("enter-passcode.keep")}</label>
<button class="primary" type="submit">${translate("enter-passcode.submit")}</button>`,
)}
<div class="notes">
<p class="quiet" id="code-hint">${emphasised(translate("enter-passcode.reference", { reference: data.reference }), data.reference)}</p>
<p class="quiet">${translate("enter-passcode.sender", { sender: data.sender })}</p>
</div>
<div class="others">
${form(
  screen,
  "resend",
  html`${resendRefused(screen, data)}
<button class="link" type="submit"${data.resend && html` aria-describedby="resend-wait"`}${autofocus(data.resend?.refused)}>${translate("enter-passcode.resend")}</button>
${resendWait(screen, data)}
<p class="quiet">${translate("enter-passcode.resend-hint")}</p>`,
)}
<p><a href="${path}/email">${translate("enter-passcode.other-address")}</a></p>
${cancel(screen)}
</div>`,
  };
}

/** Where the answer to what was just done stands: browsers scroll there. */
function autofocus(here: boolean | undefined): Html | undefined {
  return here ? html` autofocus` : undefined;
}

function resendRefused({ translate }: Screen, { resend }: EnterPasscodeData): Html | undefined {
  return problem("resend-wait", resend?.refused ? translate("enter-passcode.too-early", { wait: resend.wait }) : undefined);
}

function resendWait({ translate }: Screen, { resend }: EnterPasscodeData): Html | undefined {
  if (!resend || resend.refused) return undefined;
  return html`<p class="quiet" id="resend-wait">${translate("enter-passcode.resend-wait", { wait: resend.wait })}</p>`;
}
