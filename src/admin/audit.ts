import { z } from "zod";
import { cursorAt, readCursor } from "../api/cursor.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { auditActions } from "../audit/actions.ts";
import type { Audit, AuditEntry } from "../audit/audit.ts";
import type { Guest } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import { Identifier, PageQuery, pageOf, shortPages, Time, time } from "./fields.ts";

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
    channel: z.string().describe("sign-in, account (the guest's own page), mail (a link in one), api, console, cli or system"),
    network: z.string().nullable().describe("The network (/24 or /64) that the request came from"),
    client_id: z.string().nullable(),
    sub: z.string().nullable().describe("The guest concerned"),
    guest: z
      .object({ email: z.string(), name: z.string().nullable() })
      .nullable()
      .describe("The same guest, by today's primary address and name; null if erased or merged into another"),
    details: z.record(z.string(), z.unknown()).describe("Identifiers, settings and states; before and after if something changed"),
    personal: z.record(z.string(), z.unknown()).nullable().describe("Names and addresses; removed when the guest is erased"),
  })
  .meta({ id: "AuditEntry" });
const Verification = z.object({
  outcome: z.enum(["intact", "broken"]),
  rows: z.number().optional().describe("How many rows the chain has"),
  head: z
    .string()
    .optional()
    .describe("The hash at its end. Keep it elsewhere to detect that the whole trail was put back to an earlier state"),
  position: z.number().optional().describe("Where it is broken"),
  why: z.string().optional(),
});

const ListQuery = PageQuery.extend({
  sub: Identifier.optional().describe("About this guest, or one that was merged into it"),
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
  guest: { email: "ada@example.com", name: "Ada Lovelace" },
  details: {},
  personal: { reason: "left the partner company" },
};

export function auditOperations({ audit, guests }: AuditOperationDeps): AnyOperation[] {
  return [
    operation({
      id: "listAudit",
      method: "get",
      path: "/audit",
      summary: "Read the audit trail, newest first",
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
          // A merged sub means the surviving guest. An erased guest no longer exists, but its rows do.
          ...(sub === undefined ? {} : { guestSub: (await guests.findBySub(sub))?.sub ?? sub }),
          ...(clientId === undefined ? {} : { clientId }),
          ...(action === undefined ? {} : { action }),
          ...(actor === undefined ? {} : { actor }),
          ...(since === undefined ? {} : { since }),
          ...(until === undefined ? {} : { until }),
        };
        const { entries, next } = await audit.list(filter, limit, readCursor(cursor));
        const subs = [...new Set(entries.flatMap(({ guestSub }) => guestSub ?? []))];
        const named = new Map((subs.length === 0 ? [] : await guests.findAllBySub(subs)).map((guest) => [guest.sub, guest]));
        return {
          status: 200,
          body: { items: entries.map((entry) => show(entry, named.get(entry.guestSub ?? ""))), next: next && cursorAt(next.at, next.id) },
        };
      },
    }),
    operation({
      id: "verifyAudit",
      method: "post",
      path: "/audit/verify",
      summary: "Check the whole trail for rows that were changed, removed, added or moved",
      scope: "audit:read",
      own: false,
      result: Verification,
      status: 200,
      example: { result: { outcome: "intact" as const, rows: 1815, head: "Qm9vbGUtYW5kLUxvdmVsYWNl" } },
      run: async () => ({ status: 200, body: await audit.verify() }),
    }),
  ];
}

function show(
  { id, at, action, actor, channel, network, clientId, guestSub, details, personal }: AuditEntry,
  guest: Guest | undefined,
): z.output<typeof Entry> {
  return {
    id,
    at: time(at),
    action,
    actor,
    channel,
    network,
    client_id: clientId,
    sub: guestSub,
    guest: guest ? { email: guest.email, name: guest.name } : null,
    details: inApiSpelling(details) as Record<string, unknown>,
    personal: inApiSpelling(personal) as Record<string, unknown> | null,
  };
}

/** The trail stores details as given; the API uses snake case and RFC 3339 times. Names that others chose stay as they are. */
function inApiSpelling(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inApiSpelling);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
      // Of an application, where they stand beside its policy.
      if (name === "metadata") return Object.entries(inApiSpelling(member) as object);
      if (name === "guestpass_resources") return [["resources", scopesOf(member)]];
      if (name === "changed" && Array.isArray(member)) return [[name, member.map((each) => apiName(String(each)))]];
      const isTime = /(At|By|Until)$/.test(name) && typeof member === "number";
      return [[apiName(name), isTime ? time(member) : inApiSpelling(member)]];
    }),
  );
}

function scopesOf(resources: unknown): object {
  const each = Object.entries(Object(resources) as Record<string, { scope?: string } | undefined>);
  return Object.fromEntries(each.map(([uri, resource]) => [uri, resource?.scope]));
}

function apiName(name: string): string {
  return /^[a-z]+([A-Z][a-z]*)+$/.test(name) ? name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`) : name;
}
