// The fate of an invitation's last mail, as the administration API shows it.
import { z } from "zod";
import { type Caller, confinedTo } from "../api/caller.ts";
import type { MailRecord } from "../outbox/records.ts";
import { time } from "./fields.ts";

/** The filter for mails that have not arrived, or not yet. An application may ask for each of them. */
export const mailTroubles = z
  .enum(["delayed", "refused", "bounced", "expired"])
  .describe(
    "delayed: a mail server asked to try again later; refused: no route accepted it; bounced: it was accepted and then came back; expired: the invitation ended before a server accepted it",
  );

export const InvitationMailResult = z
  .object({
    id: z.string().describe("An administrator's client can read every attempt at /mail/{id}, and send it again"),
    state: z
      .enum(["queued", "accepted", ...mailTroubles.options])
      .describe("queued: it is waiting its turn; accepted: a mail server has it; for the others, see the filter `mail`"),
    by: z.string().nullable().describe("The mail route that tried last, or the mail server that returned it"),
    words: z
      .string()
      .nullable()
      .describe("The mail server's own words, with addresses, codes and links masked; or why it could not be reached"),
    at: z.string().describe("When that happened"),
  })
  .meta({ id: "InvitationMail" });
export type InvitationMail = z.output<typeof InvitationMailResult>;

/**
 * An application is told only what went wrong. Suspended guests get no mail, and it must not learn that about guests whom it has not met:
 * to it, a mail that was accepted, one that waits for its turn and none are the same.
 */
export function showInvitationMail(caller: Caller, mail: MailRecord | undefined): InvitationMail | null {
  if (!mail) return null;
  const shown = toResult(mail);
  return confinedTo(caller) === undefined || mailTroubles.safeParse(shown.state).success ? shown : null;
}

function toResult(mail: MailRecord): InvitationMail {
  const { id, createdAt, lastAt, lastRoute: by, lastWords: words, settledAt, bouncedAt, bouncedBy, bouncedReply } = mail;
  const at = time(settledAt ?? lastAt ?? createdAt);
  switch (mail.state) {
    case "queued":
      return { id, state: mail.attempts > 0 ? "delayed" : "queued", by, words, at };
    case "sent":
      if (bouncedAt === null) return { id, state: "accepted", by, words, at };
      return { id, state: "bounced", by: bouncedBy, words: bouncedReply, at: time(bouncedAt) };
    case "parked":
    case "failed":
      return { id, state: "refused", by, words, at };
    case "expired":
      return { id, state: "expired", by, words, at };
  }
}

export const exampleInvitationMail = {
  id: "2f1c9a4e-6a3d-4d0e-9a57-3f1b8a0c5d21",
  state: "bounced" as const,
  by: "mx.example.com",
  words: "550 5.7.1 Message refused by local policy",
  at: "2026-11-24T08:00:05.000Z",
};
