import type { Db } from "../database/database.ts";
import { queueStore } from "../database/queue.ts";
import { command, query } from "../database/statements.ts";

export interface DeliveryColumns {
  /** The event's id. */
  event: string;
  type: string;
  /** The number of the message to this webhook: 1, 2, 3 ... */
  number: number;
  /** JSON. */
  body: string;
}

export const deliveryQueue = queueStore<DeliveryColumns>("webhook_deliveries", "event, type, number, body");

export interface Webhook {
  clientId: string;
  url: string;
  state: "active" | "disabled";
  disabledBecause: string | null;
  sealedSecret: string;
  previousSecret: string | null;
  /** Until when messages are signed with the previous secret too: milliseconds since the epoch. */
  previousUntil: number | null;
  /** A place in the audit trail. */
  since: number;
  lastNumber: number;
  createdAt: number;
  updatedAt: number;
}

interface Row {
  client_id: string;
  url: string;
  state: Webhook["state"];
  disabled_because: string | null;
  sealed_secret: string;
  previous_secret: string | null;
  previous_until: number | null;
  since: number;
  last_number: number;
  created_at: number;
  updated_at: number;
}

const columns =
  "client_id, url, state, disabled_because, sealed_secret, previous_secret, previous_until, since, last_number, created_at, updated_at";
const selectOne = query<Row>(`SELECT ${columns} FROM webhooks WHERE client_id = ?`);
const selectActive = query<Row>(`SELECT ${columns} FROM webhooks WHERE state = 'active' ORDER BY client_id`);
const insertRow = command(
  `INSERT INTO webhooks (client_id, url, state, sealed_secret, since, last_number, created_at, updated_at)
   SELECT CAST(? AS text), CAST(? AS text), 'active', CAST(? AS text), position, 0, CAST(? AS bigint), CAST(? AS bigint) FROM audit_head WHERE id = 1
   ON CONFLICT (client_id) DO NOTHING`,
);
const updateUrl = command("UPDATE webhooks SET url = ?, updated_at = ? WHERE client_id = ?");
const updateEnabled = command(
  `UPDATE webhooks SET state = 'active', disabled_because = NULL, updated_at = ?, since = (SELECT position FROM audit_head WHERE id = 1)
   WHERE client_id = ? AND state = 'disabled'`,
);
const updateDisabled = command(
  "UPDATE webhooks SET state = 'disabled', disabled_because = ?, updated_at = ? WHERE client_id = ? AND url = ? AND state = 'active'",
);
const updateSecret = command(
  `UPDATE webhooks SET previous_secret = sealed_secret, previous_until = ?, sealed_secret = ?, updated_at = ? WHERE client_id = ? AND sealed_secret = ?`,
);
const selectSecrets = query<{ client_id: string; sealed_secret: string; previous_secret: string | null }>(
  "SELECT client_id, sealed_secret, previous_secret FROM webhooks ORDER BY client_id",
);
// Only if nobody has replaced it meanwhile.
const resealSecrets = command("UPDATE webhooks SET sealed_secret = ?, previous_secret = ? WHERE client_id = ? AND sealed_secret = ?");
const deleteRow = command("DELETE FROM webhooks WHERE client_id = ?");
const deleteDeliveries = command("DELETE FROM webhook_deliveries WHERE client_id = ?");
const lockPlace = query<{ position: number }>("UPDATE webhook_place SET position = position WHERE id = 1 RETURNING position");
const selectPlace = query<{ position: number }>("SELECT position FROM webhook_place WHERE id = 1");
const movePlace = command("UPDATE webhook_place SET position = ? WHERE id = 1");
const insertDelivery = command(
  `INSERT INTO webhook_deliveries (id, client_id, event, type, number, body, state, attempts, created_at, next_attempt_at, leased_until)
   VALUES (?, ?, ?, ?, ?, ?, 'queued', 0, ?, ?, 0) ON CONFLICT (client_id, event) DO NOTHING`,
);
const updateNumber = command("UPDATE webhooks SET last_number = ? WHERE client_id = ?");
const requeue = "UPDATE webhook_deliveries SET state = 'queued', attempts = 0, created_at = ?, next_attempt_at = ?, settled_at = NULL";
const replayOne = query<{ client_id: string }>(`${requeue} WHERE id = ? AND state IN ('given-up', 'delivered') RETURNING client_id`);
const replayGivenUp = command(`${requeue} WHERE client_id = ? AND state = 'given-up'`);
const selectDelivery = query<{ id: string }>("SELECT id FROM webhook_deliveries WHERE id = ?");
const countOpen = query<{ state: string; deliveries: number }>(
  "SELECT state, COUNT(*) AS deliveries FROM webhook_deliveries WHERE client_id = ? AND state IN ('queued', 'given-up') GROUP BY state",
);

