import { keyOf, readable } from "../src/guests/address.ts";
import type { Reverification } from "../src/oidc/interaction-policy.ts";
import type { Visit } from "./visit.ts";

/** The proof that is due in this interaction, where that is what it is for. */
export function reverificationOf({ interaction }: Visit): Reverification | undefined {
  return (interaction.prompt.details as { reverification?: Reverification }).reverification;
}

/** Whether the address comes from the session or from what this browser remembers: the person in front of it may not be the one who knows it. */
export function isMasked(visit: Visit, address: string): boolean {
  return (
    reverificationOf(visit)?.address === address || (visit.remembered !== undefined && keyOf(visit.remembered.address) === keyOf(address))
  );
}

/** How a screen shows an address that the person at the browser has not been seen to know. */
export function shownAddress(visit: Visit, address: string): string {
  return isMasked(visit, address) ? masked(address) : readable(address);
}

/** A field holds nothing that the screens mask. */
export function prefilled(visit: Visit, address: string): string {
  return isMasked(visit, address) ? "" : readable(address);
}

/** The first letter and the domain. */
export function masked(address: string): string {
  const shown = readable(address);
  return `${[...shown][0]}•••${shown.slice(shown.lastIndexOf("@"))}`;
}
