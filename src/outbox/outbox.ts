// A durable queue of mail. A mail is enqueued in the transaction of its cause and sent at once by the process that enqueued it, or by
// another if that one dies. Sent mails keep no body.
import { randomUUID } from "node:crypto";
import { day, second } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import * as attempts from "./attempt-store.ts";
import { Dispatcher, type DispatcherDeps, lease } from "./dispatcher.ts";
import { anyAliveWithout } from "./heartbeat.ts";
import * as mentions from "./mention-store.ts";
import { names } from "./mentions.ts";
import * as store from "./outbox-store.ts";
import type { Attempt, MailRecord, RouteRecord } from "./records.ts";

export type { CameBack } from "./outbox-store.ts";

export interface Draft {
  /** Set if something else has to know the mail by its id. */
  id?: string;
  kind: string;
  priority: keyof typeof store.priorities;
  recipient: string;
  content: store.Message;
  /** Anybody may have caused it, by typing the address: its refusal may count, but does not lead to a suspension. */
  byVisitor?: boolean;
  /** After this moment (milliseconds since the epoch) the mail is no longer sent. */
  expiresAt: number;
  /** It is not sent before this moment, because others come first. */
  turnAt?: number;
}

export interface OutboxDeps extends DispatcherDeps {
  /** The domain of Message-ID. */
  domain: string;
  /** Calls back whenever another instance sends something on the channel; undefined if there is no other. */
  listen: ((channel: string, heard: () => void) => { stop(): Promise<void> }) | undefined;
}

export type Retry =
  | { outcome: "queued" }
  | { outcome: "unknown" }
  /** It is about something that is over: an invitation that nobody can redeem any more. */
  | { outcome: "over" }
  /** It is being sent right now, or its text is not kept. */
  | { outcome: "settled"; state: MailRecord["state"] };

const settledKeptFor = 30 * day;
/** A mail that comes back later than this is ignored: mail servers give up after 5 days (RFC 5321, 4.5.4.1). */
const comesBackWithin = 14 * day;
/** A notice that is resent by hand has this long, like a new one. */
const noticesGoodFor = 2 * day;

export class Outbox {
  readonly #deps: OutboxDeps;
  readonly #dispatcher: Dispatcher;
  #listener: { stop(): Promise<void> } | undefined;

  constructor(deps: OutboxDeps) {
    this.#deps = deps;
    this.#dispatcher = new Dispatcher(deps);
  }

