// Sends queued mails: those that this process enqueued at once, and any others that are due and not leased.
import { setTimeout as wait } from "node:timers/promises";
import type { Knex } from "knex";
import { type Clock, elapsed, minute, second } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { Observe } from "../observations.ts";
import * as attempts from "./attempt-store.ts";
import { Heartbeat } from "./heartbeat.ts";
import * as store from "./outbox-store.ts";
import type { Journey, Routes, Try } from "./routes.ts";
import { connections } from "./transport.ts";

export interface DispatcherDeps {
  /** This server's name among those that send mail. */
  instance: string;
  /** Names of the master keys that it knows. */
  secrets: readonly string[];
  db: Knex;
  clock: Clock;
  log: Logger;
  routes: Routes;
  observe: Observe;
  /** A mail is given up: this is the refusal. It happens before the mail is settled, and may happen again. */
  onRefused(mailId: string, refused: Try): Promise<void>;
  /** A route refused a mail in these words, for a reason of its own; another route may accept it. It may happen again. */
  onTurnedAway(route: string, words: string, refusesAll: boolean): Promise<void>;
}

/** Longer than the routes give a mail. The lease of a server without a heartbeat ends sooner (heartbeat.ts). */
export const lease = 2 * minute;
/** How long (milliseconds) after a mail was enqueued its transaction is checked: the answer to its COMMIT may have been lost. */
const answerLost = 4 * second;
/** How long (milliseconds) the attempts under way may still take when the process stops; the next one tries again after that. */
const lastAttempts = 3000;
/** How long (milliseconds) to wait before each further try to record a mail's fate in a database that is away; well within the lease. */
const patience = [500, 2000, 5000, 10_000];
/** The longest that an attempt is put off (milliseconds): the longest backoff, or a route's pause, and their spread. */
const longestPause = 5 * minute;
/** Of so many looks, one is for dates that a clock wrote that was ahead. */
const mendEvery = 5;
const mostAtOnce = 20;
/** How many of these may be without a code: one connection stays free for codes. */
const mostWithoutCode = connections - 1;

/** A mail that was enqueued to be sent at once. */
interface Enqueued {
  mail: store.QueuedMail;
  /** When, on the monotonic clock. */
  at: number;
  started: boolean;
}

