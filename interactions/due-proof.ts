import type { Reverification } from "../src/oidc/interaction-policy.ts";
import type { Visit } from "./visit.ts";

/** The proof that is due in this interaction, where that is what it is for. */
export function reverificationOf({ interaction }: Visit): Reverification | undefined {
  return (interaction.prompt.details as { reverification?: Reverification }).reverification;
}

/** What a screen shows of an address that the browser's holder was not seen to know. */
export function shownAddress(visit: Visit, address: string): string {
  return reverificationOf(visit)?.address === address ? masked(address) : address;
}

/** The first letter and the domain. */
export function masked(address: string): string {
  const at = address.lastIndexOf("@");
  return `${[...address][0]}•••${address.slice(at)}`;
}
