import { z } from "zod";
import { nextOf, readCursor } from "../api/cursor.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { changedMeanwhile, notFound, Problem } from "../api/problem.ts";
import type { Applications } from "../applications/applications.ts";
import { refuseUnsafeWebhook } from "../applications/registration.ts";
import { hour } from "../clock.ts";
import { InputError } from "../errors.ts";
import { longestOverlap, type Webhook, type Webhooks } from "../events/webhooks.ts";
import { Identifier, PageQuery, pageOf, time, WebUrl } from "./fields.ts";

export interface WebhookOperationDeps {
  webhooks: Webhooks;
  applications: Applications;
  /** Why requests would not get to the address at this moment, or undefined. */
  unreachable(url: URL): Promise<string | undefined>;
}

const WebhookResult = z
  .object({
    client_id: z.string(),
    url: z.string(),
    state: z.enum(["active", "disabled"]),
    disabled_because: z.string().nullable().describe("What it answered, with status 410"),
    previous_secret_until: z.string().nullable().describe("Until when messages are also signed with the previous secret"),
    pending: z.number().int().describe("How many deliveries are waiting"),
    given_up: z.number().int().describe("How many were given up in the last 30 days"),
    created_at: z.string(),
    secret: z.string().optional().describe("Only when it was just made"),
    warnings: z.array(z.string()).optional(),
  })
  .meta({ id: "Webhook" });

const DeliveryResult = z
  .object({
    id: z.string(),
    state: z.enum(["pending", "given-up"]),
    client_id: z.string(),
    event: z.string().describe("The event's id, which is the `webhook-id`"),
    type: z.string(),
    number: z.number().int(),
    attempts: z.number().int(),
    created_at: z.string(),
    next_attempt_at: z.string().nullable().describe("null if it was given up"),
    given_up_at: z.string().nullable(),
    reason: z.string().nullable().describe("Why the last attempt failed: the connection error, or the application's own words"),
  })
  .meta({ id: "WebhookDelivery" });

const example = {
  client_id: "files",
  url: "https://files.example.com/guestpass-events",
  state: "active" as const,
  disabled_because: null,
  previous_secret_until: null,
  pending: 0,
  given_up: 0,
  created_at: "2026-11-24T08:00:00.000Z",
};
const secret = "whsec_lH6cQ0xkK1bq1mYw0N8s2VJm3n5p7r9t1v3x5z7A9C0=";
const delivery = {
  id: "b0c4a1d2-30c7-4a43-8d0f-90a5a1d5b7c2",
  state: "given-up" as const,
  client_id: "files",
  event: "5b1c0a3e-7f0e-4b7e-9c55-0a1b2c3d4e5f",
  type: "guest.suspended",
  number: 42,
  attempts: 33,
  created_at: "2026-11-24T08:00:00.000Z",
  next_attempt_at: null,
  given_up_at: "2026-11-25T08:00:40.000Z",
  reason: "nothing listens at files.example.com",
};

const states = { pending: "queued", "given-up": "given-up" } as const;
const webhookParams = z.object({ client_id: Identifier });
const params = { client_id: example.client_id };
const path = "/applications/:client_id/webhook";

