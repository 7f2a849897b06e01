import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { cancel, form, problem, type Screen } from "./parts.ts";

export function enterEmailPage(screen: Screen, data: { address: string; invalid: boolean }): Page {
  const { translate, application } = screen;
  return {
    title: translate("enter-email.title", { application }),
    invalid: data.invalid,
    body: html`<p>${translate("enter-email.lead")}</p>
${form(
  screen,
  "email",
  html`<label for="email">${translate("enter-email.label")}</label>
<p class="quiet" id="email-hint">${translate("enter-email.hint")}</p>
${problem("email-problem", data.invalid ? translate("enter-email.invalid") : undefined)}
<input type="email" id="email" name="email" value="${data.address}" autocomplete="email" autocapitalize="none" spellcheck="false" maxlength="320" dir="ltr" required autofocus
 aria-describedby="email-hint${data.invalid ? " email-problem" : ""}"${data.invalid && html` aria-invalid="true"`}>
<button class="primary" type="submit">${translate("enter-email.submit")}</button>`,
)}
<div class="others">${cancel(screen)}</div>`,
  };
}
