// Acts on many guests, done in the background by one instance at a time. The transaction that does one guest also moves the job on: each guest
// is done once, whichever process is killed, and nothing is done after a job is cancelled. docs/decisions/048-a-job-moves-with-what-it-does.md
import { setTimeout as wait } from "node:timers/promises";
import type { Knex } from "knex";
import type { DueGuests } from "../admission/due-guests.ts";
import { type Actor, type Audit, system } from "../audit/audit.ts";
import { type Clock, day, elapsed, second } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import { alone } from "../database/lease.ts";
import type { Guest } from "../guests/guest.ts";
import type { Place } from "../guests/guests.ts";
import type { Counting } from "../limits/limits.ts";
import type { Logger } from "../log.ts";
import { Acts, type ActsDeps, type Ready } from "./acts.ts";
import {
  type Chosen,
  type Counts,
  counting,
  type Given,
  type Job,
  type JobState,
  type LeftOut,
  nothing,
  scopeOf,
  seen,
  withoutWords,
} from "./job.ts";
import * as store from "./job-store.ts";

export interface JobsDeps extends ActsDeps {
  db: Knex;
  clock: Clock;
  log: Logger;
  audit: Audit;
  dueGuests: DueGuests;
  /** Whether the person or program that started a job may still do what takes the scope. */
  mayStill(who: string, scope: string): Promise<boolean>;
  /** Counts an invitation mail of the application to the address. */
  countMail(clientId: string, address: string): Promise<Counting>;
}

/** A guest whose turn it is. */
interface Candidate {
  sub: string;
  /** As it was read with the page; undefined where only the sub is known. */
  guest?: Guest;
  /** Where the job is once it has reached this guest. */
  place: string;
}

interface Page {
  candidates: Candidate[];
  /** Where the next page begins; null after the last one. */
  next: string | null;
}

const batch = 50;
/** How many jobs take turns, and how long (milliseconds) one turn is. */
const mostJobs = 10;
const turn = second;
/** An instance that holds the work for longer than this (milliseconds) is believed to be dead. */
const span = 30 * second;
/** Milliseconds: after each batch, guests who sign in come first. */
const longestRest = 20;
const mostTries = 3;
/** How many of the guests left out are listed; the others are only counted. */
const mostListed = 10_000;
const keptFor = 30 * day;

export class Jobs {
  readonly #deps: JobsDeps;
  readonly #acts: Acts;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #stopped = false;

  constructor(deps: JobsDeps) {
    this.#deps = deps;
    this.#acts = new Acts(deps);
  }

  /**
   * Makes a job, and begins it. A preview of few guests is complete when this returns.
   * @param previews whether it only shows what it would do until it is started
   */
  async create(id: string, given: Given, chosen: Chosen, { previews, by }: { previews: boolean; by: Actor }): Promise<Job> {
    const { db, clock } = this.#deps;
    const job: Job = {
      id,
      given,
      chosen,
      by,
      state: previews ? "looking" : "running",
      place: "",
      total: "subs" in chosen ? chosen.subs.length : null,
      counts: nothing,
      createdAt: clock.now(),
      settledAt: null,
    };
    await transaction(db, async (trx) => {
      await store.insert(trx, job);
      if (!previews) await this.#record(trx, "job.started", job, by);
    });
    if (previews) await this.#work(job, 0);
    else this.#wake();
    return (await store.find(db, id)) ?? job;
  }

