// Events in order: the sealed audit trail, read forward. They need no writes of their own: a row is recorded in the transaction of the
// change that it describes, and gets its place when it is sealed (docs/decisions/042-events-are-the-sealed-trail.md).
import type { Knex } from "knex";
import type { AuditAction } from "../audit/actions.ts";
import { type Audit, notOurs } from "../audit/audit.ts";
import { readable } from "../audit/readable.ts";
import type { Db } from "../database/database.ts";
import { applicationEventTypes, type Event, eventTypes, forApplication } from "./event.ts";
import * as store from "./event-store.ts";
import { hearersOf } from "./hearers.ts";

/** The most rows of the trail that one page reads, for an application that has few of them. */
const window = 10_000;

export interface EventPage {
  events: Event[];
  /** The event after which the next page begins; null if nothing has happened yet. */
  next: string | null;
  /** There is more to read now. */
  more: boolean;
}

export interface Heard {
  event: Event;
  position: number;
  /** The applications that may hear of it. */
  by: ReadonlySet<string>;
}

export class Events {
  readonly #db: Knex;
  readonly #audit: Audit;

  constructor(deps: { db: Knex; audit: Audit }) {
    this.#db = deps.db;
    this.#audit = deps.audit;
  }

  /**
   * The oldest first. A page may have fewer than `limit`, even none, while there are more.
   * @param clientId what this application may hear of, and no more
   * @param after the id of the last one that the caller has; "latest" for only what comes from now on
   * @returns undefined if the event does not exist, for example because the database was restored from a backup
   */
  async read({
    clientId,
    after,
    limit,
  }: {
    clientId?: string | undefined;
    after?: string | undefined;
    limit: number;
  }): Promise<EventPage | undefined> {
    await this.sealed();
    const head = await store.headOf(this.#db);
    if (after === "latest") return { events: [], next: (await store.idAt(this.#db, head)) ?? null, more: false };
    const from = after === undefined ? 0 : await store.placeOf(this.#db, after);
    if (from === undefined) return undefined;
    const until = Math.min(from + window, head);
    const actions = clientId === undefined ? eventTypes : applicationEventTypes;
    const rows = await store.between(this.#db, { after: from, until, actions, except: notOurs, clientId, limit });
    const events = clientId === undefined ? rows.map(toEvent) : await heardBy(this.#db, clientId, rows);
    const reached = rows.length === limit ? (rows.at(-1)?.position ?? until) : until;
    // At the end, the place does not reveal to an application that others had events.
    const next = reached < head ? await store.idAt(this.#db, reached) : (events.at(-1)?.id ?? after);
    return { events, next: next ?? null, more: reached < head };
  }

  /** The last place in the trail. */
  head(db: Db): Promise<number> {
    return store.headOf(db);
  }

  /** The events that applications may see among the given number of rows after a place, and the place where those rows end. */
  async heardAfter(db: Db, place: number, limit: number): Promise<{ heard: Heard[]; reached: number; more: boolean }> {
    const head = await store.headOf(db);
    const until = Math.max(place, Math.min(place + window, head));
    const rows = await store.between(db, { after: place, until, actions: applicationEventTypes, except: notOurs, limit });
    const hearers = await hearersOf(db, rows);
    const heard = rows.map((row) => ({ event: toEvent(row), position: row.position, by: hearers.get(row.id) ?? new Set<string>() }));
    const reached = rows.length === limit ? (rows.at(-1)?.position ?? until) : until;
    return { heard, reached, more: reached < head };
  }

  /** Gives everything that has happened by now its place, even if the process that recorded it is gone. */
  async sealed(): Promise<void> {
    if (await store.hasUnsealed(this.#db)) await this.#audit.seal();
  }
}

async function heardBy(db: Db, clientId: string, rows: store.TrailRow[]): Promise<Event[]> {
  const hearers = await hearersOf(db, rows);
  return rows.filter(({ id }) => hearers.get(id)?.has(clientId)).map((row) => forApplication(toEvent(row), clientId));
}

function toEvent({ id, at, action, clientId, guestSub, details }: store.TrailRow): Event {
  const told = readable(details) as { invitation?: string; lost?: string; mail?: string; applications?: string[] };
  return {
    id,
    type: action as AuditAction,
    at,
    sub: guestSub,
    clientId,
    invitation: told.invitation ?? null,
    lostSub: told.lost ?? null,
    mail: told.mail ?? null,
    applications: told.applications ?? null,
  };
}