export async function find(db: Db, clientId: string): Promise<Webhook | undefined> {
  const row = (await selectOne(db, clientId))[0];
  return row && toWebhook(row);
}

export async function active(db: Db): Promise<Webhook[]> {
  return (await selectActive(db)).map(toWebhook);
}

/** Hears about events from now on. @returns false if the application has a webhook already */
export async function insert(db: Db, webhook: { clientId: string; url: string; sealedSecret: string; at: number }): Promise<boolean> {
  return (await insertRow(db, webhook.clientId, webhook.url, webhook.sealedSecret, webhook.at, webhook.at)) === 1;
}

export async function setUrl(db: Db, clientId: string, url: string, at: number): Promise<boolean> {
  return (await updateUrl(db, url, at, clientId)) === 1;
}

/** Hears about events from now on. */
export async function enable(db: Db, clientId: string, at: number): Promise<boolean> {
  return (await updateEnabled(db, at, clientId)) === 1;
}

/** @param url the one that answered: another may have been set since */
export async function disable(db: Db, { clientId, url }: Pick<Webhook, "clientId" | "url">, because: string, at: number): Promise<boolean> {
  return (await updateDisabled(db, because, at, clientId, url)) === 1;
}

/** @param before the sealed secret that it replaces @returns false if that was replaced since */
export async function setSecret(
  db: Db,
  clientId: string,
  before: string,
  { sealedSecret, previousUntil, at }: { sealedSecret: string; previousUntil: number; at: number },
): Promise<boolean> {
  return (await updateSecret(db, previousUntil, sealedSecret, at, clientId, before)) === 1;
}

export async function remove(db: Db, clientId: string): Promise<boolean> {
  const removed = await deleteRow(db, clientId);
  await deleteDeliveries(db, clientId);
  return removed === 1;
}

/** How far the trail has been looked through. */
export async function place(db: Db): Promise<number> {
  return (await selectPlace(db))[0]?.position ?? 0;
}

/** Locks the place for the rest of the transaction: only one process at a time reads through the trail. */
export async function takePlace(trx: Db): Promise<number> {
  return (await lockPlace(trx))[0]?.position ?? 0;
}

export async function setPlace(trx: Db, position: number): Promise<void> {
  await movePlace(trx, position);
}

export async function enqueue(trx: Db, delivery: DeliveryColumns & { id: string; clientId: string; at: number }): Promise<void> {
  const { id, clientId, event, type, number, body, at } = delivery;
  await insertDelivery(trx, id, clientId, event, type, number, body, at, at);
}

export async function setNumber(trx: Db, clientId: string, number: number): Promise<void> {
  await updateNumber(trx, number, clientId);
}

/** Queues it as if it were new. @returns the application; undefined if it already waits, or does not exist */
export async function replay(db: Db, id: string, at: number): Promise<string | undefined> {
  return (await replayOne(db, at, at, id))[0]?.client_id;
}

/** @returns how many */
export function replayAll(db: Db, clientId: string, at: number): Promise<number> {
  return replayGivenUp(db, at, at, clientId);
}

export async function hasDelivery(db: Db, id: string): Promise<boolean> {
  return (await selectDelivery(db, id)).length > 0;
}

export async function open(db: Db, clientId: string): Promise<{ pending: number; givenUp: number }> {
  const counts = new Map((await countOpen(db, clientId)).map((row) => [row.state, Number(row.deliveries)]));
  return { pending: counts.get("queued") ?? 0, givenUp: counts.get("given-up") ?? 0 };
}

function toWebhook(row: Row): Webhook {
  return {
    clientId: row.client_id,
    url: row.url,
    state: row.state,
    disabledBecause: row.disabled_because,
    sealedSecret: row.sealed_secret,
    previousSecret: row.previous_secret,
    previousUntil: row.previous_until,
    since: row.since,
    lastNumber: row.last_number,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}

export interface WebhookSecrets {
  clientId: string;
  sealedSecret: string;
  previousSecret: string | null;
}

export async function listSecrets(db: Db): Promise<WebhookSecrets[]> {
  return (await selectSecrets(db)).map((row) => ({
    clientId: row.client_id,
    sealedSecret: row.sealed_secret,
    previousSecret: row.previous_secret,
  }));
}

/** Only if they are as they were read. */
export async function reseal(
  db: Db,
  clientId: string,
  before: Omit<WebhookSecrets, "clientId">,
  after: Omit<WebhookSecrets, "clientId">,
): Promise<number> {
  return resealSecrets(db, after.sealedSecret, after.previousSecret, clientId, before.sealedSecret);
}
