import { type Html, html } from "../../src/http/html.ts";
import type { Page } from "../../src/http/page.ts";
import type { Offer } from "../../src/upstream/upstreams.ts";
import { cancel, emphasised, form, type Screen } from "./parts.ts";

/** Where the address comes from: the form, this browser's memory, or the session whose mailbox is due. */
export type AddressSource = { from: "typed"; email: string } | { from: "remembered" | "due" };

export interface ChooseWayData {
  /** As it is shown. */
  address: string;
  source: AddressSource;
  upstreams: Pick<Offer, "id" | "label">[];
  /** The application would rather have a code. */
  codeLeads: boolean;
}

export function chooseWayPage(screen: Screen, { address, source, upstreams, codeLeads }: ChooseWayData): Page {
  const { translate, path } = screen;
  return {
    title: translate("ways.title"),
    body: html`<p>${emphasised(translate("ways.lead", { address }), address)}</p>
${codeLeads && codeForm(screen, source, { leads: true })}
${upstreams.map((each, index) => upstreamForm(screen, each, source, index === 0 && !codeLeads))}
${!codeLeads && codeForm(screen, source, { leads: false })}
<div class="others">
<p><a href="${path}/email">${translate("enter-passcode.other-address")}</a></p>
${cancel(screen)}
</div>`,
  };
}

export function upstreamForm(screen: Screen, { id, label }: Pick<Offer, "id" | "label">, source: AddressSource, leads = false): Html {
  return form(
    screen,
    "upstream",
    html`<input type="hidden" name="provider" value="${id}">
<input type="hidden" name="from" value="${source.from}">
${source.from === "typed" && html`<input type="hidden" name="email" value="${source.email}">`}
<button class="${leads ? "primary" : "second"}" type="submit"${leads && html` autofocus`}>${screen.translate("ways.upstream", { provider: label })}</button>`,
  );
}

const actions = { typed: "email", remembered: "remembered", due: "confirm" } as const;

/** Mails a code to the same address. */
export function codeForm(screen: Screen, source: AddressSource, { leads }: { leads: boolean }): Html {
  return form(
    screen,
    actions[source.from],
    html`<input type="hidden" name="way" value="code">
${source.from === "typed" && html`<input type="hidden" name="email" value="${source.email}"><input type="hidden" name="sure" value="${source.email}">`}
<button class="${leads ? "primary" : "second"}" type="submit"${leads && html` autofocus`}>${screen.translate("ways.code")}</button>`,
  );
}
