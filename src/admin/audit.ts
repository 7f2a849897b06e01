import { z } from "zod";
import { auditActions } from "../audit/actions.ts";
import type { Audit, AuditEntry } from "../audit/audit.ts";
import type { Guests } from "../guests/guests.ts";
import { cursorAt, readCursor } from "./cursor.ts";
import { Identifier, PageQuery, pageOf, shortPages, Time, time } from "./fields.ts";
import { type AnyOperation, operation } from "./operation.ts";

export interface AuditOperationDeps {
  audit: Audit;
  guests: Guests;
}

const Entry = z
  .object({
    id: z.string(),
    at: z.string(),
    action: z.string().describe("guest.suspended, invitation.created, sign-in.code-refused ..."),
    actor: z.string().describe("guest:SUB, application:CLIENT_ID, operator or system"),
    channel: z.string().describe("sign-in, api, cli or system"),
    network: z.string().nullable().describe("The network (/24 or /64) it came from"),
    client_id: z.string().nullable(),
    sub: z.string().nullable().describe("The guest it is about"),
    details: z.record(z.string(), z.unknown()).describe("Identifiers, settings and states, with before and after where something changed"),
    personal: z.record(z.string(), z.unknown()).nullable().describe("Names and addresses; gone once the guest is erased"),
  })
  .meta({ id: "AuditEntry" });
const Verification = z.object({
  outcome: z.enum(["intact", "broken"]),
  rows: z.number().optional().describe("How many rows the chain has"),
  head: z
    .string()
    .optional()
    .describe("The hash at its end: keep it elsewhere to tell whether the whole trail was put back to an earlier state"),
  position: z.number().optional().describe("Where it is broken"),
  why: z.string().optional(),
});

const ListQuery = PageQuery.extend({
  sub: Identifier.optional().describe("About this guest, and about those who were merged into it"),
  client_id: Identifier.optional(),
  action: z.enum(auditActions).optional(),
  actor: Identifier.optional(),
  since: Time.optional().describe("From this moment on"),
  until: Time.optional().describe("Before this moment"),
});
const exampleEntry = {
  id: "5b1c0a3e-7f0e-4b7e-9c55-0a1b2c3d4e5f",
  at: "2026-11-24T08:00:00.000Z",
  action: "guest.suspended",
  actor: "application:admin-console",
  channel: "api",
  network: "203.0.113.0/24",
  client_id: null,
  sub: "1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11",
  details: {},
  personal: { reason: "left the partner company" },
};

export function auditOperations({ audit, guests }: AuditOperationDeps): AnyOperation[] {
  return [
    operation({
      id: "listAudit",
      method: "get",
      path: "/audit",
      summary: "Read the audit trail, the newest first",
      details: shortPages,
      scope: "audit:read",
      own: false,
      query: ListQuery,
      result: pageOf(Entry),
      status: 200,
      example: { query: { action: "guest.suspended" }, result: { items: [exampleEntry], next: null } },
      run: async ({ query }) => {
        const { limit, cursor, sub, client_id: clientId, action, actor, since, until } = query;
        const filter = {
          // A merged-away sub stands for the survivor; an erased guest is nobody's any more, but its rows are there.
          ...(sub === undefined ? {} : { guestSub: (await guests.findBySub(sub))?.sub ?? sub }),
          ...(clientId === undefined ? {} : { clientId }),
          ...(action === undefined ? {} : { action }),
          ...(actor === undefined ? {} : { actor }),
          ...(since === undefined ? {} : { since }),
          ...(until === undefined ? {} : { until }),
        };
        const { entries, next } = await audit.list(filter, limit, readCursor(cursor));
        return { status: 200, body: { items: entries.map(show), next: next && cursorAt(next.at, next.id) } };
      },
    }),
    operation({
      id: "verifyAudit",
      method: "post",
      path: "/audit/verify",
      summary: "Walk the whole trail: finds a row that was changed, removed, added or moved",
      scope: "audit:read",
      own: false,
      result: Verification,
      status: 200,
      example: { result: { outcome: "intact" as const, rows: 1815, head: "Qm9vbGUtYW5kLUxvdmVsYWNl" } },
      run: async () => ({ status: 200, body: await audit.verify() }),
    }),
  ];
}

function show({ id, at, action, actor, channel, network, clientId, guestSub, details, personal }: AuditEntry): z.output<typeof Entry> {
  return {
    id,
    at: time(at),
    action,
    actor,
    channel,
    network,
    client_id: clientId,
    sub: guestSub,
    details: details as Record<string, unknown>,
    personal: personal as Record<string, unknown> | null,
  };
}
