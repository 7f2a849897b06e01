import { keyOf } from "../guests/address.ts";

export type InvitationState = "pending" | "redeemed" | "expired" | "revoked";

/** The right of one address to enter one application, optionally at one target URL. Times are milliseconds since the epoch. */
export interface Invitation {
  id: string;
  clientId: string;
  applicationName: string;
  /** Where its guests ask for help. */
  applicationSupport: string | null;
  guestSub: string;
  /** BCP 47, where it is known. */
  guestLocale: string | null;
  /** The invited alias, as recorded. */
  address: string;
  mailboxId: string;
  /** When that alias's mailbox was last proven. */
  verifiedAt: number | null;
  targetUrl: string | null;
  label: string | null;
  sponsorName: string | null;
  sponsorEmail: string | null;
  message: string | null;
  reverificationDays: number | null;
  createdAt: number;
  updatedAt: number;
  /** Until then it can be redeemed. */
  redeemBy: number;
  /** Then the right ends, redeemed or not; null is never. */
  accessEndsAt: number | null;
  redeemedAt: number | null;
  revokedAt: number | null;
}

/** The states are derived from the dates, never stored. */
export function stateOf(
  invitation: Pick<Invitation, "redeemBy" | "accessEndsAt" | "redeemedAt" | "revokedAt">,
  now: number,
): InvitationState {
  if (invitation.revokedAt !== null) return "revoked";
  if (invitation.accessEndsAt !== null && invitation.accessEndsAt <= now) return "expired";
  if (invitation.redeemedAt !== null) return "redeemed";
  return invitation.redeemBy <= now ? "expired" : "pending";
}

/** Whether it lets its guest in, or will once it is redeemed. */
export function isLive(invitation: Invitation, now: number): boolean {
  const state = stateOf(invitation, now);
  return state === "pending" || state === "redeemed";
}

/**
 * The invited address as the application may know it, and whoever the application names. It is recorded as the first who named it typed it:
 * whether that was somebody else does not show until the guest has come.
 */
export function addressAsInvited({ address, redeemedAt }: Invitation): string {
  return redeemedAt === null ? keyOf(address) : address;
}
