// Mails that were sent, their fate with the mail server's own words, and sending one again.
import { z } from "zod";
import { cursorAt, readCursor } from "../api/cursor.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { notFound, Problem } from "../api/problem.ts";
import type { Audit } from "../audit/audit.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { type Attempt, type MailRecord, mailStates } from "../outbox/records.ts";
import { AddressText, Identifier, PageBody, PageQuery, pageOf, time } from "./fields.ts";

export interface MailOperationDeps {
  outbox: Pick<Outbox, "list" | "show" | "retry">;
  audit: Pick<Audit, "record">;
}

const states = z
  .enum(mailStates)
  .describe(
    "queued; sent: a mail server has it; bounced: it came back; failed: permanently refused; parked: refused or too old, but kept so that you can send it again; expired",
  );
const filters = { state: states.optional() };
const MailResult = z
  .object({
    id: z.string(),
    state: states,
    kind: z.string().describe("The kind of mail: passcode, invitation, administrator-alert and so on"),
    recipient: z.string(),
    message_id: z.string(),
    attempts: z.number(),
    last_route: z.string().nullable(),
    last_reply: z.string().nullable().describe("The reply code and enhanced status (RFC 3463), or the name of the connection error"),
    last_words: z
      .string()
      .nullable()
      .describe("The mail server's own words, with addresses, codes and links masked; or why it could not be reached"),
    created_at: z.string(),
    next_attempt_at: z.string().nullable(),
    expires_at: z.string(),
    settled_at: z.string().nullable(),
    bounced_at: z.string().nullable().describe("When it came back, or was refused because of the mailbox"),
    bounced_by: z.string().nullable().describe("The host or mail route that reported it"),
    bounced_reply: z.string().nullable().describe("The words of the report, masked like `last_words`"),
  })
  .meta({ id: "Mail" });
const AttemptResult = z.object({
  attempt: z.number(),
  at: z.string(),
  route: z.string().nullable(),
  outcome: z.enum(["accepted", "refused", "delayed", "unknown"]),
  reply: z.string().nullable(),
  words: z.string().nullable(),
  duration_ms: z.number().nullable(),
});
const MailWithAttempts = MailResult.extend({ history: z.array(AttemptResult) }).meta({ id: "MailWithAttempts" });
const MailPage = pageOf(MailResult);
const SearchBody = z.strictObject({ ...PageBody.shape, ...filters, email: AddressText.optional().describe("To this address") });
const Id = z.object({ id: Identifier });

const example = {
  id: "2f1c9a4e-6a3d-4d0e-9a57-3f1b8a0c5d21",
  state: "parked" as const,
  kind: "invitation",
  recipient: "ada@example.com",
  message_id: "<2f1c9a4e-6a3d-4d0e-9a57-3f1b8a0c5d21@example.com>",
  attempts: 1,
  last_route: "relay",
  last_reply: "550 5.7.1",
  last_words: "550 5.7.1 Relaying denied",
  created_at: "2026-11-24T08:00:00.000Z",
  next_attempt_at: null,
  expires_at: "2026-12-08T08:00:00.000Z",
  settled_at: "2026-11-24T08:00:01.000Z",
  bounced_at: null,
  bounced_by: null,
  bounced_reply: null,
};
const exampleAttempt = {
  attempt: 1,
  at: "2026-11-24T08:00:00.000Z",
  route: "relay",
  outcome: "refused" as const,
  reply: "550 5.7.1",
  words: "550 5.7.1 Relaying denied",
  duration_ms: 120,
};

