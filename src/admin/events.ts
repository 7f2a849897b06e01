import { z } from "zod";
import { confinedTo } from "../api/caller.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { Problem } from "../api/problem.ts";
import { type Event, eventTypes } from "../events/event.ts";
import type { Events } from "../events/events.ts";
import { Identifier, time } from "./fields.ts";

export interface EventOperationDeps {
  events: Events;
}

const EventResult = z
  .object({
    id: z.string().describe("The same in every delivery of this event; webhooks send it as `webhook-id`"),
    type: z.enum(eventTypes),
    at: z.string(),
    sub: z.string().nullable().describe("The guest concerned"),
    client_id: z.string().nullable(),
    invitation: z.string().nullable().describe("The id of the invitation concerned"),
    lost_sub: z.string().nullable().describe("In guest.merged: the `sub` that replaces `sub`"),
    mail: z.string().nullable(),
    applications: z.array(z.string()).nullable().describe("Where sessions are over; an application is not told of others"),
  })
  .meta({ id: "Event" });

const example = {
  id: "5b1c0a3e-7f0e-4b7e-9c55-0a1b2c3d4e5f",
  type: "invitation.redeemed" as const,
  at: "2026-11-24T08:00:00.000Z",
  sub: "1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11",
  client_id: "files",
  invitation: "0b1de9d5-5a1c-4d0b-8a5f-0c5d3c2b1a10",
  lost_sub: null,
  mail: null,
  applications: null,
};

export function eventOperations({ events }: EventOperationDeps): AnyOperation[] {
  return [
    operation({
      id: "listEvents",
      method: "get",
      path: "/events",
      summary: "Follow events, oldest first",
      details:
        "Events hold identifiers, no personal data. Keep `next` and send it as `after` in the next request: you get each event once and miss none. If `more` is true, there is more to read now; a page may hold fewer than `limit`, even none. An application gets events about its own invitations, sign-ins and sessions, about a guest that is suspended or resumed after signing in there, and about a guest that is merged or erased if it has the `sub`.",
      scope: "events:read",
      own: true,
      query: z.strictObject({
        after: Identifier.optional().describe(
          "The `next` of the previous page. Leave it out to begin with the first event, or send `latest` for events from now on",
        ),
        limit: z.coerce.number().int().min(1).max(500).default(100).describe("The most events in a page"),
      }),
      result: z.object({
        items: z.array(EventResult),
        next: z.string().nullable().describe("Where to go on; null where nothing has happened yet"),
        more: z.boolean(),
      }),
      status: 200,
      problems: [404],
      example: { query: { limit: "100" }, result: { items: [example], next: example.id, more: false } },
      run: async ({ caller, query: { after, limit } }) => {
        const page = await events.read({ clientId: confinedTo(caller), after, limit });
        if (!page)
          throw new Problem(
            404,
            "Not found",
            "There is no such event: the database may have been restored from a backup. Begin again without after, and reload your copies of guests and invitations.",
          );
        return { status: 200, body: { items: page.events.map(showEvent), next: page.next, more: page.more } };
      },
    }),
  ];
}

function showEvent({ id, type, at, sub, clientId, invitation, lostSub, mail, applications }: Event): z.output<typeof EventResult> {
  return { id, type, at: time(at), sub, client_id: clientId, invitation, lost_sub: lostSub, mail, applications };
}
