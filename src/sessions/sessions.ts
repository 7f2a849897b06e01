// Sessions of guests at applications. Access is decided at each use; this ends sessions that are over and notifies their
// applications. A session is checked at its next deadline or reminder, and at once after a change that may have ended it.
import { randomInt } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { Knex } from "knex";
import type { Admission } from "../admission/admission.ts";
import { type LastingStanding, rightsOf } from "../admission/standing.ts";
import type { Applications } from "../applications/applications.ts";
import { type Actor, type Audit, type AuditEvent, system } from "../audit/audit.ts";
import { type Clock, day, elapsed, hour, minute, second, skew } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import { alone } from "../database/lease.ts";
import type { Guest } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import type { Logger } from "../log.ts";
import type { Reminders } from "../reverification/reminders.ts";
import type { SettingsService } from "../settings/settings.ts";
import { type GuestSession, toGuestSession } from "./guest-session.ts";
import type { Logouts } from "./logouts.ts";
import * as store from "./session-store.ts";

export interface SessionsDeps {
  db: Knex;
  clock: Clock;
  log: Logger;
  audit: Audit;
  guests: Guests;
  applications: Applications;
  admission: Admission;
  settings: SettingsService;
  logouts: Logouts;
  reminders: Reminders;
  /** Removes the guest's tokens and grants (at one application, or all) of every session, in the transaction. */
  forget(trx: Db, sub: string, clientId?: string): Promise<void>;
}

/** The result of checking a session. */
interface Looked {
  session: store.StoredSession;
  /** The applications at which it has ended; a removed one is not told. */
  over: { clientId: string; told: boolean }[];
  /** When it is to be checked next (milliseconds since the epoch). */
  next: number | null;
}

/** How many sessions are checked together: on SQLite, where one statement follows the other, a sign-in waits for no more than that. */
const batch = 128;
/** Milliseconds: on a busy machine a batch takes long for reasons other than its own work. */
const longestRest = 20;
/** Milliseconds after which another instance takes a step that was begun. Even if both work on it, each session is written once. */
const stepSpan = 10 * second;
/** A session is checked again within the longest period that can be set, and so is a proof. */
const longestSession = 366 * day;
/** Of so many looks, one is for dates that a clock wrote that was ahead. */
const mendEvery = 60;
/** How long (milliseconds) an ended session is remembered: longer than any request lasts. */
const endedKeptFor = hour;

export class Sessions {
  readonly #deps: SessionsDeps;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;
  #stopped = false;
  #lastLook = 0;
  #looks = 0;

  constructor(deps: SessionsDeps) {
    this.#deps = deps;
  }

