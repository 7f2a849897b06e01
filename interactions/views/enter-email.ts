import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { cancel, form, problem, type Screen } from "./parts.ts";

export interface EnterEmailData {
  address: string;
  /** A code was asked for already in this sign-in: there is a page to type it on. */
  asked: boolean;
  /** What is wrong with the address. */
  invalid?: string;
  /** Why no code was sent, though nothing is wrong with it. */
  refused?: string;
}

export function enterEmailPage(screen: Screen, { address, asked, invalid, refused }: EnterEmailData): Page {
  const { translate, application, path } = screen;
  return {
    title: translate("enter-email.title", { application }),
    invalid: invalid !== undefined,
    body: html`<p>${translate("enter-email.lead")}</p>
${form(
  screen,
  "email",
  html`<label for="email">${translate("enter-email.label")}</label>
<p class="quiet" id="email-hint">${translate("enter-email.hint")}</p>
${problem("email-problem", invalid ?? refused)}
<input type="email" id="email" name="email" value="${address}" autocomplete="email" autocapitalize="none" spellcheck="false" maxlength="320" dir="ltr" required autofocus
 aria-describedby="email-hint${(invalid ?? refused) && " email-problem"}"${invalid !== undefined && html` aria-invalid="true"`}>
<button class="primary" type="submit">${translate("enter-email.submit")}</button>`,
)}
<div class="others">
${asked && html`<p><a href="${path}">${translate("enter-email.have-code")}</a></p>`}
${cancel(screen)}
</div>`,
  };
}
