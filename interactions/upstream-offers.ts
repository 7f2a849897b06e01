// When a sign-in offers a partner's provider: by the domain of the typed address alone, and always beside the code.
import { wantsCode } from "../src/oidc/claims.ts";
import type { Offer } from "../src/upstream/upstreams.ts";
import { reverificationOf, shownAddress } from "./due-proof.ts";
import { type AddressSource, chooseWayPage } from "./views/choose-way.ts";
import type { InteractionDeps, Visit } from "./visit.ts";

/** The providers for the address here. A mailbox that is due can be confirmed only by one that can prove it. */
export async function upstreamsFor({ upstreamSignIn }: InteractionDeps, visit: Visit, address: string): Promise<Offer[]> {
  const { prompt, params } = visit.interaction;
  if (prompt.name === "consent" || wantsCode(params, "upstream")) return [];
  const offers = await upstreamSignIn.offers(address);
  return reverificationOf(visit) ? offers.filter(({ grade }) => grade === "proves-the-mailbox") : offers;
}

/** Shows the choice, if there is one. @returns whether there is */
export async function offersUpstreams(deps: InteractionDeps, visit: Visit, address: string): Promise<boolean> {
  const upstreams = await upstreamsFor(deps, visit, address);
  if (upstreams.length === 0) return false;
  visit.show(200, chooseWayPage(visit.screen, { address: shownAddress(visit, address), source: sourceOf(visit, address), upstreams }));
  return true;
}

/** Where a form takes the address from, so that no page reveals one to a person who may not know it. */
export function sourceOf(visit: Visit, address: string): AddressSource {
  if (reverificationOf(visit)?.address === address) return { from: "due" };
  return visit.remembered?.address === address ? { from: "remembered" } : { from: "typed", email: address };
}
