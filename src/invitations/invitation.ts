import type { Application } from "../applications/application.ts";
import type { Address } from "../guests/address.ts";
import { keyOf } from "../guests/address.ts";

export type InvitationState = "pending" | "redeemed" | "expired" | "revoked";

/** Problems of an invitation's last mail: delayed, refused, returned, or not sent in time. */
export type MailTrouble = "delayed" | "refused" | "bounced" | "expired";

/** The right of one address to enter one application, optionally at one target URL. Times are milliseconds since the epoch. */
export interface Invitation {
  id: string;
  clientId: string;
  applicationName: string;
  /** Where its guests ask for help. */
  applicationSupport: string | null;
  applicationColour: string | null;
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
  /** It can be redeemed until then. */
  redeemBy: number;
  /** Then the right ends, redeemed or not; null is never. */
  accessEndsAt: number | null;
  redeemedAt: number | null;
  revokedAt: number | null;
  /** Its last mail, in the outbox for 30 days after it was settled; null if none was sent. */
  mailId: string | null;
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
 * The invited address as the application may know it, and the application's sponsor. An address is recorded as the first person typed it;
 * whether that was somebody else is not revealed before the guest has come.
 */
export function addressAsInvited({ address, redeemedAt }: Invitation): string {
  return redeemedAt === null ? keyOf(address) : address;
}

/** The details of a new invitation. */
export interface InviteRequest {
  application: Application;
  address: Address;
  targetUrl: string | null;
  /** Undefined keeps the value of an earlier invitation of the address, and is null otherwise; the same holds for the next four. */
  label: string | null | undefined;
  sponsorName: string | null | undefined;
  sponsorEmail: string | null | undefined;
  /** Plain text, the sponsor's words. */
  message: string | null | undefined;
  reverificationDays: number | null | undefined;
  name: string | null;
  givenName?: string | null;
  familyName?: string | null;
  locale: string | null;
  /** Milliseconds since the epoch. */
  redeemBy: number;
  /** A later date of an earlier invitation of the address stays. */
  keepsLater?: boolean;
  /** Null is never; undefined keeps the end of an earlier invitation whose access has not ended, and is never otherwise. */
  accessEndsAt: number | null | undefined;
  /** False for an application that sends its own mail with the link. */
  sendMail: boolean;
  /** Invited by an application, which must not learn that a guest whom it has not met is suspended or expired: the guest is invited, and nothing is mailed. */
  discreet?: boolean;
}

/** No open redirect: a target lies under an origin that the application registered. */
export function liesUnder(origins: string[], target: string): boolean {
  const url = URL.parse(target);
  return url !== null && url.username === "" && url.password === "" && origins.includes(url.origin);
}
