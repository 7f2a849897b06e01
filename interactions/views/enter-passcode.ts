import { type Html, html, within } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { type DeliveryData, deliveryStatus } from "./delivery.ts";
import { cancel, emphasised, form, problem, type Screen } from "./parts.ts";
import { webmailOf } from "./webmail.ts";

export interface EnterPasscodeData extends DeliveryData {
  address: string;
  /** The guest is signed in, and the code is for an address of theirs, so the page does not question it. */
  ofGuest: boolean;
  /** The sender's address, to look for in the junk folder. */
  sender: string;
  reference: string;
  digits: number;
  problem: string | undefined;
  /** The problem says that another code is the way in. */
  tooMany: boolean | undefined;
  /** What is in the field. */
  typed: string;
  /** How long until another code can be asked for, in words, and whether one was asked for too early. */
  resend: { wait: string; seconds: number; refused: boolean } | undefined;
  /** When another code was sent, if the guest has just asked for it. */
  sentAgain: { at: number; clock: string } | undefined;
  /** A passkey may be offered after the code. */
  passkeys: boolean;
  /** Whether the guest ticked to stay signed in. */
  keep: boolean;
}

export function enterPasscodePage(screen: Screen, data: EnterPasscodeData): Page {
  const { translate, application, path } = screen;
  const { address } = data;
  const mail = webmailOf(address);
  const sent = data.ofGuest
    ? translate("enter-passcode.sent-to-guest", { address })
    : translate("enter-passcode.sent", { application, address });
  return {
    title: translate("enter-passcode.title"),
    problem: data.problem,
    scripts: ["fillCode", "deliveryNews", "resendWait", ...passkeyScript(data)],
    body: html`<p id="sent">${emphasised(sent, address)} <a href="${path}/email">${translate("enter-passcode.change")}</a></p>
${codeForm(screen, data, { leads: true })}
${deliveryStatus(screen, data)}
${mail && html`<p><a href="${mail.link}" target="_blank" rel="noopener noreferrer">${translate("enter-passcode.open-mail", { name: mail.name })}</a></p>`}
${nothingThere(screen, data)}
<div class="others">${cancel(screen)}</div>`,
  };
}

/** For the field "able". */
export function passkeyScript({ passkeys }: EnterPasscodeData): "passkey"[] {
  return passkeys ? ["passkey"] : [];
}

/** @param leads whether it is the main purpose of the page */
export function codeForm(screen: Screen, data: EnterPasscodeData, { leads }: { leads: boolean }): Html {
  const { translate } = screen;
  const invalid = data.problem !== undefined;
  return form(
    screen,
    "passcode",
    html`<input type="hidden" name="address" value="${data.address}">
${data.passkeys && html`<input type="hidden" name="able" value="">`}
<label for="code">${translate("enter-passcode.label", { count: data.digits })}</label>
${problem("code-problem", data.problem)}
<div class="act">
<input type="text" id="code" name="code" value="${data.typed}" inputmode="numeric" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="40" size="${data.digits}" dir="ltr" required${autofocus(leads && !data.resend?.refused && !data.sentAgain)}
${leads && html` aria-describedby="${invalid && "code-problem "}sent"`}${invalid && html` aria-invalid="true"`}>
<button${leads && html` class="primary"`} type="submit">${translate("enter-passcode.submit")}</button>
</div>
<label class="choice"><input type="checkbox" name="keep" value="yes"${data.keep && html` checked`}> ${translate("enter-passcode.keep")}</label>`,
  );
}

/** Where to look, another code, another address, and how to recognise our mail. */
function nothingThere(screen: Screen, data: EnterPasscodeData): Html {
  const { translate, path } = screen;
  return html`<details class="help"${(data.resend?.refused || data.sentAgain || data.tooMany) && html` open`}>
<summary>${translate("enter-passcode.nothing")}</summary>
<p>${translate("enter-passcode.sender", { sender: data.sender })}</p>
${form(
  screen,
  "resend",
  html`${sentAgain(screen, data)}
<button type="submit"${data.resend && html` class="waiting" aria-describedby="resend-wait"`}${autofocus(data.resend?.refused || data.sentAgain !== undefined)}>${translate("enter-passcode.resend")}</button>
${resendWait(screen, data)}`,
)}
${!data.sentAgain && html`<p class="quiet">${translate("enter-passcode.resend-hint")}</p>`}
<p><a href="${path}/email">${translate("enter-passcode.other-address")}</a></p>
<p class="quiet" id="code-hint">${emphasised(translate("enter-passcode.reference", { reference: data.reference }), data.reference)}</p>
</details>`;
}

/** The place of the answer to the last action: browsers scroll there. */
function autofocus(here: boolean | undefined): Html | undefined {
  return here ? html` autofocus` : undefined;
}

function sentAgain({ translate }: Screen, { sentAgain: sent }: EnterPasscodeData): Html | undefined {
  if (!sent) return undefined;
  const sentence = translate("enter-passcode.sent-again", { time: sent.clock });
  const time = (words: string) => html`<time datetime="${new Date(sent.at).toISOString()}">${words}</time>`;
  return html`<p class="note" role="status">${within(sentence, sent.clock, time)}</p>`;
}

/** A button pressed too early gets an answer, and without alarm. */
function resendWait({ translate }: Screen, { resend }: EnterPasscodeData): Html | undefined {
  if (!resend) return undefined;
  const sentence = translate("enter-passcode.resend-wait", { wait: resend.wait });
  const left = (words: string) => html`<span data-left="${resend.seconds}">${words}</span>`;
  return html`<p id="resend-wait"${resend.refused ? html` class="note" role="status"` : html` class="quiet"`}>${within(sentence, resend.wait, left)}</p>`;
}
