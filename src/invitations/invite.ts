// What it takes to invite, and what may come of it.
import type { KeyObject } from "node:crypto";
import type { Knex } from "knex";
import type { Application } from "../applications/application.ts";
import type { Audit } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import type { Db } from "../database.ts";
import type { Address } from "../guests/address.ts";
import type { Guests } from "../guests/guests.ts";
import type { Invitation } from "./invitation.ts";

export interface InvitationsDeps {
  db: Knex;
  clock: Clock;
  guests: Guests;
  audit: Audit;
  key: KeyObject;
  /** The guest's sessions are looked at: a right may have ended. In the transaction of the change. */
  recheck(trx: Db, sub: string): Promise<void>;
  /** The guest's sessions at the application end. In the transaction of the change. */
  leave(trx: Db, sub: string, clientId: string): Promise<void>;
  /** The issuer: links begin with it. */
  origin: string;
  /** Enqueues the mail in the transaction. @returns what to do once it is committed: send it */
  enqueue(trx: Db, mail: InvitationNotice): Promise<() => void>;
  /** Whether an address of the domain may be invited to the application. */
  allowsDomain(application: Application, domain: string): Promise<boolean>;
}

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
  /** Where the address was invited before, to be redeemed later than that, it stays as it was. */
  keepsLater?: boolean;
  /** Null is never; undefined is as it was, where the address was invited before and access has not ended, and never otherwise. */
  accessEndsAt: number | null | undefined;
  /** False for an application that sends its own mail with the link. */
  sendMail: boolean;
  /** Asked by an application: that a guest whom it has not met is suspended or has expired must not show. It is invited, and nothing is mailed. */
  discreet?: boolean;
}

/** What decides whether an address may be invited, or mailed the invitation again. */
export type InviteQuestion = Pick<InviteRequest, "application" | "address" | "targetUrl" | "discreet">;

export type InviteOutcome =
  | { outcome: "invited"; invitation: Invitation; link: string; created: boolean; guestCreated: boolean }
  | InviteRefusal;

export type InviteRefusal =
  /** The target URL lies under no origin that the application registered. */
  { outcome: "foreign-target" } | { outcome: "domain-refused" } | { outcome: "guest-suspended" | "guest-expired"; sub: string };

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
