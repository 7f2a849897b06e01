// Applications' webhooks: the events that an application may see are queued from the sealed audit trail, once, and delivered like
// back-channel logouts (docs/decisions/043-webhooks-follow-the-trail.md).
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { type Actor, type Audit, system } from "../audit/audit.ts";
import { type Clock, day, skew } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import type { Open, OpenFilter, Queued, QueuePlace } from "../database/queue.ts";
import type { Logger } from "../log.ts";
import type { Observe } from "../observations.ts";
import { answered } from "../outbound/answer.ts";
import { whyUnreachable } from "../outbound/failure.ts";
import { type Delivery, Queue } from "../outbound/queue.ts";
import type { Vault } from "../sealing.ts";
import { type Event, forApplication } from "./event.ts";
import type { Events, Heard } from "./events.ts";
import { newWebhookSecret, signedHeaders } from "./signed.ts";
import * as store from "./webhook-store.ts";

export type { Webhook } from "./webhook-store.ts";

export interface WebhooksDeps {
  db: Knex;
  clock: Clock;
  log: Logger;
  audit: Audit;
  events: Events;
  observe: Observe;
  /** Encrypts the secrets at rest. */
  vault: Vault;
  /** Posts to addresses that others chose. */
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** How long (milliseconds) a webhook may take to answer. */
const patience = 10_000;
/** Rows of the trail that are read in one transaction. */
const batch = 200;

/** The longest time in which messages are signed with the former secret too, milliseconds. */
export const longestOverlap = 30 * day;

export class Webhooks {
  readonly #deps: WebhooksDeps;
  readonly #queue: Queue<store.DeliveryColumns>;

