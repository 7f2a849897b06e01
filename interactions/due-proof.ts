import { keyOf, readable } from "../src/guests/address.ts";
import type { Reverification } from "../src/oidc/interaction-policy.ts";
import type { Visit } from "./visit.ts";

/** The proof that is due in this interaction, if that is its purpose. */
export function reverificationOf({ interaction }: Visit): Reverification | undefined {
  return (interaction.prompt.details as { reverification?: Reverification }).reverification;
}

/** Whether the address comes from the session or from this browser's memory: the person at the browser may not be its owner. */
export function isMasked(visit: Visit, address: string): boolean {
  return (
    reverificationOf(visit)?.address === address || (visit.remembered !== undefined && keyOf(visit.remembered.address) === keyOf(address))
  );
}

/** An address in the form for a person who may not know it. */
export function shownAddress(visit: Visit, address: string): string {
  return isMasked(visit, address) ? masked(address) : readable(address);
}

/** No field contains an address that the screens mask. */
export function prefilled(visit: Visit, address: string): string {
  return isMasked(visit, address) ? "" : readable(address);
}

/** The first letter and the domain. */
export function masked(address: string): string {
  const shown = readable(address);
  return `${[...shown][0]}•••${shown.slice(shown.lastIndexOf("@"))}`;
}