  /** @returns what to call once the transaction is committed: it sends the mail in the background */
  async enqueue(trx: Db, draft: Draft): Promise<() => void> {
    const { id = randomUUID() } = draft;
    const at = this.#deps.clock.now();
    const mail: store.QueuedMail = {
      id,
      kind: draft.kind,
      priority: store.priorities[draft.priority],
      recipient: draft.recipient,
      content: JSON.stringify(draft.content),
      messageId: `<${id}@${this.#deps.domain}>`,
      byVisitor: draft.byVisitor ?? false,
      attempts: 0,
      lastAttempt: null,
      createdAt: at,
      expiresAt: draft.expiresAt,
    };
    if (draft.turnAt !== undefined && draft.turnAt > at) {
      await store.insert(trx, mail, { by: null, at, until: 0, turnAt: draft.turnAt });
      return () => undefined;
    }
    if (!this.#dispatcher.hasRoom(mail.priority)) {
      await store.insert(trx, mail, { by: null, at, until: 0 });
      return () => this.#wakeOthers();
    }
    await store.insert(trx, mail, { by: this.#deps.instance, at, until: at + lease });
    return this.#dispatcher.expect(mail);
  }

  /** Begins to look for mail that is due: retries, mail left behind by a process that died, and mail that others cannot deliver. */
  run(everyMs = 1000): void {
    this.#dispatcher.run(everyMs);
    this.#listener = this.#deps.listen?.(store.channel, () => this.#dispatcher.wake());
  }

  async stop(): Promise<void> {
    await this.#listener?.stop();
    await this.#dispatcher.stop();
  }

  /** Whether a live server does not know the named master key. It may take some seconds. */
  anyServerWithout(secret: string): Promise<boolean> {
    return anyAliveWithout(this.#deps.db, secret);
  }

  /** The newest first. */
  list({ most = 50, ...filter }: Partial<attempts.MailFilter>): Promise<MailRecord[]> {
    return attempts.list(this.#deps.db, { ...filter, most });
  }

  /** Those of the mails that are on record, in no particular order. */
  records(ids: string[]): Promise<MailRecord[]> {
    return attempts.findAll(this.#deps.db, ids);
  }

  async show(id: string): Promise<{ mail: MailRecord; attempts: Attempt[] } | undefined> {
    const mail = await attempts.find(this.#deps.db, id);
    return mail && { mail, attempts: await attempts.attemptsOf(this.#deps.db, id) };
  }

  /**
   * Sends a mail now that is parked or waits for its next attempt, by whichever instance is first.
   * @param note records in the transaction that it is sent again
   */
  async retry(id: string, note: (trx: Db) => Promise<void>): Promise<Retry> {
    const { db, clock } = this.#deps;
    const now = clock.now();
    const queued = await transaction(db, async (trx) => {
      const requeued = await attempts.retry(trx, id, now, now + noticesGoodFor);
      if (requeued) await note(trx);
      return requeued;
    });
    if (queued) {
      await store.wakeOthers(db);
      return { outcome: "queued" };
    }
    const mail = await attempts.find(db, id);
    if (!mail) return { outcome: "unknown" };
    return mail.state === "parked" ? { outcome: "over" } : { outcome: "settled", state: mail.state };
  }

  /** The mail, if it may still come back: it was handed over in the last 14 days, or is under way. */
  async returnable(id: string): Promise<MailRecord | undefined> {
    const mail = await attempts.find(this.#deps.db, id);
    const now = this.#deps.clock.now();
    return mail && (mail.settledAt ?? now) > now - comesBackWithin ? mail : undefined;
  }

  /**
   * Records that the mail came back, or was refused by the recipient's mailbox.
   * @returns false if that was already known
   */
  cameBack(trx: Db, id: string, told: store.CameBack): Promise<boolean> {
    return store.bounce(trx, id, this.#deps.clock.now(), told);
  }

  /** The mail to the recipient that a server accepted under this id. */
  async takenAs(recipient: string, id: string): Promise<MailRecord | undefined> {
    if (!/^[\w-]{10,100}$/.test(id)) return undefined;
    const mails = await attempts.list(this.#deps.db, { recipient, most: 50 });
    return mails.find(({ lastWords }) => lastWords?.includes(id));
  }

  /** The mails that wait to be handed over and whose turn has come: how many, and for how long (seconds) the oldest of them. */
  async waiting(): Promise<{ mails: number; oldest: number }> {
    const { mails, since } = await store.countQueued(this.#deps.db, this.#deps.clock.now());
    return { mails, oldest: since === null ? 0 : Math.max(0, this.#deps.clock.now() - since) / second };
  }

  /** Mails parked after then (milliseconds since the epoch), except mails to administrators about that; undefined if there are none. */
  parkedSince(after: number): ReturnType<typeof store.parkedSince> {
    return store.parkedSince(this.#deps.db, after);
  }

  /** The results of each route in the last 24 hours, on all instances. Hardly any mail takes longer than notices are valid. */
  routeRecords(): Promise<RouteRecord[]> {
    const since = this.#deps.clock.now() - day;
    return attempts.byRoute(this.#deps.db, since, since - noticesGoodFor);
  }

  /** How long (milliseconds) each of the newest mails of the last 24 hours, 1,000 at most, took until a server accepted it. */
  takenToDeliver(): Promise<number[]> {
    return attempts.takenToDeliver(this.#deps.db, this.#deps.clock.now() - day, 1000);
  }

  /** Removes every mail to one of the addresses, and waiting mail to others that names one: the guest is erased. */
  async forget(trx: Db, addresses: string[]): Promise<void> {
    for (const address of addresses) {
      await mentions.removeTo(trx, address);
      const mails = await mentions.waitingWith(trx, address);
      for (const { id, content } of mails) if (names(JSON.parse(content) as store.Message, address)) await mentions.remove(trx, id);
    }
  }

  /** Removes the records, and the parked bodies, of mail that was settled 30 days ago. */
  async sweep(): Promise<void> {
    await store.removeSettled(this.#deps.db, this.#deps.clock.now() - settledKeptFor);
  }

  #wakeOthers(): void {
    store
      .wakeOthers(this.#deps.db)
      .catch((error: unknown) => this.#deps.log.warn({ err: error }, "the other instances could not be woken"));
  }
}