export function mailOperations({ outbox, audit }: MailOperationDeps): AnyOperation[] {
  async function list({ limit, cursor, state, email }: z.output<typeof SearchBody>) {
    const place = readCursor(cursor);
    const mails = await outbox.list({
      most: limit,
      ...(state === undefined ? {} : { state }),
      ...(email === undefined ? {} : { recipient: email.typed }),
      ...(place === undefined ? {} : { after: { createdAt: place.at, id: place.id } }),
    });
    const last = mails.at(-1);
    return { items: mails.map(show), next: last && mails.length === limit ? cursorAt(last.createdAt, last.id) : null };
  }

  return [
    operation({
      id: "listMail",
      method: "get",
      path: "/mail",
      summary: "List the mails of the last 30 days, newest first",
      details: "The text of a mail is never shown.",
      scope: "mail:read",
      own: false,
      query: PageQuery.extend(filters),
      result: MailPage,
      status: 200,
      example: { query: { state: "parked" }, result: { items: [example], next: null } },
      run: async ({ query }) => ({ status: 200, body: await list(query) }),
    }),
    operation({
      id: "searchMail",
      method: "post",
      path: "/mail/search",
      summary: "Find the mails to an address",
      details: "Addresses are sent in bodies, so that they appear in no URL or log.",
      scope: "mail:read",
      own: false,
      body: SearchBody,
      result: MailPage,
      status: 200,
      example: { body: { email: "ada@example.com" }, result: { items: [example], next: null } },
      run: async ({ body }) => ({ status: 200, body: await list(body) }),
    }),
    operation({
      id: "readMail",
      method: "get",
      path: "/mail/:id",
      summary: "Read a mail's state and every attempt to send it",
      scope: "mail:read",
      own: false,
      params: Id,
      result: MailWithAttempts,
      status: 200,
      example: { params: { id: example.id }, result: { ...example, history: [exampleAttempt] } },
      run: async ({ params }) => {
        const shown = await outbox.show(params.id);
        if (!shown) throw notFound("mail");
        return { status: 200, body: { ...show(shown.mail), history: shown.attempts.map(showAttempt) } };
      },
    }),
    operation({
      id: "retryMail",
      method: "post",
      path: "/mail/:id/retry",
      summary: "Send a parked or waiting mail now",
      scope: "mail:write",
      own: false,
      params: Id,
      result: MailResult,
      status: 202,
      example: { params: { id: example.id }, result: { ...example, state: "queued" } },
      run: async ({ caller, params }) => {
        const event = { action: "mail.retried" as const, by: caller.actor, details: { mail: params.id } };
        const retried = await outbox.retry(params.id, (trx) => audit.record(trx, event));
        const shown = await outbox.show(params.id);
        if (retried.outcome === "unknown" || !shown) throw notFound("mail");
        if (retried.outcome === "over") throw new Problem(409, "Over", `${params.id} is out of date, so it is not sent again.`);
        if (retried.outcome === "settled") {
          const why = retried.state === "queued" ? "is being sent right now" : `is ${retried.state}: its text is not kept`;
          throw new Problem(409, "Not sent again", `${params.id} ${why}.`);
        }
        return { status: 202, body: show(shown.mail) };
      },
    }),
  ];
}

function show(mail: MailRecord): z.output<typeof MailResult> {
  return {
    id: mail.id,
    state: mail.state === "sent" && mail.bouncedAt !== null ? "bounced" : mail.state,
    kind: mail.kind,
    recipient: mail.recipient,
    message_id: mail.messageId,
    attempts: mail.attempts,
    last_route: mail.lastRoute,
    last_reply: mail.lastReply,
    last_words: mail.lastWords,
    created_at: time(mail.createdAt),
    next_attempt_at: mail.state === "queued" ? time(mail.nextAttemptAt) : null,
    expires_at: time(mail.expiresAt),
    settled_at: time(mail.settledAt),
    bounced_at: time(mail.bouncedAt),
    bounced_by: mail.bouncedBy,
    bounced_reply: mail.bouncedReply,
  };
}

function showAttempt({ attempt, at, route, outcome, reply, words, ms }: Attempt): z.output<typeof AttemptResult> {
  return { attempt, at: time(at), route, outcome, reply, words, duration_ms: ms };
}