export function webhookOperations(deps: WebhookOperationDeps): AnyOperation[] {
  const { webhooks } = deps;

  async function read(clientId: string): Promise<Webhook> {
    const webhook = await webhooks.find(clientId);
    if (!webhook) throw notFound("webhook");
    return webhook;
  }

  async function shown(clientId: string, more: { secret?: string | undefined; warnings?: string[] } = {}, status = 200) {
    const webhook = await read(clientId);
    const { pending, givenUp } = await webhooks.open(clientId);
    const kept = {
      client_id: clientId,
      url: webhook.url,
      state: webhook.state,
      disabled_because: webhook.disabledBecause,
      previous_secret_until: time(webhook.previousUntil),
      pending,
      given_up: givenUp,
      created_at: time(webhook.createdAt),
      ...(more.warnings?.length ? { warnings: more.warnings } : {}),
    };
    return { status, body: more.secret === undefined ? kept : { ...kept, secret: more.secret }, kept };
  }

  return [
    operation({
      id: "createWebhook",
      method: "post",
      path,
      summary: "Register a webhook, which POSTs events to an application",
      details:
        "From now on it receives the events that `GET /events` lists for the application, in the format of Standard Webhooks. The secret is in this answer only.",
      scope: "applications:write",
      own: false,
      creates: true,
      params: webhookParams,
      body: z.strictObject({ url: WebUrl }),
      result: WebhookResult,
      location: ({ client_id: clientId }) => `/applications/${encodeURIComponent(clientId)}/webhook`,
      status: 201,
      problems: [404, 422],
      example: { params, body: { url: example.url }, result: { ...example, secret } },
      run: async ({ caller, params: { client_id: clientId }, body: { url } }) => {
        const application = await deps.applications.read(clientId);
        if (!application) throw notFound("application");
        refuse(url);
        const made = await webhooks.add(clientId, url, caller.actor);
        if (made === undefined)
          throw new Problem(409, "Taken", "The application already has a webhook: change its url, or remove it first.");
        return shown(clientId, { secret: made, warnings: await warningsFor(deps, url) }, 201);
      },
    }),
    operation({
      id: "readWebhook",
      method: "get",
      path,
      summary: "Read an application's webhook",
      scope: "applications:read",
      own: false,
      params: webhookParams,
      result: WebhookResult,
      status: 200,
      example: { params, result: example },
      run: async ({ params: { client_id: clientId } }) => shown(clientId),
    }),
    operation({
      id: "updateWebhook",
      method: "patch",
      path,
      summary: "Change a webhook's url, or turn it on again after it answered 410",
      details: "Events from while it was off are not delivered; the application can read them from `GET /events`.",
      scope: "applications:write",
      own: false,
      params: webhookParams,
      body: z.strictObject({ url: WebUrl.optional(), state: z.literal("active").optional() }),
      result: WebhookResult,
      status: 200,
      problems: [422],
      example: { params, body: { state: "active" as const }, result: example },
      run: async ({ caller, params: { client_id: clientId }, body: { url, state } }) => {
        if (url !== undefined) refuse(url);
        await read(clientId);
        if (!(await webhooks.update(clientId, { url, enable: state === "active" }, caller.actor))) throw notFound("webhook");
        return shown(clientId, url === undefined ? {} : { warnings: await warningsFor(deps, url) });
      },
    }),
    operation({
      id: "removeWebhook",
      method: "delete",
      path,
      summary: "Remove an application's webhook and its waiting deliveries",
      scope: "applications:write",
      own: false,
      params: webhookParams,
      status: 204,
      example: { params },
      run: async ({ caller, params: { client_id: clientId } }) => {
        if (!(await webhooks.remove(clientId, caller.actor))) throw notFound("webhook");
        return { status: 204 };
      },
    }),
    operation({
      id: "rotateWebhookSecret",
      method: "post",
      path: `${path}/rotate-secret`,
      summary: "Make a new secret; messages are signed with both secrets for the overlap that you choose",
      details: "The new secret is in this answer only.",
      scope: "applications:write",
      own: false,
      creates: true,
      params: webhookParams,
      body: z.strictObject({
        overlap_hours: z
          .number()
          .min(0)
          .max(longestOverlap / hour)
          .default(24),
      }),
      result: WebhookResult,
      status: 200,
      example: {
        params,
        body: { overlap_hours: 24 },
        result: { ...example, previous_secret_until: "2026-11-25T08:00:00.000Z", secret },
      },
      run: async ({ caller, params: { client_id: clientId }, body }) => {
        const made = await webhooks.rotateSecret(await read(clientId), body.overlap_hours * hour, caller.actor);
        if (made === undefined) throw changedMeanwhile();
        return shown(clientId, { secret: made });
      },
    }),
    operation({
      id: "replayWebhook",
      method: "post",
      path: `${path}/replay`,
      summary: "Redeliver everything that was given up",
      scope: "applications:write",
      own: false,
      params: webhookParams,
      result: z.object({ replayed: z.number().int() }),
      status: 202,
      example: { params, result: { replayed: 3 } },
      run: async ({ caller, params: { client_id: clientId } }) => {
        await read(clientId);
        return { status: 202, body: { replayed: await webhooks.replayAll(clientId, caller.actor) } };
      },
    }),
    operation({
      id: "listWebhookDeliveries",
      method: "get",
      path: "/webhook-deliveries",
      summary: "List webhook deliveries that have not arrived, newest first",
      details: "Each is retried for a day. Deliveries that were given up are listed for 30 days.",
      scope: "applications:read",
      own: false,
      query: PageQuery.extend({ state: z.enum(["pending", "given-up"]).optional(), client_id: Identifier.optional() }),
      result: pageOf(DeliveryResult),
      status: 200,
      example: { query: { state: "given-up" }, result: { items: [delivery], next: null } },
      run: async ({ query: { limit, cursor, state, client_id: clientId } }) => {
        const filter = { ...(state === undefined ? {} : { state: states[state] }), ...(clientId === undefined ? {} : { clientId }) };
        const place = readCursor(cursor);
        const found = await webhooks.list(filter, limit, place && { createdAt: place.at, id: place.id });
        const items = found.map((each) => ({
          id: each.id,
          state: each.state === "queued" ? ("pending" as const) : each.state,
          client_id: each.clientId,
          event: each.event,
          type: each.type,
          number: each.number,
          attempts: each.attempts,
          created_at: time(each.createdAt),
          next_attempt_at: each.state === "queued" ? time(each.nextAttemptAt) : null,
          given_up_at: time(each.settledAt),
          reason: each.lastError,
        }));
        return { status: 200, body: { items, next: nextOf(found, limit, ({ createdAt, id }) => [createdAt, id]) } };
      },
    }),
    operation({
      id: "replayWebhookDelivery",
      method: "post",
      path: "/webhook-deliveries/:id/replay",
      summary: "Redeliver one event, with the same webhook-id",
      scope: "applications:write",
      own: false,
      params: z.object({ id: Identifier }),
      status: 202,
      example: { params: { id: delivery.id } },
      run: async ({ caller, params: { id } }) => {
        const outcome = await webhooks.replay(id, caller.actor);
        if (outcome === "unknown") throw notFound("delivery");
        if (outcome === "waits") throw new Problem(409, "Waits", "It is already waiting to be delivered.");
        return { status: 202 };
      },
    }),
  ];
}

/** @throws Problem 422 */
function refuse(url: string): void {
  try {
    refuseUnsafeWebhook(url);
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new Problem(422, "Cannot be registered", error.message);
  }
}

/** Only a warning: the address may be right and its server not running yet. */
async function warningsFor({ unreachable }: WebhookOperationDeps, url: string): Promise<string[]> {
  const why = await unreachable(new URL(url));
  return why ? [`url: events would not be delivered, because ${why}.`] : [];
}
