// When a sign-in at a provider failed: what happened, and the code as the next step.
import { html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import { type AddressSource, codeForm, upstreamForm } from "./choose-way.ts";
import { cancel, emphasised, type Screen } from "./parts.ts";

export interface UpstreamPageData {
  /** As it is shown. */
  address: string;
  source: AddressSource;
  provider: { id: string; label: string };
}

/** @param lead what happened, in words @param again whether another try may succeed */
export function upstreamFailedPage(screen: Screen, { address, source, provider }: UpstreamPageData, lead: string, again: boolean): Page {
  const { translate, path } = screen;
  return {
    title: translate("upstream.failed.title"),
    body: html`<p>${lead}</p>
<p>${emphasised(translate("upstream.failed.code", { address }), address)}</p>
${codeForm(screen, source, { leads: true })}
${again && upstreamForm(screen, provider, source)}
<div class="others">
<p><a href="${path}/email">${translate("enter-passcode.other-address")}</a></p>
${cancel(screen)}
</div>`,
  };
}

/** The account is new here. */
export function linkAccountPage(screen: Screen, { address, source, provider }: UpstreamPageData): Page {
  const { translate, path } = screen;
  return {
    title: translate("upstream.link.title"),
    body: html`<p>${emphasised(translate("upstream.link.lead", { provider: provider.label, address }), address)}</p>
${codeForm(screen, source, { leads: true })}
<div class="others">
<p><a href="${path}/email">${translate("enter-passcode.other-address")}</a></p>
${cancel(screen)}
</div>`,
  };
}
