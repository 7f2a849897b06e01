// Who is signed in where. Access is decided whenever something is used; here sessions that are over are ended and their
// applications told. A session is looked at when its next deadline, or the reminder of it, comes, or at once after a change that may
// have ended it.
import type { Knex } from "knex";
import type { Admission } from "../admission/admission.ts";
import { rightsOf } from "../admission/standing.ts";
import type { Application } from "../applications/application.ts";
import type { Applications } from "../applications/applications.ts";
import { type Actor, type Audit, system } from "../audit/audit.ts";
import { type Clock, hour, minute } from "../clock.ts";
import { type Db, transaction } from "../database.ts";
import type { Guest } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import type { Logger } from "../log.ts";
import type { Reminders } from "../reverification/reminders.ts";
import type { Settings, SettingsService } from "../settings/settings.ts";
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
  /** Sessions, grants and tokens were ended: forget what is cached of them. */
  evict(): void;
  /** Removes the guest's tokens and grants (at one application, or all) in the transaction, of whatever session, and forgets what is cached of them. */
  forget(trx: Db, sub: string, clientId?: string): Promise<void>;
}

const batch = 50;
/** For so long (milliseconds) a session that was ended is remembered: longer than any request is under way. */
const endedKeptFor = hour;

export class Sessions {
  readonly #deps: SessionsDeps;
  #timer: NodeJS.Timeout | undefined;
  #checking: Promise<void> | undefined;

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

  /** Ends one session everywhere: its tokens, and the applications' own sessions. @returns false where there is none */
  async end(uid: string, by: Actor): Promise<boolean> {
    const session = await store.findByUid(this.#deps.db, uid, this.#deps.clock.now());
    if (!session) return false;
    return this.#ending((trx) => this.#endAll(trx, session, by));
  }

  /** Ends all sessions of a guest, and the tokens that were to outlive one. @returns how many sessions there were */
  endAllOf(sub: string, by: Actor): Promise<number> {
    return this.#ending((trx) => this.endWithin(trx, sub, by));
  }

  /** As endAllOf, in the transaction of a change: should that be undone at once, nothing is left to come back to. */
  async endWithin(trx: Db, sub: string, by: Actor): Promise<number> {
    await store.recheck(trx, sub);
    let ended = 0;
    for (const session of await store.listOf(trx, sub, this.#deps.clock.now())) if (await this.#endAll(trx, session, by)) ended++;
    await this.#deps.forget(trx, sub);
    return ended;
  }

  /** Something changed that may end this guest's sessions: they are looked at next. In the transaction of the change. */
  async recheck(trx: Db, sub: string): Promise<void> {
    await store.recheck(trx, sub);
  }

  /**
   * Something that opened the application was taken away: the guest's sessions and tokens there end, though others may still let the
   * guest in, so that the application asks what is left. In the transaction of the change.
   */
  async leave(trx: Db, sub: string, clientId: string): Promise<void> {
    // It also locks them: what is read next is what is changed.
    await store.recheck(trx, sub);
    for (const session of await store.listOf(trx, sub, this.#deps.clock.now()))
      if (session.authorizations[clientId]) await this.#endSome(trx, session, [clientId], session.checkAt);
    await this.#deps.forget(trx, sub, clientId);
  }

  /** As recheck, for a change that may concern anybody. */
  async recheckAll(trx: Db): Promise<void> {
    await store.recheckAll(trx);
  }

  run(everyMs = 1000): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      this.#checking ??= this.#checkDue().finally(() => {
        this.#checking = undefined;
      });
    }, everyMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#checking;
  }

  async #checkDue(): Promise<void> {
    const { db, clock, log } = this.#deps;
    try {
      const now = clock.now();
      const sessions = await store.claimDue(db, now, now + minute, batch);
      for (const session of sessions) await this.#check(session);
    } catch (error) {
      log.error({ err: error }, "sessions could not be looked at");
    }
  }

  async #check(session: store.StoredSession): Promise<void> {
    const { db, guests, applications, admission, reminders } = this.#deps;
    const guest = await guests.findBySub(session.sub);
    if (!guest || guest.sub !== session.sub || guest.state === "suspended")
      return void (await this.#ending((trx) => this.#endAll(trx, session, system)));
    // As stored at this moment: a rule that another process has just changed is not seen by what is cached here.
    const stored = await this.#deps.settings.read();
    const over: string[] = [];
    let next: number | null = null;
    for (const [clientId, { grantId }] of Object.entries(session.authorizations)) {
      const application = await applications.read(clientId);
      const standing = application && (await admission.standing(application, guest, stored.settings));
      if (!application || standing?.outcome !== "admitted" || (await this.#lapsed(application, guest, stored, grantId))) {
        over.push(clientId);
        continue;
      }
      const rights = rightsOf(standing);
      const reminder = await reminders.remind(application, guest, rights);
      next = Math.min(next ?? Infinity, reminder ?? Infinity, ...rights.map(({ deadline }) => deadline.at));
    }
    if (over.length === 0) return store.checkAgain(db, session, next);
    await this.#ending((trx) => this.#endSome(trx, session, over, next));
  }

  /** Whether one of several invitations that opened the application has lapsed since it was entered. */
  async #lapsed(
    application: Application,
    guest: Guest,
    stored: { settings: Settings; version: number },
    grantId: string | undefined,
  ): Promise<boolean> {
    const { db, clock, admission } = this.#deps;
    const lapses = (await admission.deadlines(application, guest, stored)).filter((at) => at <= clock.now());
    if (lapses.length === 0 || grantId === undefined) return false;
    const entered = await store.grantedAt(db, grantId);
    return entered !== undefined && lapses.some((at) => at > entered);
  }

  /** One transaction that ends something, after which nothing of it is remembered in this process either. */
  async #ending<T>(work: (trx: Db) => Promise<T>): Promise<T> {
    try {
      return await transaction(this.#deps.db, work);
    } finally {
      this.#deps.evict();
    }
  }

  /** @returns false where it had ended already */
  async #endAll(trx: Db, session: store.StoredSession, by: Actor): Promise<boolean> {
    const now = this.#deps.clock.now();
    const ended = await store.end(trx, session, now, now + endedKeptFor);
    if (!ended) return false;
    const applications = Object.keys(ended.authorizations);
    for (const clientId of applications) await this.#endAt(trx, ended, clientId);
    await this.#deps.audit.record(trx, { action: "session.ended", by, guestSub: ended.sub, details: { applications } });
    return true;
  }

  /** The session goes on at the other applications. */
  async #endSome(trx: Db, session: store.StoredSession, over: string[], next: number | null): Promise<void> {
    const kept = Object.fromEntries(Object.entries(session.authorizations).filter(([clientId]) => !over.includes(clientId)));
    if (!(await store.keepAuthorizations(trx, session, kept, next))) return;
    for (const clientId of over) await this.#endAt(trx, session, clientId);
    await this.#deps.audit.record(trx, { action: "session.over", by: system, guestSub: session.sub, details: { applications: over } });
  }

  async #endAt(trx: Db, session: store.StoredSession, clientId: string): Promise<void> {
    const { sid, grantId } = session.authorizations[clientId] ?? {};
    if (grantId !== undefined) await store.removeGrant(trx, grantId);
    if (sid !== undefined) await this.#deps.logouts.enqueue(trx, { clientId, sub: session.sub, sid });
  }
}