export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #heartbeat: Heartbeat;
  /** Mails whose transactions are not known to have ended. */
  readonly #enqueued = new Set<Enqueued>();
  /** Aborted if the mails under way no longer belong to this server. */
  #hold = new AbortController();
  readonly #underWay = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  #withoutCode = 0;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #lookAgain = false;
  #looks = 0;
  /** Mail was left for later because enough is under way. */
  #backlog = false;

  constructor(deps: DispatcherDeps) {
    this.#deps = deps;
    this.#heartbeat = new Heartbeat({
      db: deps.db,
      clock: deps.clock,
      log: deps.log,
      instance: deps.instance,
      secrets: deps.secrets,
      onFreed: () => {
        if (this.#timer) this.wake();
      },
      onLost: () => {
        this.#hold.abort();
        this.#hold = new AbortController();
      },
    });
  }

  /** Whether a mail of this kind can be sent at once, without getting in the way of codes. */
  hasRoom(priority: number): boolean {
    if (priority === store.priorities.code || this.#withoutCode < mostWithoutCode) return true;
    this.#backlog = true;
    return false;
  }

  run(everyMs: number): void {
    this.#heartbeat.start();
    this.#timer = setInterval(() => this.wake(), everyMs);
  }

  /** Looks for mail that is due: now, or again after a search that is under way. */
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
    await this.#heartbeat.stop();
  }

  /**
   * Expects the end of the transaction that enqueues the mail, leased to this instance.
   * @returns what to call once it is committed: it sends the mail, in the background
   */
  expect(mail: store.QueuedMail): () => void {
    const enqueued: Enqueued = { mail, at: elapsed(), started: false };
    this.#enqueued.add(enqueued);
    return () => this.#startOnce(enqueued);
  }

  /** Sends a mail that this instance holds, in the background. */
  start(mail: store.QueuedMail): void {
    const withoutCode = mail.priority === store.priorities.code ? 0 : 1;
    this.#withoutCode += withoutCode;
    const attempt = this.#attempt(mail)
      .catch((error: unknown) => this.#deps.log.error({ err: error, mail: mail.id }, "the outcome of a mail could not be recorded"))
      .finally(() => {
        this.#underWay.delete(attempt);
        this.#withoutCode -= withoutCode;
        if (this.#backlog && this.#timer) this.wake();
      });
    this.#underWay.add(attempt);
  }

  #startOnce(enqueued: Enqueued): void {
    this.#enqueued.delete(enqueued);
    if (enqueued.started) return;
    enqueued.started = true;
    this.start(enqueued.mail);
  }

  /** Sends mail that was committed without this process knowing. Rolled-back mail is forgotten; mail still under way starts by itself. */
  async #startUnanswered(): Promise<void> {
    for (const enqueued of this.#enqueued) {
      if (elapsed() - enqueued.at < answerLost) return;
      if (await store.isHeld(this.#deps.db, enqueued.mail.id, this.#deps.instance)) this.#startOnce(enqueued);
      else this.#enqueued.delete(enqueued);
    }
  }

  async #look(): Promise<void> {
    const { db, clock, log } = this.#deps;
    this.#backlog = false;
    try {
      const at = clock.now();
      await this.#startUnanswered();
      await attempts.recordAbandoned(db, at);
      await store.expire(db, at);
      if (this.#looks++ % mendEvery === 0) await store.mendDates(db, at, longestPause, lease);
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
    const mails = await store.claim(this.#deps.db, { by: this.#deps.instance, at, until: at + lease, most, lowest });
    for (const mail of mails) this.start(mail);
    return mails.length === most;
  }

  async #attempt(mail: store.QueuedMail): Promise<void> {
    const { clock, log, routes, observe } = this.#deps;
    const journey = await routes.deliver(mail, this.#hold.signal);
    for (const [index, { route, outcome, reply, ms }] of journey.tries.entries()) {
      log.info({ mail: mail.id, kind: mail.kind, attempt: mail.attempts + index + 1, route, outcome, reply, ms }, "mail");
      observe({ of: "mail", kind: mail.kind, route, outcome });
      if (outcome === "accepted")
        observe({ of: "hand-over", kind: mail.kind, seconds: Math.max(0, clock.now() - mail.createdAt) / second });
    }
    await this.#patiently(mail, () => this.#settle(mail, journey));
  }

  /** A server reports a mail's fate only once: if the database were briefly away, the mail would be sent again. */
  async #patiently(mail: store.QueuedMail, settle: () => Promise<void>): Promise<void> {
    for (const pause of patience) {
      try {
        return await settle();
      } catch (error) {
        this.#deps.log.warn({ err: error, mail: mail.id }, "the outcome of a mail could not be recorded yet");
      }
      await wait(pause, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined);
      if (this.#stopping.signal.aborted) break;
    }
    return settle();
  }

  /** Repeating it changes nothing. */
  async #settle(mail: store.QueuedMail, journey: Journey): Promise<void> {
    const { db, clock } = this.#deps;
    const tries: Try[] = journey.tries;
    if ("retryAt" in journey) return store.postpone(db, mail.id, this.#deps.instance, journey.retryAt + spread(mail));
    await this.#keepRecords(mail, tries);
    const last = tries.at(-1) as Try;
    const settled = { ...last, id: mail.id, by: this.#deps.instance, attempt: mail.attempts + tries.length };
    const at = clock.now();
    for (const { route, refusal, refusesAll } of journey.end === "refused" ? tries.slice(0, -1) : tries)
      if (refusal) await this.#deps.onTurnedAway(route, refusal.response, refusesAll);
    if (journey.end === "accepted") return store.sent(db, at, settled);
    if (journey.end === "delayed") return store.delay(db, at + backoff(mail.attempts / tries.length), settled);
    await this.#deps.onRefused(mail.id, last);
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

/** Whole milliseconds until the next try: 2 s, 4 s, 8 s ... 2 minutes at most, plus up to a quarter so that retries spread. */
function backoff(roundsBefore: number): number {
  const base = Math.min(2 ** (Math.floor(roundsBefore) + 1) * 1000, 2 * minute);
  return Math.round(base + Math.random() * (base / 4));
}

/** Whole milliseconds of extra wait, so that a long queue is not due all at once; codes have none. */
function spread({ priority }: store.QueuedMail): number {
  return priority === store.priorities.code ? 0 : Math.round(Math.random() * 30_000);
}
