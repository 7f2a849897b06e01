import { type Html, html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { cancel, form, passkeyForm, problem, type Screen } from "./parts.ts";

export interface EnterEmailData {
  address: string;
  /** A code was already asked for in this sign-in, so there is a page for typing it. */
  asked: boolean;
  /** The address that this browser remembers, masked, and why it needs a new code, if known. */
  remembered?: { address: string; why: string | undefined } | undefined;
  /** The address that was most likely meant. */
  meant?: string;
  /** The problem with the address. */
  invalid?: string;
  /** Why no code was sent to a correct address. */
  refused?: string;
  /** The question to a passkey, and whether this browser has used one: then there is a button too. */
  passkey?: { options: object; used: boolean };
}

export function enterEmailPage(screen: Screen, data: EnterEmailData): Page {
  const { translate, application, path } = screen;
  const { asked, remembered, meant, invalid, refused, passkey } = data;
  const byKey = passkey && passkeyForm(screen, "passkey", passkey.options, "get", byPasskey(screen, passkey.used));
  return {
    title: translate("enter-email.title", { application }),
    problem: invalid ?? refused,
    scripts: passkey ? ["passkey"] : [],
    body: html`<p>${translate("enter-email.lead")}</p>
${remembered && rememberedForm(screen, remembered)}
${meant !== undefined && meantForm(screen, meant)}
${remembered && byKey}
${emailForm(screen, data)}
${!remembered && byKey}
<div class="others">
${asked && html`<p><a href="${path}">${translate("enter-email.have-code")}</a></p>`}
${cancel(screen)}
</div>`,
  };
}

/** It is the primary button if there is no other. */
export function emailForm(screen: Screen, { address, remembered, meant, invalid, refused, passkey }: EnterEmailData): Html {
  const { translate, invited } = screen;
  const wrong = invalid ?? refused;
  const describedBy = [wrong !== undefined && "email-problem", invited && "email-hint"].filter(Boolean).join(" ");
  const leads = !remembered && meant === undefined;
  return form(
    screen,
    "email",
    html`<label for="email">${translate("enter-email.label")}</label>
${invited && html`<p class="quiet" id="email-hint">${translate("enter-email.hint")}</p>`}
${problem("email-problem", wrong)}
${meant !== undefined && html`<input type="hidden" name="sure" value="${address}">`}
<input type="email" id="email" name="email" value="${address}" autocomplete="${passkey ? "email webauthn" : "email"}" autocapitalize="none" spellcheck="false" maxlength="320" dir="ltr" required${leads && html` autofocus`}
${describedBy !== "" && html` aria-describedby="${describedBy}"`}${invalid !== undefined && html` aria-invalid="true"`}>
<button${leads ? html` class="primary"` : html` class="second"`} type="submit">${translate("enter-email.submit")}</button>`,
  );
}

function rememberedForm(screen: Screen, { address, why }: NonNullable<EnterEmailData["remembered"]>): Html {
  const { translate } = screen;
  return html`${why !== undefined && html`<p class="note">${why}</p>`}
${form(screen, "remembered", html`<button class="primary" type="submit" autofocus>${translate("choose.continue", { address })}</button>`)}
${form(screen, "forget", html`<button class="link" type="submit">${translate("remembered.not-you")}</button>`)}`;
}

function meantForm(screen: Screen, address: string): Html {
  const { translate } = screen;
  return html`<p class="note" role="status">${translate("enter-email.meant", { address })}</p>
${form(
  screen,
  "email",
  html`<input type="hidden" name="email" value="${address}">
<button class="primary" type="submit" autofocus>${translate("enter-email.meant-yes", { address })}</button>`,
)}`;
}

/** Shown once the script runs. Without the button, the browser offers passkeys in the field for the address. */
function byPasskey({ translate }: Screen, used: boolean): Html {
  return html`<p class="wrong" id="passkey-status" role="alert" hidden></p>
${used && html`<p hidden><button class="second" type="submit">${translate("passkey.sign-in")}</button></p>`}`;
}
