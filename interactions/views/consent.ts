import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { form, type Screen } from "./parts.ts";

/**
 * @param learns what the application would learn: plain sentences, already translated
 * @param until when the guest has to be asked for a code again, in words
 */
export function consentPage(screen: Screen, { learns, until }: { learns: string[]; until: string | undefined }): Page {
  const { translate, application } = screen;
  return {
    title: translate("consent.title", { application }),
    body: html`<p>${translate("consent.lead", { application })}</p>
<ul>${learns.map((sentence) => html`<li>${sentence}</li>`)}</ul>
${until !== undefined && html`<p>${translate("consent.until", { until })}</p>`}
<p class="quiet">${translate("consent.nothing-else")}</p>
${form(screen, "consent", html`<button class="primary" type="submit">${translate("consent.agree")}</button>`)}
<div class="others">${form(screen, "cancel", html`<button class="link" type="submit">${translate("consent.refuse")}</button>`)}</div>`,
  };
}
