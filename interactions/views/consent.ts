import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { form, type Screen } from "./parts.ts";

export interface ConsentData {
  /** Plain sentences, already translated, about the data that the application would get. */
  learns: string[];
  /** When the guest has to be asked for a code again, in words. */
  until: string | undefined;
  /** Links to the application's privacy policy and terms (OpenID Connect Dynamic Client Registration 1.0, section 2). */
  policy: string | undefined;
  terms: string | undefined;
}

export function consentPage(screen: Screen, { learns, until, policy, terms }: ConsentData): Page {
  const { translate, application } = screen;
  return {
    title: translate("consent.title", { application }),
    signedIn: true,
    body: html`<p>${translate("consent.lead", { application })}</p>
<ul>${learns.map((sentence) => html`<li>${sentence}</li>`)}</ul>
${until !== undefined && html`<p>${translate("consent.until", { until })}</p>`}
<p class="quiet">${translate("consent.nothing-else")}</p>
${form(screen, "consent", html`<button class="primary" type="submit">${translate("consent.agree")}</button>`)}
<div class="others">
${form(screen, "cancel", html`<button class="link" type="submit">${translate("consent.refuse")}</button>`)}
${policy !== undefined && html`<p><a href="${policy}">${translate("consent.policy", { application })}</a></p>`}
${terms !== undefined && html`<p><a href="${terms}">${translate("consent.terms", { application })}</a></p>`}
</div>`,
  };
}
