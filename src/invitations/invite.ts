// What it takes to invite, and what may come of it.
import type { Application } from "../applications/application.ts";
import type { Address } from "../guests/address.ts";
import type { Invitation } from "./invitation.ts";

export interface InviteRequest {
  application: Application;
  address: Address;
  targetUrl: string | null;
  label: string | null;
  sponsorName: string | null;
  sponsorEmail: string | null;
  /** Plain text, the sponsor's words. */
  message: string | null;
  name: string | null;
  locale: string | null;
  reverificationDays: number | null;
  /** Milliseconds since the epoch. */
  redeemBy: number;
  accessEndsAt: number | null;
  /** False for an application that sends its own mail with the link. */
  sendMail: boolean;
  /** Asked by an application: that a guest whom it has not met is suspended must not show. It is invited, and nothing is mailed. */
  discreet?: boolean;
}

export type InviteOutcome =
  | { outcome: "invited"; invitation: Invitation; link: string; created: boolean; guestCreated: boolean }
  | InviteRefusal;

export type InviteRefusal =
  /** The target URL lies under no origin that the application registered. */
  { outcome: "foreign-target" } | { outcome: "domain-refused" } | { outcome: "guest-suspended"; sub: string };

export interface InvitationNotice {
  kind: "invitation" | "sponsor-request";
  invitation: Invitation;
  link: string;
}

/** No open redirect: a target lies under an origin that the application registered. */
export function liesUnder(origins: string[], target: string): boolean {
  const url = URL.parse(target);
  return url !== null && url.username === "" && url.password === "" && origins.includes(url.origin);
}
