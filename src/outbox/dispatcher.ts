// Sends what is queued: at once what this process enqueued, and whatever else is due and held by nobody.
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Knex } from "knex";
import { type Clock, minute, second } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Observe } from "../observations.ts";
import * as attempts from "./attempt-store.ts";
import * as store from "./outbox-store.ts";
import type { Journey, Routes, Try } from "./routes.ts";
import { connections } from "./transport.ts";

export interface DispatcherDeps {
  db: Knex;
  clock: Clock;
  log: Logger;
  routes: Routes;
  observe: Observe;
  /** A mail is given up: a mail server refused it for good, in these words. It happens before the mail is settled, and may happen again. */
  onRefused(mailId: string, refusal: Try["refusal"]): Promise<void>;
}

/** Longer than the routes give a mail. */
export const lease = 2 * minute;
/** How long (milliseconds) the attempts under way may still take when the process stops; the next one tries again after that. */
const lastAttempts = 3000;
/** How long (milliseconds) to wait for a database that cannot note what became of a mail, before each further try; well within the lease. */
const patience = [500, 2000, 5000, 10_000];
const mostAtOnce = 20;
/** Of these, without a code: one connection stays free for codes. */
const mostWithoutCode = connections - 1;

export class Dispatcher {
  readonly instance = randomUUID();
  readonly #deps: DispatcherDeps;
  readonly #underWay = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #withoutCode = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  /** Mail was left for later because enough is under way. */
  #backlog = false;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
  }

  /** Whether a mail of this kind can be sent at once, without getting in the way of codes. */
  hasRoom(priority: number): boolean {
    if (priority === store.priorities.code || this.#withoutCode < mostWithoutCode) return true;
    this.#backlog = true;
    return false;
  }

  run(everyMs: number): void {
    this.#timer = setInterval(() => this.wake(), everyMs);
  }

  /** Looks for mail that is due: now, and once more where it is just being looked for. */
  wake(): void {
    this.#lookAgain = this.#looking !== undefined;
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      if (this.#lookAgain && this.#timer) this.wake();
    });
  }

  /** Stops looking for mail and waits for the attempts under way, though not for a mail server that stalls. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#stopping.abort();
    await this.#looking;
    await Promise.race([Promise.all(this.#underWay), wait(lastAttempts, undefined, { ref: false })]);
    this.#deps.routes.close();
    await Promise.all(this.#underWay);
  }

  /** Sends a mail that this instance holds, in the background. */
  start(mail: store.QueuedMail): void {
    const withoutCode = mail.priority === store.priorities.code ? 0 : 1;
    this.#withoutCode += withoutCode;
    const attempt = this.#attempt(mail)
      .catch((error: unknown) => this.#deps.log.error({ err: error, mail: mail.id }, "a mail could not be settled"))
      .finally(() => {
        this.#underWay.delete(attempt);
        this.#withoutCode -= withoutCode;
        if (this.#backlog && this.#timer) this.wake();
      });
    this.#underWay.add(attempt);
  }

  async #look(): Promise<void> {
    const { db, clock, log } = this.#deps;
    this.#backlog = false;
    try {
      const at = clock.now();
      await attempts.recordAbandoned(db, at);
      await store.expire(db, at);
      while (this.#underWay.size < mostAtOnce && (await this.#claim(at)));
      this.#backlog ||= this.#underWay.size >= mostAtOnce;
    } catch (error) {
      log.error({ err: error }, "the outbox could not be read");
    }
  }

  /** @returns whether there may be more */
  async #claim(at: number): Promise<boolean> {
    const room = mostAtOnce - this.#underWay.size;
    const roomWithoutCode = mostWithoutCode - this.#withoutCode;
    this.#backlog ||= roomWithoutCode <= 0;
    const { most, lowest } =
      roomWithoutCode > 0
        ? { most: Math.min(room, roomWithoutCode), lowest: store.priorities.reminder }
        : { most: room, lowest: store.priorities.code };
    const mails = await store.claim(this.#deps.db, { by: this.instance, at, until: at + lease, most, lowest });
    for (const mail of mails) this.start(mail);
    return mails.length === most;
  }

  async #attempt(mail: store.QueuedMail): Promise<void> {
    const { clock, log, routes, observe } = this.#deps;
    const journey = await routes.deliver(mail);
    for (const [index, { route, outcome, reply, ms }] of journey.tries.entries()) {
      log.info({ mail: mail.id, kind: mail.kind, attempt: mail.attempts + index + 1, route, outcome, reply, ms }, "mail");
      observe({ of: "mail", kind: mail.kind, route, outcome });
      if (outcome === "accepted")
        observe({ of: "hand-over", kind: mail.kind, seconds: Math.max(0, clock.now() - mail.createdAt) / second });
    }
    await this.#patiently(mail, () => this.#settle(mail, journey));
  }

  /** A server says once what becomes of a mail: if the database is away for a moment, the mail would be sent again. */
  async #patiently(mail: store.QueuedMail, settle: () => Promise<void>): Promise<void> {
    for (const pause of patience) {
      try {
        return await settle();
      } catch (error) {
        this.#deps.log.warn({ err: error, mail: mail.id }, "a mail could not be settled yet");
      }
      await wait(pause, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined);
      if (this.#stopping.signal.aborted) break;
    }
    return settle();
  }

  /** Done again, it changes nothing. */
  async #settle(mail: store.QueuedMail, journey: Journey): Promise<void> {
    const { db, clock } = this.#deps;
    const tries: Try[] = journey.tries;
    if ("retryAt" in journey) return store.postpone(db, mail.id, this.instance, journey.retryAt + spread(mail));
    await this.#keepRecords(mail, tries);
    const last = tries.at(-1) as Try;
    const settled = { ...last, id: mail.id, by: this.instance, attempt: mail.attempts + tries.length };
    const at = clock.now();
    if (last.outcome === "accepted") return store.sent(db, at, settled);
    if (last.outcome !== "refused") return store.delay(db, at + backoff(mail.attempts / tries.length), settled);
    await this.#deps.onRefused(mail.id, last.refusal);
    if (mail.priority === store.priorities.code) return store.fail(db, at, settled);
    return store.park(db, at, settled);
  }

  /** All tries but the last, which goes into the mail's own row. */
  async #keepRecords(mail: store.QueuedMail, tries: Try[]): Promise<void> {
    if (mail.lastAttempt !== null) await attempts.keepLast(this.#deps.db, mail.id);
    for (const [index, made] of tries.slice(0, -1).entries())
      await attempts.record(this.#deps.db, mail.id, { ...made, attempt: mail.attempts + index + 1 });
  }
}

/** Whole milliseconds until the next try: 2 s, 4 s, 8 s ... 2 minutes at the most, plus up to a quarter so that retries spread. */
function backoff(roundsBefore: number): number {
  const base = Math.min(2 ** (Math.floor(roundsBefore) + 1) * 1000, 2 * minute);
  return Math.round(base + Math.random() * (base / 4));
}

/** Whole milliseconds that a mail waits longer than it has to, so that not all of a long queue is due at once; codes do not. */
function spread({ priority }: store.QueuedMail): number {
  return priority === store.priorities.code ? 0 : Math.round(Math.random() * 30_000);
}
