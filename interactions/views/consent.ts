import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { form, type Screen } from "./parts.ts";

/** What the application would learn: plain sentences, already translated. */
export function consentPage(screen: Screen, learns: string[]): Page {
  const { translate, application } = screen;
  return {
    title: translate("consent.title", { application }),
    body: html`<p>${translate("consent.lead", { application })}</p>
<ul>${learns.map((sentence) => html`<li>${sentence}</li>`)}</ul>
<p class="quiet">${translate("consent.nothing-else")}</p>
${form(screen, "consent", html`<button class="primary" type="submit">${translate("consent.agree")}</button>`)}
<div class="others">${form(screen, "cancel", html`<button class="link" type="submit">${translate("consent.refuse")}</button>`)}</div>`,
  };
}
