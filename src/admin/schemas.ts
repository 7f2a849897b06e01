// What the administration API takes and gives. Times are RFC 3339; days may be fractions.
import { z } from "zod";
import { parseAddress } from "../guests/address.ts";
import type { Alias, Guest } from "../guests/guest.ts";
import { type Invitation, stateOf } from "../invitations/invitation.ts";

export const AddressText = z
  .string()
  .max(1000)
  .transform((text, context) => {
    const address = parseAddress(text);
    if (address) return address;
    context.addIssue({ code: "custom", message: "must be an email address such as name@example.com" });
    return z.NEVER;
  });

export const Time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
export const Days = z.number().positive().max(3650);
/** One line that people read. */
export const Line = z
  .string()
  .trim()
  .min(1)
  .max(200)
  .regex(/^[^\p{Cc}\p{Cf}\u2028\u2029]*$/u, "must be one line without control characters");
/** Several lines that people read; nothing that turns the direction of what follows. */
export const PlainText = z
  .string()
  .max(2000)
  .regex(/^(?:[^\p{Cc}\u202a-\u202e\u2066-\u2069]|[\n\r\t])*$/u, "must be plain text without control characters");
export const Locale = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/, "must be a language tag such as de or pt-BR");

export const AliasResult = z.object({ address: z.string(), primary: z.boolean(), mailbox: z.string(), verified_at: z.string().nullable() });

export const GuestResult = z.object({
  sub: z.string(),
  state: z.enum(["invited", "active", "suspended"]),
  email: z.string(),
  name: z.string().nullable(),
  locale: z.string().nullable(),
  external_id: z.string().nullable(),
  notes: z.string().nullable(),
  suspended_reason: z.string().nullable(),
  reverification_days: z.number().nullable(),
  expires_at: z.string().nullable(),
  verified_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  aliases: z.array(AliasResult).optional(),
});

export const InvitationResult = z.object({
  id: z.string(),
  state: z.enum(["pending", "redeemed", "expired", "revoked"]),
  client_id: z.string(),
  sub: z.string(),
  email: z.string(),
  target_url: z.string().nullable(),
  label: z.string().nullable(),
  sponsor_name: z.string().nullable(),
  sponsor_email: z.string().nullable(),
  message: z.string().nullable(),
  reverification_days: z.number().nullable(),
  created_at: z.string(),
  redeem_by: z.string(),
  access_ends_at: z.string().nullable(),
  redeemed_at: z.string().nullable(),
  revoked_at: z.string().nullable(),
  link: z.string().optional(),
});

/** A page of a list; `next` is the cursor of the following one, null on the last. */
export const pageOf = <Item extends z.ZodType>(item: Item) => z.object({ items: z.array(item), next: z.string().nullable() });

export const PageQuery = z.object({ limit: z.coerce.number().int().min(1).max(500).default(100), cursor: z.string().max(500).optional() });

export function toGuestResult(guest: Guest, aliases?: Alias[]): z.output<typeof GuestResult> {
  return {
    sub: guest.sub,
    state: guest.state,
    email: guest.email,
    name: guest.name,
    locale: guest.locale,
    external_id: guest.externalId,
    notes: guest.notes,
    suspended_reason: guest.suspendedReason,
    reverification_days: guest.reverificationDays,
    expires_at: time(guest.expiresAt),
    verified_at: time(guest.verifiedAt),
    created_at: time(guest.createdAt) as string,
    updated_at: time(guest.updatedAt) as string,
    ...(aliases
      ? {
          aliases: aliases.map(({ address, primary, mailboxId, verifiedAt }) => ({
            address,
            primary,
            mailbox: mailboxId,
            verified_at: time(verifiedAt),
          })),
        }
      : {}),
  };
}

export function toInvitationResult(invitation: Invitation, now: number): z.output<typeof InvitationResult> {
  return {
    id: invitation.id,
    state: stateOf(invitation, now),
    client_id: invitation.clientId,
    sub: invitation.guestSub,
    email: invitation.address,
    target_url: invitation.targetUrl,
    label: invitation.label,
    sponsor_name: invitation.sponsorName,
    sponsor_email: invitation.sponsorEmail,
    message: invitation.message,
    reverification_days: invitation.reverificationDays,
    created_at: time(invitation.createdAt) as string,
    redeem_by: time(invitation.redeemBy) as string,
    access_ends_at: time(invitation.accessEndsAt),
    redeemed_at: time(invitation.redeemedAt),
    revoked_at: time(invitation.revokedAt),
  };
}

export function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
