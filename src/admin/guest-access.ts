// Which guests a caller sees: an administrator's client all of them, an application those that are, or were, invited to it.
import type { z } from "zod";
import type { Guest } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import type { Invitations } from "../invitations/invitations.ts";
import { type Caller, confinedTo } from "./caller.ts";
import { notFound } from "./problem.ts";
import { AddressText, type GuestResult, toGuestResult } from "./schemas.ts";

export interface GuestAccessDeps {
  guests: Guests;
  invitations: Invitations;
}

/** @throws Problem 404 */
export async function readGuest({ guests }: Pick<GuestAccessDeps, "guests">, sub: string): Promise<Guest> {
  const guest = await guests.findBySub(sub);
  if (!guest) throw notFound("guest");
  return guest;
}

/** As readGuest, for what the caller may see. @throws Problem 404 for what it may not, as for what is not there */
export async function readVisibleGuest(deps: GuestAccessDeps, caller: Caller, sub: string): Promise<Guest> {
  const guest = await readGuest(deps, sub);
  if (!(await isVisible(deps, caller, guest))) throw notFound("guest");
  return guest;
}

export async function isVisible({ invitations }: GuestAccessDeps, caller: Caller, guest: Guest): Promise<boolean> {
  const clientId = confinedTo(caller);
  return clientId === undefined || (await invitations.list({ clientId, guestSub: guest.sub }, 1)).length > 0;
}

/** What an administrator noted is not for applications. */
export function presentGuest(caller: Caller, guest: Guest): z.output<typeof GuestResult> {
  const result = toGuestResult(guest);
  if (confinedTo(caller) === undefined) return result;
  return { ...result, notes: null, external_id: null, suspended_reason: null };
}

export async function lookUp(deps: GuestAccessDeps, caller: Caller, typed: string[]): Promise<{ address: string; sub: string | null }[]> {
  const parsed = typed.map((text) => ({ text, address: AddressText.safeParse(text).data }));
  const subs = await deps.guests.subsOf(parsed.flatMap(({ address }) => address ?? []));
  const clientId = confinedTo(caller);
  const visible = clientId === undefined ? undefined : await deps.invitations.invitedAmong(clientId, [...new Set(subs.values())]);
  return parsed.map(({ text, address }) => {
    const sub = address && subs.get(address.key);
    return { address: text, sub: sub !== undefined && (visible?.has(sub) ?? true) ? sub : null };
  });
}
