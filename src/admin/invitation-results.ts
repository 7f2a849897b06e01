import { z } from "zod";
import { addressAsInvited, type Invitation, stateOf } from "../invitations/invitation.ts";
import { type Caller, confinedTo } from "./caller.ts";
import { time } from "./fields.ts";

export const invitationStates = z.enum(["pending", "redeemed", "expired", "revoked"]);

export const InvitationResult = z
  .object({
    id: z.string(),
    state: invitationStates.describe("redeemed by the first sign-in with the invited mailbox"),
    client_id: z.string().describe("The application it is to"),
    sub: z.string().describe("The guest: keep this for your access lists"),
    email: z.string().describe("The invited address; to an application in canonical form until it is redeemed"),
    target_url: z.string().nullable(),
    label: z.string().nullable(),
    sponsor_name: z.string().nullable(),
    sponsor_email: z.string().nullable(),
    message: z.string().nullable(),
    reverification_days: z.number().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
    redeem_by: z.string().describe("Until then it can be redeemed"),
    access_ends_at: z.string().nullable().describe("Then access ends, redeemed or not; null is never"),
    redeemed_at: z.string().nullable(),
    revoked_at: z.string().nullable(),
    link: z.string().optional().describe("With `send_mail: false`: what to put into your own mail"),
  })
  .meta({ id: "Invitation" });

export function showInvitation(caller: Caller, invitation: Invitation, now: number): z.output<typeof InvitationResult> {
  return {
    id: invitation.id,
    state: stateOf(invitation, now),
    client_id: invitation.clientId,
    sub: invitation.guestSub,
    email: confinedTo(caller) === undefined ? invitation.address : addressAsInvited(invitation),
    target_url: invitation.targetUrl,
    label: invitation.label,
    sponsor_name: invitation.sponsorName,
    sponsor_email: invitation.sponsorEmail,
    message: invitation.message,
    reverification_days: invitation.reverificationDays,
    created_at: time(invitation.createdAt),
    updated_at: time(invitation.updatedAt),
    redeem_by: time(invitation.redeemBy),
    access_ends_at: time(invitation.accessEndsAt),
    redeemed_at: time(invitation.redeemedAt),
    revoked_at: time(invitation.revokedAt),
  };
}

export const exampleInvitation = {
  id: "0d3c1f9e-1a55-4c5e-8a43-5c0f3c1f7f0e",
  state: "pending" as const,
  client_id: "files",
  sub: "1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11",
  email: "ada@example.com",
  target_url: "https://files.example.com/f/42",
  label: "Plan for the bridge",
  sponsor_name: "Charles",
  sponsor_email: "charles@example.org",
  message: "Have a look before Friday",
  reverification_days: null,
  created_at: "2026-11-24T08:00:00.000Z",
  updated_at: "2026-11-24T08:00:00.000Z",
  redeem_by: "2026-12-08T08:00:00.000Z",
  access_ends_at: null,
  redeemed_at: null,
  revoked_at: null,
};
