import { z } from "zod";
import { cursorAt, readCursor } from "../api/cursor.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import type { Logouts } from "../sessions/logouts.ts";
import { Identifier, PageQuery, pageOf, time } from "./fields.ts";

export interface LogoutOperationDeps {
  logouts: Logouts;
}

const states = { pending: "queued", "given-up": "given-up" } as const;

const LogoutResult = z
  .object({
    id: z.string(),
    state: z.enum(["pending", "given-up"]),
    client_id: z.string().describe("The application to notify"),
    sub: z.string().describe("The guest whose session ended"),
    attempts: z.number().int(),
    created_at: z.string().describe("When the session ended"),
    next_attempt_at: z.string().nullable().describe("null if it was given up"),
    given_up_at: z.string().nullable(),
    reason: z.string().nullable().describe("Why the last attempt failed: the connection error, or the application's own words"),
  })
  .meta({ id: "Logout" });

const example = {
  id: "b0c4a1d2-30c7-4a43-8d0f-90a5a1d5b7c2",
  state: "pending" as const,
  client_id: "files",
  sub: "1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11",
  attempts: 3,
  created_at: "2026-11-24T08:00:00.000Z",
  next_attempt_at: "2026-11-24T08:00:40.000Z",
  given_up_at: null,
  reason: "nothing listens at files.example.com",
};

export function logoutOperations({ logouts }: LogoutOperationDeps): AnyOperation[] {
  return [
    operation({
      id: "listLogouts",
      method: "get",
      path: "/logouts",
      summary: "List back-channel logouts that have not arrived, newest first",
      details:
        "If an application refuses a logout token (400), it is not sent again; anything else is retried for a day. Logouts that were given up are listed for 30 days.",
      scope: "applications:read",
      own: false,
      query: PageQuery.extend({ state: z.enum(["pending", "given-up"]).optional(), client_id: Identifier.optional() }),
      result: pageOf(LogoutResult),
      status: 200,
      example: { query: { state: "pending" }, result: { items: [example], next: null } },
      run: async ({ query: { limit, cursor, state, client_id: clientId } }) => {
        const filter = { ...(state === undefined ? {} : { state: states[state] }), ...(clientId === undefined ? {} : { clientId }) };
        const place = readCursor(cursor);
        const found = await logouts.list(filter, limit, place && { createdAt: place.at, id: place.id });
        const last = found.length === limit ? found.at(-1) : undefined;
        const items = found.map((each) => ({
          id: each.id,
          state: each.state === "queued" ? ("pending" as const) : each.state,
          client_id: each.clientId,
          sub: each.sub,
          attempts: each.attempts,
          created_at: time(each.createdAt),
          next_attempt_at: each.state === "queued" ? time(each.nextAttemptAt) : null,
          given_up_at: time(each.settledAt),
          reason: each.lastError,
        }));
        return { status: 200, body: { items, next: last ? cursorAt(last.createdAt, last.id) : null } };
      },
    }),
  ];
}