  constructor(deps: WebhooksDeps) {
    const { db, clock, log, observe } = deps;
    this.#deps = deps;
    this.#queue = new Queue({
      db,
      clock,
      log,
      name: "webhook",
      title: "webhook",
      store: store.deliveryQueue,
      observe: (outcome) => observe({ of: "webhook", outcome }),
      deliver: (delivery) => this.#deliver(delivery),
    });
  }

  /** Seals again the secrets that are under another master key. @returns the number of webhooks */
  async reseal(): Promise<number> {
    const { db, vault } = this.#deps;
    let resealed = 0;
    for (const { clientId, ...before } of await this.#underOthers()) {
      const secret = await vault.sealAnew(before.sealedSecret);
      const previous = before.previousSecret === null ? undefined : await vault.sealAnew(before.previousSecret);
      if (secret)
        resealed += await store.reseal(db, clientId, before, { sealedSecret: secret.sealed, previousSecret: previous?.sealed ?? null });
    }
    return resealed;
  }

  async countUnderOthers(): Promise<number> {
    return (await this.#underOthers()).length;
  }

  async #underOthers(): Promise<store.WebhookSecrets[]> {
    const { db, vault } = this.#deps;
    const isCurrent = (sealed: string | null) => sealed === null || vault.isCurrent(sealed);
    return (await store.listSecrets(db)).filter(
      ({ sealedSecret, previousSecret }) => !(isCurrent(sealedSecret) && isCurrent(previousSecret)),
    );
  }

  find(clientId: string): Promise<store.Webhook | undefined> {
    return store.find(this.#deps.db, clientId);
  }

  /** How many deliveries wait, and how many were given up in the last 30 days. */
  open(clientId: string): Promise<{ pending: number; givenUp: number }> {
    return store.open(this.#deps.db, clientId);
  }

  /** @returns the secret, to be shown this once; undefined if the application has a webhook */
  async add(clientId: string, url: string, by: Actor): Promise<string | undefined> {
    const secret = newWebhookSecret();
    const sealedSecret = (await this.#deps.vault.seal(secret)).sealed;
    const added = await transaction(this.#deps.db, async (trx) => {
      if (!(await store.insert(trx, { clientId, url, sealedSecret, at: this.#deps.clock.now() }))) return false;
      await this.#deps.audit.record(trx, { action: "webhook.added", by, clientId, details: { after: { url } } });
      return true;
    });
    return added ? secret : undefined;
  }

  /** Changes the address, or enables a disabled webhook from now on. @returns false if there is none */
  async update(clientId: string, { url, enable = false }: { url?: string | undefined; enable?: boolean }, by: Actor): Promise<boolean> {
    const before = await this.find(clientId);
    if (!before) return false;
    const at = this.#deps.clock.now();
    return transaction(this.#deps.db, async (trx) => {
      if (url !== undefined && !(await store.setUrl(trx, clientId, url, at))) return false;
      if (enable) await store.enable(trx, clientId, at);
      const details = {
        before: { url: before.url, state: before.state },
        after: { url: url ?? before.url, state: enable ? "active" : before.state },
      };
      await this.#deps.audit.record(trx, { action: "webhook.updated", by, clientId, details });
      return true;
    });
  }

  /**
   * Messages are signed with both secrets until the overlap (milliseconds) is over.
   * @returns the secret, to be shown this once; undefined if it was changed by somebody else at this moment
   */
  async rotateSecret(webhook: store.Webhook, overlap: number, by: Actor): Promise<string | undefined> {
    const { db, clock, audit } = this.#deps;
    const secret = newWebhookSecret();
    const sealedSecret = (await this.#deps.vault.seal(secret)).sealed;
    const at = clock.now();
    const { clientId } = webhook;
    const rotated = await transaction(db, async (trx) => {
      const previousUntil = at + overlap;
      if (!(await store.setSecret(trx, clientId, webhook.sealedSecret, { sealedSecret, previousUntil, at }))) return false;
      await audit.record(trx, {
        action: "webhook.updated",
        by,
        clientId,
        details: { rotated: "secret", previousSecretUntil: previousUntil },
      });
      return true;
    });
    return rotated ? secret : undefined;
  }

  /** Waiting messages are dropped. @returns false if there is no webhook */
  async remove(clientId: string, by: Actor): Promise<boolean> {
    return transaction(this.#deps.db, async (trx) => {
      if (!(await store.remove(trx, clientId))) return false;
      await this.#deps.audit.record(trx, { action: "webhook.removed", by, clientId });
      return true;
    });
  }

  /** With its application. */
  async forget(trx: Db, clientId: string): Promise<void> {
    await store.remove(trx, clientId);
  }

  /** Deliveries that wait or were given up, the newest first. */
  list(filter: OpenFilter, limit: number, before?: QueuePlace): Promise<Open<store.DeliveryColumns>[]> {
    return store.deliveryQueue.listOpen(this.#deps.db, filter, limit, before);
  }

  /** Delivers it again, with the same `webhook-id`. */
  async replay(id: string, by: Actor): Promise<"replayed" | "waits" | "unknown"> {
    return transaction(this.#deps.db, async (trx) => {
      const clientId = await store.replay(trx, id, this.#deps.clock.now());
      if (clientId === undefined) return (await store.hasDelivery(trx, id)) ? "waits" : "unknown";
      await this.#deps.audit.record(trx, { action: "webhook.replayed", by, clientId, details: { deliveries: 1 } });
      return "replayed";
    });
  }

  /** Delivers again all that was given up. @returns how many */
  async replayAll(clientId: string, by: Actor): Promise<number> {
    return transaction(this.#deps.db, async (trx) => {
      const deliveries = await store.replayAll(trx, clientId, this.#deps.clock.now());
      if (deliveries > 0) await this.#deps.audit.record(trx, { action: "webhook.replayed", by, clientId, details: { deliveries } });
      return deliveries;
    });
  }

  run(everyMs?: number): void {
    this.#queue.run(everyMs, () => this.#queueNew());
  }

  stop(): Promise<void> {
    return this.#queue.stop();
  }

  sweep(): Promise<void> {
    return this.#queue.sweep();
  }

  /** Queues what has happened since the last time. The place moves in the transaction that queues, so nothing is lost or queued twice. */
  async #queueNew(): Promise<void> {
    const { db, events } = this.#deps;
    const active = await store.active(db);
    if (active.length === 0) return;
    await events.sealed();
    if ((await events.head(db)) <= Math.max(await store.place(db), earliest(active))) return;
    while (await transaction(db, (trx) => this.#queueSome(trx)));
  }

  /** @returns whether there is more */
  async #queueSome(trx: Db): Promise<boolean> {
    const from = await store.takePlace(trx);
    const active = await store.active(trx);
    if (active.length === 0) return false;
    const { heard, reached, more } = await this.#deps.events.heardAfter(trx, Math.max(from, earliest(active)), batch);
    for (const webhook of active) await this.#queueFor(trx, webhook, heard);
    await store.setPlace(trx, reached);
    return more;
  }

  async #queueFor(trx: Db, { clientId, since, lastNumber }: store.Webhook, heard: Heard[]): Promise<void> {
    const at = this.#deps.clock.now();
    let number = lastNumber;
    for (const { event, position, by } of heard) {
      if (position <= since || !by.has(clientId)) continue;
      number++;
      const body = bodyOf(forApplication(event, clientId), number);
      await store.enqueue(trx, { id: randomUUID(), clientId, event: event.id, type: event.type, number, body, at });
    }
    if (number > lastNumber) await store.setNumber(trx, clientId, number);
  }

  async #deliver({ clientId, event, body }: Queued<store.DeliveryColumns>): Promise<Delivery> {
    const { clock, fetch } = this.#deps;
    const webhook = await this.find(clientId);
    if (!webhook) return { outcome: "not-registered" };
    if (webhook.state === "disabled") return { outcome: "refused", why: `the webhook is disabled: ${webhook.disabledBecause}` };
    const signed = signedHeaders({ id: event, at: clock.now(), body }, await this.#secretsOf(webhook));
    try {
      const response = await fetch(webhook.url, {
        method: "POST",
        headers: { ...signed, "content-type": "application/json", "user-agent": "Guestpass" },
        body,
        signal: AbortSignal.timeout(patience),
      });
      if (response.ok) {
        await response.body?.cancel();
        return { outcome: "delivered" };
      }
      const why = await answered(response);
      if (response.status !== 410) return { outcome: "failed", why, silent: false };
      await this.#disable(webhook, why);
      return { outcome: "refused", why };
    } catch (error) {
      return {
        outcome: "failed",
        why: whyUnreachable(error as Error, new URL(webhook.url)),
        silent: (error as Error).name === "TimeoutError",
      };
    }
  }

  /** 410: the receiver wants no more messages (Standard Webhooks). */
  async #disable(webhook: store.Webhook, why: string): Promise<void> {
    const { db, clock, audit } = this.#deps;
    await transaction(db, async (trx) => {
      if (!(await store.disable(trx, webhook, why, clock.now()))) return;
      await audit.record(trx, { action: "webhook.disabled", by: system, clientId: webhook.clientId, details: { because: why } });
    });
  }

  async #secretsOf({ sealedSecret, previousSecret, previousUntil }: store.Webhook): Promise<string[]> {
    const left = (previousUntil ?? 0) - this.#deps.clock.now();
    // Longer than an overlap can be: it was written by a clock that was ahead.
    const previous = previousSecret !== null && left > 0 && left <= longestOverlap + skew ? [previousSecret] : [];
    return Promise.all([sealedSecret, ...previous].map((sealed) => this.#deps.vault.open(sealed)));
  }
}

function earliest(webhooks: store.Webhook[]): number {
  return Math.min(...webhooks.map(({ since }) => since));
}

/** Identifiers alone: what is not there is left out. */
function bodyOf({ type, at, sub, clientId, invitation, lostSub }: Event, number: number): string {
  const data = { number, client_id: clientId, sub, invitation, lost_sub: lostSub };
  const present = Object.fromEntries(Object.entries(data).filter(([, value]) => value !== null));
  return JSON.stringify({ type, timestamp: new Date(at).toISOString(), data: present });
}