  async list(sub: string): Promise<GuestSession[]> {
    const sessions = await store.listOf(this.#deps.db, sub, this.#deps.clock.now());
    return sessions.map(toGuestSession);
  }

  async find(uid: string): Promise<GuestSession | undefined> {
    const session = await store.findByUid(this.#deps.db, uid, this.#deps.clock.now());
    return session && toGuestSession(session);
  }

  /** Ends one session everywhere: its tokens, and the applications' own sessions. @returns false if there is none */
  async end(uid: string, by: Actor): Promise<boolean> {
    const session = await store.findByUid(this.#deps.db, uid, this.#deps.clock.now());
    if (!session) return false;
    return transaction(this.#deps.db, (trx) => this.#endAll(trx, session, by));
  }

  /** Ends all sessions of a guest, and tokens that would outlive them. @returns how many sessions there were */
  endAllOf(sub: string, by: Actor): Promise<number> {
    return transaction(this.#deps.db, (trx) => this.endWithin(trx, sub, by));
  }

  /** As endAllOf, in the transaction of a change: even if that is reversed at once, nothing comes back. */
  async endWithin(trx: Db, sub: string, by: Actor): Promise<number> {
    await store.recheck(trx, sub);
    let ended = 0;
    for (const session of await store.listOf(trx, sub, this.#deps.clock.now())) if (await this.#endAll(trx, session, by)) ended++;
    await this.#deps.forget(trx, sub);
    return ended;
  }

  /** Something changed that may end these guests' sessions: they are checked next. In the transaction of the change. */
  async recheck(trx: Db, ...subs: string[]): Promise<void> {
    for (const sub of subs) await store.recheck(trx, sub);
  }

  /**
   * Something that gave access to the application was taken away: the guest's sessions and tokens there end, though something else may still let the
   * guest in, so that the application asks what is left. In the transaction of the change.
   */
  async leave(trx: Db, sub: string, clientId: string): Promise<void> {
    // It also locks them, so that what is read next is what is changed.
    await store.recheck(trx, sub);
    for (const session of await store.listOf(trx, sub, this.#deps.clock.now()))
      if (session.authorizations[clientId])
        await this.#endSome(trx, [{ session, over: [{ clientId, told: true }], next: session.checkAt }]);
    await this.#deps.forget(trx, sub, clientId);
  }

  /** As recheck, for a change that may affect all sessions at the application, or ends them: they are checked batch by batch. */
  async recheckAt(trx: Db, clientId: string): Promise<void> {
    await store.beginWalk(trx, clientId);
  }

  /** As recheckAt, for a change that may affect anybody. */
  async recheckAll(trx: Db): Promise<void> {
    await store.beginWalk(trx);
  }

  run(everyMs = 1000): void {
    clearInterval(this.#timer);
    this.#stopped = false;
    this.#timer = setInterval(() => {
      this.#checking ??= this.#checkDue().finally(() => {
        this.#checking = undefined;
      });
    }, everyMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped = true;
    await this.#checking;
  }

  /** Checks sessions until none is due. After each batch it pauses for about as long as that took, so that guests who sign in come first. */
  async #checkDue(): Promise<void> {
    try {
      await this.#mendDates(this.#deps.clock.now());
      for (let more = true; more && !this.#stopped; ) {
        const began = elapsed();
        more = await this.#checkBatch();
        if (more) await wait(Math.min(elapsed() - began, longestRest));
      }
    } catch (error) {
      this.#deps.log.error({ err: error }, "sessions could not be checked");
    }
  }

  /** @returns whether there may be more */
  async #checkBatch(): Promise<boolean> {
    const { db, clock } = this.#deps;
    const now = clock.now();
    // Shows which of two instances that claimed the same session was last.
    const again = now + minute + randomInt(second);
    const due = await store.claimDue(db, now, again, batch);
    if (due.length > 0) await this.#check(due);
    return (await this.#walk()) || due.length === batch;
  }

  /** One instance at a time walks. @returns whether there may be more to walk through */
  async #walk(): Promise<boolean> {
    const { db, clock } = this.#deps;
    let more = false;
    const clientId = await store.nextWalk(db);
    if (clientId !== undefined)
      await alone(db, clock, { work: "session checks", span: stepSpan }, async () => {
        more = await this.#step(clientId);
      });
    return more;
  }

  /** If this process ends before the step is done, another takes the same one. */
  async #step(clientId: string): Promise<boolean> {
    const { db, applications } = this.#deps;
    const removed = clientId !== "" && !(await applications.read(clientId));
    // Leftovers of an application that was removed go first: there is less to do for each session then.
    if (removed && (await applications.clearSome(clientId))) return true;
    const step = await store.takeStep(db, clientId, batch);
    if (!step) return true;
    if (step.sessions.length > 0) await (removed ? this.#endAtRemoved(step.sessions, clientId) : this.#check(step.sessions));
    if (removed && step.next === undefined) await applications.clearLast(clientId);
    await store.finishStep(db, step);
    return true;
  }

  /** Ends sessions at an application that was removed, which takes no look at their guests. The dates for their other applications stay. */
  async #endAtRemoved(sessions: store.StoredSession[], clientId: string): Promise<void> {
    const { db } = this.#deps;
    const looked = sessions.map((session): Looked => {
      const isOnly = Object.keys(session.authorizations).length === 1;
      return { session, over: [{ clientId, told: false }], next: isOnly ? null : session.checkAt };
    });
    const ended = await transaction(db, (trx) => this.#endSome(trx, looked));
    const changed = sessions.map(({ idHash }) => idHash).filter((idHash) => !ended.has(idHash));
    if (changed.length > 0) await store.recheckSome(db, changed);
  }

  /** Corrects times stored by a clock that was ahead: all of them once when this process sees the clock go back, and now and then those that are too far ahead. */
  async #mendDates(now: number): Promise<void> {
    const wentBack = now < this.#lastLook - skew;
    this.#lastLook = now;
    if (wentBack) await store.beginWalk(this.#deps.db);
    else if (this.#looks++ % mendEvery === 0) {
      await store.recheckAfter(this.#deps.db, now + longestSession);
      // An instance of the version before, which knows no mark, may have gone through its sessions.
      for (const clientId of await this.#deps.applications.removed()) await store.continueWalk(this.#deps.db, clientId);
    }
  }

  /** Ends the given sessions where access has ended, and records their next check, but only if they are still as they were found. */
  async #check(sessions: store.StoredSession[]): Promise<void> {
    const { db, clock, guests } = this.#deps;
    const found = await guests.findAllBySub(distinct(sessions.map(({ sub }) => sub)));
    const welcome = new Map(found.filter(({ state }) => state !== "suspended").map((guest) => [guest.sub, guest]));
    const now = clock.now();
    const goesOn = ({ sub, upstreamUntil = Infinity }: store.StoredSession) => welcome.has(sub) && upstreamUntil > now;
    for (const session of sessions) if (!goesOn(session)) await transaction(db, (trx) => this.#endAll(trx, session, system));
    const looked = await this.#look(sessions.filter(goesOn), welcome);
    const [kept, over] = [looked.filter((each) => each.over.length === 0), looked.filter((each) => each.over.length > 0)];
    const moved = kept.filter(({ session, next }) => session.checkAt !== next);
    const done = moved.length > 0 ? await store.checkAgain(db, moved) : new Set<string>();
    const ended = over.length > 0 ? await transaction(db, (trx) => this.#endSome(trx, over)) : new Set<string>();
    const changed = [...moved, ...over].map(({ session }) => session.idHash).filter((id) => !done.has(id) && !ended.has(id));
    if (changed.length > 0) await store.recheckSome(db, changed);
  }

  async #look(sessions: store.StoredSession[], guests: ReadonlyMap<string, Guest>): Promise<Looked[]> {
    const { applications, admission, settings, reminders } = this.#deps;
    // As stored at this moment: a rule that another process has just changed is not seen by what is cached here.
    const stored = await settings.read();
    const looked = sessions.map((session): Looked => ({ session, over: [], next: null }));
    for (const clientId of distinct(sessions.flatMap(({ authorizations }) => Object.keys(authorizations)))) {
      const application = await applications.read(clientId);
      const inside = looked.filter(({ session }) => session.authorizations[clientId]);
      const subs = distinct(inside.map(({ session }) => session.sub));
      const those = subs.map((sub) => guests.get(sub) as Guest);
      const standings = application ? await admission.standings(application, those, stored) : undefined;
      const lapsed = await this.#lapsed(clientId, inside, standings);
      for (const each of inside) {
        const standing = standings?.get(each.session.sub)?.standing;
        if (!application || standing?.outcome !== "admitted" || lapsed.has(each)) {
          each.over.push({ clientId, told: application !== undefined });
          continue;
        }
        const rights = rightsOf(standing);
        const reminder = await reminders.remind(application, guests.get(each.session.sub) as Guest, rights);
        each.next = Math.min(
          each.next ?? Infinity,
          reminder ?? Infinity,
          each.session.upstreamUntil ?? Infinity,
          ...rights.map(({ deadline }) => deadline.at),
        );
      }
    }
    return looked;
  }

  /** Sessions in which one of several invitations to the application has lapsed since it was entered. */
  async #lapsed(clientId: string, inside: Looked[], standings: ReadonlyMap<string, LastingStanding> | undefined): Promise<Set<Looked>> {
    const { db, clock } = this.#deps;
    const found = inside.flatMap((each) => {
      const grantId = each.session.authorizations[clientId]?.grantId;
      const lapses = standings?.get(each.session.sub)?.lapses.filter((at) => at <= clock.now()) ?? [];
      return grantId !== undefined && lapses.length > 0 ? [{ each, grantId, last: Math.max(...lapses) }] : [];
    });
    if (found.length === 0) return new Set();
    const entered = await store.grantedAt(
      db,
      found.map(({ grantId }) => grantId),
    );
    return new Set(found.filter(({ grantId, last }) => last > (entered.get(grantId) ?? Infinity)).map(({ each }) => each));
  }

  /** @returns false if it had already ended */
  async #endAll(trx: Db, session: store.StoredSession, by: Actor): Promise<boolean> {
    const now = this.#deps.clock.now();
    const ended = await store.end(trx, session, now, now + endedKeptFor);
    if (!ended) return false;
    const applications = Object.keys(ended.authorizations);
    await this.#endAt(
      trx,
      applications.map((clientId) => ({ session: ended, clientId, told: true })),
    );
    await this.#deps.audit.record(trx, { action: "session.ended", by, guestSub: ended.sub, details: { applications } });
    return true;
  }

  /** The sessions continue at their other applications. @returns those that were still as they were found, by id_hash */
  async #endSome(trx: Db, looked: Looked[]): Promise<Set<string>> {
    const ended = await store.keepAuthorizations(
      trx,
      looked.map(({ session, over, next }) => {
        const gone = new Set(over.map(({ clientId }) => clientId));
        const kept = Object.fromEntries(Object.entries(session.authorizations).filter(([clientId]) => !gone.has(clientId)));
        return { session, next, kept };
      }),
    );
    const those = looked.filter(({ session }) => ended.has(session.idHash));
    await this.#endAt(
      trx,
      those.flatMap(({ session, over }) => over.map((each) => ({ session, ...each }))),
    );
    const events = those.map(({ session, over }): AuditEvent => {
      const details = { applications: over.map(({ clientId }) => clientId) };
      return { action: "session.over", by: system, guestSub: session.sub, details };
    });
    await this.#deps.audit.record(trx, ...events);
    return ended;
  }

  async #endAt(trx: Db, ended: { session: store.StoredSession; clientId: string; told: boolean }[]): Promise<void> {
    const entered = ended.map((each) => ({ ...each, ...each.session.authorizations[each.clientId] }));
    await store.removeGrants(
      trx,
      entered.flatMap(({ grantId }) => grantId ?? []),
    );
    const logouts = entered.flatMap(({ session: { sub }, clientId, told, sid }) =>
      told && sid !== undefined ? [{ clientId, sub, sid }] : [],
    );
    await this.#deps.logouts.enqueue(trx, ...logouts);
  }
}

function distinct(values: string[]): string[] {
  return [...new Set(values)];
}
