// When a sign-in offers a partner's provider: by the application and the domain of the typed address alone, and always beside the code.
import { addressInHint } from "../src/guests/directory-names.ts";
import { prefers, wantsCode } from "../src/oidc/claims.ts";
import type { Offer } from "../src/upstream/upstreams.ts";
import { reverificationOf, shownAddress } from "./due-proof.ts";
import { type AddressSource, chooseWayPage } from "./views/choose-way.ts";
import type { InteractionDeps, Visit } from "./visit.ts";

/** The providers for the address here; the one that the application names comes first. A mailbox that is due can be confirmed only by one that can prove it. */
export async function upstreamsFor({ upstreamSignIn }: InteractionDeps, visit: Visit, address: string): Promise<Offer[]> {
  const { prompt, params } = visit.interaction;
  if (prompt.name === "consent" || wantsCode(params, "upstream")) return [];
  const offers = await upstreamSignIn.offers(visit.application, address);
  const named = offers.filter(({ id }) => id === params["idp_hint"]);
  const ordered = [...named, ...offers.filter((each) => !named.includes(each))];
  return reverificationOf(visit) ? ordered.filter(({ grade }) => grade === "proves-the-mailbox") : ordered;
}

/** As offersUpstreams, at once: where the application names the address, and asks for a provider. */
export async function offersWanted(deps: InteractionDeps, visit: Visit): Promise<boolean> {
  const { params } = visit.interaction;
  const hinted = addressInHint(params["login_hint"]);
  if (!hinted || prefers(params) !== "upstream") return false;
  return offersUpstreams(deps, visit, hinted.typed);
}

/** Shows the choice, if there is one. @returns whether there is */
export async function offersUpstreams(deps: InteractionDeps, visit: Visit, address: string): Promise<boolean> {
  const upstreams = await upstreamsFor(deps, visit, address);
  if (upstreams.length === 0) return false;
  const codeLeads = prefers(visit.interaction.params) === "code";
  const data = { address: shownAddress(visit, address), source: sourceOf(visit, address), upstreams, codeLeads };
  visit.show(200, chooseWayPage(visit.screen, data));
  return true;
}

/** Where a form takes the address from, so that no page reveals one to a person who may not know it. */
export function sourceOf(visit: Visit, address: string): AddressSource {
  if (reverificationOf(visit)?.address === address) return { from: "due" };
  return visit.remembered?.address === address ? { from: "remembered" } : { from: "typed", email: address };
}
