import { z } from "zod";
import { type Caller, confinedTo } from "../api/caller.ts";
import { addressAsInvited, type Invitation, stateOf } from "../invitations/invitation.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { MailRecord } from "../outbox/records.ts";
import { time } from "./fields.ts";
import { InvitationMailResult, showInvitationMail } from "./invitation-mail.ts";

export const invitationStates = z.enum(["pending", "redeemed", "expired", "revoked"]);

export const InvitationResult = z
  .object({
    id: z.string(),
    state: invitationStates.describe("redeemed: the guest has signed in with the invited mailbox"),
    client_id: z.string().describe("The application that the guest is invited to"),
    sub: z.string().describe("The guest: keep this for your access lists"),
    email: z.string().describe("The invited address; an application sees it in canonical form until it is redeemed"),
    target_url: z.string().nullable(),
    label: z.string().nullable(),
    sponsor_name: z.string().nullable(),
    sponsor_email: z.string().nullable(),
    message: z.string().nullable(),
    reverification_days: z.number().nullable(),
    created_at: z.string(),
    updated_at: z.string(),
    redeem_by: z.string().describe("Until when it can be redeemed"),
    access_ends_at: z.string().nullable().describe("When access ends, redeemed or not; null means never"),
    redeemed_at: z.string().nullable(),
    revoked_at: z.string().nullable(),
    mail: InvitationMailResult.nullable().describe(
      "The state of its last mail. null if none was sent and from 30 days after the mail was settled; an application sees it only if something is wrong",
    ),
    link: z.string().optional().describe("Only with `send_mail: false`: the link to put into your own mail"),
  })
  .meta({ id: "Invitation" });

type Shown = z.output<typeof InvitationResult>;

/** Each with the fate of its last mail. */
export async function showInvitations(
  outbox: Pick<Outbox, "records">,
  caller: Caller,
  invitations: Invitation[],
  now: number,
): Promise<Shown[]> {
  const mails = await outbox.records(invitations.flatMap(({ mailId }) => mailId ?? []));
  const byId = new Map(mails.map((mail) => [mail.id, mail]));
  return invitations.map((each) => showInvitation(caller, each, now, byId.get(each.mailId ?? "")));
}

export async function showOne(outbox: Pick<Outbox, "records">, caller: Caller, invitation: Invitation, now: number): Promise<Shown> {
  return (await showInvitations(outbox, caller, [invitation], now))[0] as Shown;
}

function showInvitation(caller: Caller, invitation: Invitation, now: number, mail: MailRecord | undefined): Shown {
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
    mail: showInvitationMail(caller, mail),
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
  mail: null,
};