  find(id: string): Promise<Job | undefined> {
    return store.find(this.#deps.db, id);
  }

  /** The newest first. */
  list(state: JobState | undefined, limit: number, before?: store.JobPlace): Promise<Job[]> {
    return store.list(this.#deps.db, state, limit, before);
  }

  /** The guests that it leaves out and why, in its order. @param after the number of the last one seen */
  listLeftOut(id: string, limit: number, after = 0): Promise<store.LeftOutGuest[]> {
    return store.listLeftOut(this.#deps.db, id, limit, after);
  }

  /** Begins a job that was previewed, as this person's. @returns false if it is not ready */
  async start(job: Job, by: Actor): Promise<boolean> {
    const started = await transaction(this.#deps.db, async (trx) => {
      if (!(await store.start(trx, job.id, nothing, by))) return false;
      await store.forgetLeftOut(trx, job.id);
      await this.#record(trx, "job.started", job, by);
      return true;
    });
    if (started) this.#wake();
    return started;
  }

  /** No guest is done after this. @returns false if it is already over */
  async cancel(job: Job, by: Actor): Promise<boolean> {
    return transaction(this.#deps.db, async (trx) => {
      if (!(await store.cancel(trx, job.id, this.#deps.clock.now()))) return false;
      await this.#record(trx, "job.cancelled", job, by);
      return true;
    });
  }

  /** Looks regularly for work: new jobs, or jobs of an instance that died. */
  run(everyMs = 1000): void {
    clearInterval(this.#timer);
    this.#stopped = false;
    this.#timer = setInterval(() => this.#wake(), everyMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped = true;
    await this.#working;
  }

  /** Removes every mention of these addresses: the guest is erased. */
  async forget(trx: Db, addresses: string[]): Promise<void> {
    for (const address of addresses)
      for (const { id, given } of await store.mentioning(trx, address))
        await store.blank(trx, id, withoutWords(given), this.#deps.clock.now());
  }

  async sweep(): Promise<void> {
    await store.removeSettled(this.#deps.db, this.#deps.clock.now() - keptFor);
  }

  #wake(): void {
    if (this.#stopped || this.#timer === undefined) return;
    this.#working ??= this.#workAtAll().finally(() => {
      this.#working = undefined;
    });
  }

  async #workAtAll(): Promise<void> {
    const { db, clock, log } = this.#deps;
    try {
      for (let jobs = await store.open(db, mostJobs); jobs.length > 0 && !this.#stopped; jobs = await store.open(db, mostJobs)) {
        let mine = false;
        await alone(db, clock, { work: "jobs", span }, async () => {
          mine = true;
          for (const job of jobs) await this.#work(job, turn);
        });
        if (!mine) return;
      }
    } catch (error) {
      log.error({ err: error }, "a job could not go on");
    }
  }

  /** @param most milliseconds; one batch at least */
  async #work(job: Job, most: number): Promise<void> {
    const began = elapsed();
    let now: Job | undefined = job;
    do {
      const step = elapsed();
      now = await this.#batch(now);
      if (now) await wait(Math.min(elapsed() - step, longestRest));
    } while (now && !this.#stopped && elapsed() - began < most);
  }

  /** @returns the job as it is then; undefined if it has ended, or another instance has it */
  async #batch(job: Job): Promise<Job | undefined> {
    const { db, clock, mayStill } = this.#deps;
    if (!(await mayStill(job.by.who, scopeOf[job.given.act]))) return this.#end(job);
    const { candidates, next } = await this.#page(job);
    let now: Job | undefined = job;
    if (job.state === "looking") now = await this.#look(job, candidates);
    else for (const candidate of candidates) if (now && !this.#stopped) now = await this.#doOne(now, candidate);
    if (!now || this.#stopped) return undefined;
    if (next !== null) {
      // A page can be shorter than it could be, even empty.
      if (next === now.place) return now;
      return (await store.move(db, now, next, now.counts)) ? { ...now, place: next } : undefined;
    }
    const { counts } = now;
    await transaction(db, async (trx) => {
      const settled = now as Job;
      const as = settled.state === "looking" ? "ready" : "done";
      if (!(await store.settle(trx, settled, as, seen(counts), clock.now())) || as === "ready") return;
      await this.#record(trx, "job.done", settled, settled.by);
    });
    return undefined;
  }

  /** Nothing more is done in the name of somebody who may not do it any more. */
  async #end(job: Job): Promise<undefined> {
    const counts: Counts = { ...job.counts, stopped: "not-allowed" };
    await transaction(this.#deps.db, async (trx) => {
      if (await store.stop(trx, job, counts, this.#deps.clock.now())) await this.#record(trx, "job.cancelled", { ...job, counts }, system);
    });
  }

  async #page({ chosen, place, createdAt }: Job): Promise<Page> {
    const { guests, dueGuests } = this.#deps;
    if ("subs" in chosen) {
      const from = Number(place);
      const subs = chosen.subs.slice(from, from + batch);
      const end = from + subs.length;
      const candidates = subs.map((sub, index) => ({ sub, place: String(from + index + 1) }));
      return { candidates, next: end < chosen.subs.length ? String(end) : null };
    }
    const { filter, dueBefore } = chosen;
    const before = placeOf(place) ?? { createdAt: createdAt + 1, sub: "" };
    const { clientId, ...others } = filter;
    const page =
      dueBefore === undefined
        ? await guests.list(filter, batch, before)
        : await dueGuests
            .list({ before: dueBefore, ...(clientId === undefined ? {} : { clientId }) }, others, batch, before)
            .then(({ guests: due, next }) => ({ guests: due.map(({ guest }) => guest), next }));
    const candidates = page.guests.map((guest) => ({ sub: guest.sub, guest, place: `${guest.createdAt} ${guest.sub}` }));
    return { candidates, next: page.next && `${page.next.createdAt} ${page.next.sub}` };
  }

  /** Records what would be done. */
  async #look(job: Job, candidates: Candidate[]): Promise<Job | undefined> {
    const reasons: { sub: string; reason: LeftOut | undefined }[] = [];
    for (const { sub, guest = await this.#deps.guests.findBySub(sub) } of candidates)
      reasons.push({ sub, reason: guest ? await this.#acts.look(guest, job.given) : "no-guest" });
    const place = candidates.at(-1)?.place ?? job.place;
    const counts = reasons.reduce((sum, { reason }) => counting(sum, reason), job.counts);
    return transaction(this.#deps.db, async (trx) => {
      if (!(await store.move(trx, job, place, counts))) return undefined;
      let before = job.counts;
      for (const { sub, reason } of reasons) {
        await this.#leaveOut(trx, job.id, sub, reason, before);
        before = counting(before, reason);
      }
      return { ...job, place, counts };
    });
  }

  /** If it keeps failing, the guest is left out, so that the others do not wait for it. */
  async #doOne(job: Job, candidate: Candidate): Promise<Job | undefined> {
    for (let tries = 1; tries <= mostTries; tries++) {
      try {
        return await this.#try(job, candidate, tries > 1);
      } catch (error) {
        this.#deps.log.warn({ err: error, job: job.id, guest: candidate.sub }, "a job failed for one guest");
      }
    }
    return this.#step(job, candidate, async () => ({ leftOut: "failed" }));
  }

  async #try(job: Job, candidate: Candidate, anew: boolean): Promise<Job | undefined> {
    const { given, by } = job;
    const guest = (anew ? undefined : candidate.guest) ?? (await this.#deps.guests.findBySub(candidate.sub));
    const leftOut = guest ? await this.#acts.look(guest, given) : "no-guest";
    if (!guest || leftOut) return this.#step(job, candidate, async () => ({ leftOut: leftOut ?? "no-guest" }));
    const ready = await this.#acts.prepare(guest, given);
    if (given.act === "invite") return this.#invite(job, candidate, guest, ready);
    return this.#step(job, candidate, (trx) => this.#acts.perform(trx, guest, given, by, ready));
  }

  async #invite(job: Job, candidate: Candidate, guest: Guest, ready: Ready): Promise<Job | undefined> {
    const { given, by } = job;
    const counted = await this.#deps.countMail("clientId" in given ? given.clientId : "", guest.email);
    if (counted.outcome === "refused") return this.#step(job, candidate, async () => ({ leftOut: "too-many-mails" }));
    let done: Job | undefined;
    try {
      done = await this.#step(job, candidate, (trx) => this.#acts.perform(trx, guest, given, by, ready));
    } finally {
      if (done?.counts.done !== job.counts.done + 1) await counted.giveBack();
    }
    return done;
  }

  /** Does one guest and moves the job on, or neither. @returns undefined if the job has moved on meanwhile */
  async #step(job: Job, { sub, place }: Candidate, work: (trx: Db) => ReturnType<Acts["perform"]>): Promise<Job | undefined> {
    let committed: (() => void) | undefined;
    const moved = await transaction(this.#deps.db, async (trx) => {
      // This comes first: one of two instances waits here for the other, and then finds the work done.
      if (!(await store.move(trx, job, place, job.counts))) return undefined;
      const performed = await work(trx);
      const counts = counting(job.counts, performed.leftOut);
      await this.#leaveOut(trx, job.id, sub, performed.leftOut, job.counts);
      await store.move(trx, { ...job, place }, place, counts);
      committed = performed.leftOut === undefined ? performed.committed : undefined;
      return { ...job, place, counts };
    });
    if (moved) committed?.();
    return moved;
  }

  async #leaveOut(trx: Db, id: string, sub: string, reason: LeftOut | undefined, before: Job["counts"]): Promise<void> {
    const number = seen(before) - before.done + 1;
    if (reason !== undefined && number <= mostListed) await store.leaveOut(trx, id, { number, sub, reason });
  }

  #record(trx: Db, action: "job.started" | "job.done" | "job.cancelled", { id, given, counts }: Job, by: Actor): Promise<void> {
    const clientId = "clientId" in given ? { clientId: given.clientId } : {};
    return this.#deps.audit.record(trx, { action, by, ...clientId, details: { job: id, act: given.act, ...counts } });
  }
}

/** Guests of the list come in the order of being recorded, the newest first. */
function placeOf(place: string): Place | undefined {
  const [at, sub] = place.split(" ");
  return sub === undefined ? undefined : { createdAt: Number(at), sub };
}
