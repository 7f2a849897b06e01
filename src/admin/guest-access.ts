// The guests that a caller sees: all guests for an administrator's client; for an application, those ever invited to it.

import { type Caller, confinedTo } from "../api/caller.ts";
import { changedMeanwhile, notFound } from "../api/problem.ts";
import type { Guest } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import type { Invitees } from "../invitations/invitees.ts";
import { AddressText, Identifier } from "./fields.ts";

export interface GuestAccessDeps {
  guests: Guests;
  invitees: Invitees;
}

/**
 * A merged-away sub answers with the survivor.
 * @throws Problem 404; 412 if the guest is not the given version
 */
export async function readGuest({ guests }: Pick<GuestAccessDeps, "guests">, sub: string, ifMatch?: number): Promise<Guest> {
  const guest = await guests.findBySub(sub);
  if (!guest) throw notFound("guest");
  if (ifMatch !== undefined && ifMatch !== guest.updatedAt) throw changedMeanwhile();
  return guest;
}

/** For an application, only addresses that were invited to it are found. */
export async function lookUp(deps: GuestAccessDeps, caller: Caller, typed: string[]): Promise<{ address: string; sub: string | null }[]> {
  const parsed = typed.map((text) => ({ text, address: AddressText.safeParse(text).data }));
  const addresses = parsed.flatMap(({ address }) => address ?? []);
  const clientId = confinedTo(caller);
  const subs = clientId === undefined ? await deps.guests.subsOf(addresses) : await deps.invitees.subsOf(clientId, addresses);
  return parsed.map(({ text, address }) => ({ address: text, sub: (address && subs.get(address.key)) ?? null }));
}

export const subParam = Identifier.describe("The guest's `sub`; for a guest that was merged into another, the answer is the other guest");
