// Guests as the administration API shows them: in full to an administrator's client, in part to an application.
import { z } from "zod";
import type { Alias, Guest } from "../guests/guest.ts";
import type { Invitee } from "../invitations/invitee.ts";
import { DeadlineResult } from "./deadlines.ts";
import { time } from "./fields.ts";
import { InvitationResult } from "./invitation-results.ts";

const AliasResult = z
  .object({
    address: z.string().describe("As it was recorded"),
    primary: z.boolean().describe("Whether it is the `email` claim; exactly one is"),
    mailbox: z.string().describe("Addresses with the same value share an inbox: proving one proves all"),
    verified_at: z.string().nullable().describe("When a passcode sent to the mailbox was last entered"),
    undeliverable: z
      .object({
        since: z.string(),
        refusals: z.number().int().describe("How many mails it has refused"),
        status: z.string().describe("The enhanced status of the last refusal (RFC 3463), or its three digits if it had none"),
        reason: z.string().describe("The mail server's own words"),
      })
      .nullable()
      .describe("Set if the mailbox permanently refuses mail; a correct passcode clears it"),
  })
  .meta({ id: "Alias" });

export const AliasesResult = z.object({ aliases: z.array(AliasResult) });

export const GuestResult = z
  .object({
    sub: z.string().describe("Opaque, and never changes: keep this one"),
    state: z.enum(["invited", "active", "suspended"]).describe("invited until the first proof of a mailbox"),
    email: z.string().describe("The primary address"),
    name: z.string().nullable(),
    given_name: z.string().nullable(),
    family_name: z.string().nullable(),
    locale: z.string().nullable(),
    external_id: z.string().nullable().describe("The guest's identifier in your own directory"),
    notes: z.string().nullable(),
    suspended_reason: z.string().nullable(),
    reverification_days: z.number().nullable().describe("How often this guest proves the mailbox again; the strictest rule wins"),
    expires_at: z.string().nullable().describe("From then on the guest is treated as suspended"),
    verified_at: z.string().nullable().describe("When the primary address's mailbox was last proven"),
    undeliverable_since: z.string().nullable().describe("Since when that mailbox permanently refuses mail; null if it does not"),
    erasure_asked_at: z.string().nullable().describe("When the guest asked to be erased; null if they did not"),
    created_at: z.string(),
    updated_at: z.string(),
    deadline: DeadlineResult.optional().describe("Only with due_before: the earliest deadline"),
    aliases: z.array(AliasResult).optional().describe("Only when an administrator's client reads one guest"),
    look_alikes: z
      .array(z.object({ address: z.string(), sub: z.string() }))
      .optional()
      .describe(
        "Only when an administrator's client reads one guest: up to 20 addresses of other guests that differ only in what follows a plus sign. They may be the same person",
      ),
    invitations: z
      .array(InvitationResult)
      .optional()
      .describe(
        "Only when an administrator's client reads one guest: the newest 20, each with the state of its mail. /invitations?sub= lists all",
      ),
  })
  .meta({ id: "Guest" });

type Shown = z.output<typeof GuestResult>;

export function showGuest(guest: Guest, aliases?: Alias[]): Shown {
  return {
    sub: guest.sub,
    state: guest.state,
    email: guest.email,
    name: guest.name,
    given_name: guest.givenName,
    family_name: guest.familyName,
    locale: guest.locale,
    external_id: guest.externalId,
    notes: guest.notes,
    suspended_reason: guest.suspendedReason,
    reverification_days: guest.reverificationDays,
    expires_at: time(guest.expiresAt),
    verified_at: time(guest.verifiedAt),
    undeliverable_since: time(guest.undeliverableSince),
    erasure_asked_at: time(guest.erasureAskedAt),
    created_at: time(guest.createdAt),
    updated_at: time(guest.updatedAt),
    ...(aliases ? showAliases(aliases) : {}),
  };
}

export function showAliases(aliases: Alias[]): z.output<typeof AliasesResult> {
  return {
    aliases: aliases.map(({ address, primary, mailboxId, verifiedAt, undeliverable }) => ({
      address,
      primary,
      mailbox: mailboxId,
      verified_at: time(verifiedAt),
      undeliverable: undeliverable && { ...undeliverable, since: time(undeliverable.since) },
    })),
  };
}

/** For an application: without administrators' notes, and without what the guest does elsewhere. */
export function showInvitee(invitee: Invitee): Shown {
  return {
    sub: invitee.sub,
    state: invitee.state,
    email: invitee.email,
    name: invitee.name,
    given_name: invitee.givenName,
    family_name: invitee.familyName,
    locale: invitee.locale,
    external_id: null,
    notes: null,
    suspended_reason: null,
    reverification_days: null,
    expires_at: null,
    verified_at: null,
    undeliverable_since: null,
    erasure_asked_at: null,
    created_at: time(invitee.invitedAt),
    updated_at: time(invitee.changedAt),
  };
}

export const exampleGuest = {
  sub: "1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11",
  state: "invited" as const,
  email: "ada@example.com",
  name: "Ada Lovelace",
  given_name: null,
  family_name: null,
  locale: "en",
  external_id: null,
  notes: null,
  suspended_reason: null,
  reverification_days: null,
  expires_at: null,
  verified_at: null,
  undeliverable_since: null,
  erasure_asked_at: null,
  created_at: "2026-11-24T08:00:00.000Z",
  updated_at: "2026-11-24T08:00:00.000Z",
};

export const exampleAliases = {
  aliases: [
    {
      address: "ada@example.com",
      primary: true,
      mailbox: "7d7a1f0c-30c7-4a43-8d0f-90a5a1d5b7c2",
      verified_at: null,
      undeliverable: null,
    },
  ],
};

export const exampleLookAlikes = {
  look_alikes: [{ address: "ada+files@example.com", sub: "6a5e0c52-30c7-4a43-8d0f-90a5a1d5b7c2" }],
};
