import { z } from "zod";
import { cursorAt, readCursor } from "../api/cursor.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import type { Refusals } from "../applications/refusals.ts";
import { Identifier, PageQuery, pageOf, time } from "./fields.ts";

export interface RefusalOperationDeps {
  refusals: Refusals;
}

const RefusalResult = z
  .object({
    client_id: z.string().nullable().describe("null if the request named no registered application"),
    reason: z.string().describe("The error sent to the application, and what exactly was wrong"),
    times: z.number().int(),
    first_at: z.string(),
    last_at: z.string(),
  })
  .meta({ id: "TokenRefusal" });

const example = {
  client_id: "files",
  reason: "invalid_grant: grant request is invalid (authorization code not found)",
  times: 3,
  first_at: "2026-11-24T08:00:00.000Z",
  last_at: "2026-11-24T08:02:00.000Z",
};

export function refusalOperations({ refusals }: RefusalOperationDeps): AnyOperation[] {
  return [
    operation({
      id: "listTokenRefusals",
      method: "get",
      path: "/token-refusals",
      summary: "List requests that the token endpoint refused, latest first",
      details: "There is one entry for each application and reason, with how often and when. Entries are kept for 30 days.",
      scope: "applications:read",
      own: false,
      query: PageQuery.extend({ client_id: Identifier.optional() }),
      result: pageOf(RefusalResult),
      status: 200,
      example: { query: { client_id: "files" }, result: { items: [example], next: null } },
      run: async ({ query: { limit, cursor, client_id: clientId } }) => {
        const found = await refusals.list(clientId, limit, readCursor(cursor));
        const last = found.length === limit ? found.at(-1) : undefined;
        const items = found.map((each) => ({
          client_id: each.clientId,
          reason: each.reason,
          times: each.times,
          first_at: time(each.firstAt),
          last_at: time(each.lastAt),
        }));
        return { status: 200, body: { items, next: last ? cursorAt(last.lastAt, last.id) : null } };
      },
    }),
  ];
}
