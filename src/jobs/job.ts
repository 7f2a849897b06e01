// An act on many guests.
import type { Actor } from "../audit/audit.ts";
import type { GuestFilter } from "../guests/guests.ts";
import type { InviteRequest } from "../invitations/invitation.ts";

export const jobStates = ["looking", "ready", "running", "done", "cancelled"] as const;
/** looking: working out the preview; ready: previewed, and waiting to be started. */
export type JobState = (typeof jobStates)[number];

/** What is done to each guest. Times are milliseconds since the epoch. */
export type Given =
  | { act: "suspend"; reason: string }
  | { act: "resume" }
  /** Moves the end of the record to this moment, or never. */
  | { act: "extend"; expiresAt: number | null }
  | ({ act: "invite"; clientId: string } & Pick<
      InviteRequest,
      "targetUrl" | "label" | "sponsorName" | "sponsorEmail" | "message" | "reverificationDays" | "redeemBy" | "keepsLater" | "accessEndsAt"
    >)
  /** All of the guest's invitations to the application. */
  | { act: "revoke"; clientId: string };

/** These guests, or all that were recorded before the job and are found by the filter. */
export type Chosen = { subs: string[] } | { filter: GuestFilter; dueBefore?: number };

/** Why nothing is done to a guest. */
export const leftOut = [
  "already-suspended",
  "not-suspended",
  "ends-later",
  "already-invited",
  "not-invited",
  "suspended",
  "expired",
  "domain-refused",
  "foreign-target",
  "too-many-mails",
  "no-application",
  "no-guest",
  "failed",
] as const;
export type LeftOut = (typeof leftOut)[number];

/** The scope of the administration API that an act takes. */
export const scopeOf: Record<Given["act"], string> = {
  suspend: "guests:write",
  resume: "guests:write",
  extend: "guests:write",
  invite: "invitations:write",
  revoke: "invitations:write",
};

export interface Counts {
  done: number;
  leftOut: Partial<Record<LeftOut, number>>;
  /** Cancelled by the server: whoever started it may not do this any more. */
  stopped?: "not-allowed";
}

export interface Job {
  id: string;
  given: Given;
  chosen: Chosen;
  /** The person or program that started it, or had it previewed. */
  by: Actor;
  state: JobState;
  /** The guest that it has reached. */
  place: string;
  /** How many guests there are; null if that is not known before the end. */
  total: number | null;
  counts: Counts;
  createdAt: number;
  settledAt: number | null;
}

export const nothing: Counts = { done: 0, leftOut: {} };

/** How many guests it has reached. */
export function seen({ done, leftOut: reasons }: Counts): number {
  return done + countLeftOut(reasons);
}

export function countLeftOut(reasons: Counts["leftOut"]): number {
  return Object.values(reasons).reduce((sum, each) => sum + each, 0);
}

/** One more guest. @param reason why nothing was done to it */
export function counting({ done, leftOut: reasons }: Counts, reason: LeftOut | undefined): Counts {
  if (reason === undefined) return { done: done + 1, leftOut: reasons };
  return { done, leftOut: { ...reasons, [reason]: (reasons[reason] ?? 0) + 1 } };
}

/** The action, without any text that somebody wrote. */
export function withoutWords(given: Given): Given {
  if (given.act === "suspend") return { ...given, reason: "" };
  if (given.act === "invite") return { ...given, targetUrl: null, label: null, sponsorName: null, sponsorEmail: null, message: null };
  return given;
}
