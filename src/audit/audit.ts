// The audit trail: who did what to whom, when, from where and through which channel. Append-only. Rows are written in the
// transaction of the recorded change, each with its own keyed hash, and sealed into a keyed hash chain soon after, so that
// writers never wait for one another.
// Personal data is kept beside the chain, under a salted digest: erasing a guest removes it and leaves the chain whole.
import { hash, type KeyObject, randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { type Clock, day, minute } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import { keyedHash, randomToken, sameBytes, type TrailKeys } from "../secrets.ts";
import type { AuditAction } from "./actions.ts";
import * as search from "./audit-search-store.ts";
import * as store from "./audit-store.ts";
import { Erasures } from "./erasures.ts";
import { readable } from "./readable.ts";
import { type Counted, countSignIns } from "./sign-ins-store.ts";

/** The person or program that acts, and the way it came in. */
export interface Actor {
  /** "guest:SUB", "application:CLIENT_ID", "administrator:ID", "operator" or "system". */
  who: string;
  channel: "sign-in" | "account" | "mail" | "api" | "console" | "cli" | "system";
  /** The client's network (/24 or /64), where there is one. */
  network: string | null;
}

export const system: Actor = { who: "system", channel: "system", network: null };
export const operator: Actor = { who: "operator", channel: "cli", network: null };

export interface AuditEvent {
  action: AuditAction;
  by: Actor;
  clientId?: string;
  guestSub?: string;
  /** Nothing personal: identifiers, settings, states, with before and after where something changed. */
  details?: object;
  /** Names, addresses and the like, before and after: erased with the guest. */
  personal?: object;
}

export interface AuditEntry extends Omit<store.AuditRow, "details" | "personalDigest"> {
  details: unknown;
  /** Null if there is none, or the guest was erased. */
  personal: unknown;
}

export type Verification =
  /** `head` is the hash at the end of the chain. Kept elsewhere, it shows if the whole trail was put back to an earlier state. */
  { outcome: "intact"; rows: number; head: string } | { outcome: "broken"; position: number; why: string };

const sealBatch = 500;
/** How long (milliseconds) an instance may go on writing under the previous key: it looks every second. */
const behind = minute;
/** Stands in place of a hash if a row that waited to be sealed was altered, or was not written by Guestpass. */
export const notOurs = "not written by Guestpass";

export class Audit {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #keys: TrailKeys;
  readonly #lookForKeys: () => Promise<void>;
  /** Something was recorded since the last time. */
  #unsealed = false;
  #sealing: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** When the last row was recorded here, and how many before it at that moment. */
  #latest = { at: 0, rows: 0 };
  /** The most rows that this process has seen sealed. */
  #highest = 0;

  /** @param deps.lookForKeys loads the current keys, in case another process changed them */
  constructor(deps: { db: Knex; clock: Clock; key: TrailKeys; lookForKeys?: () => Promise<void> }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#keys = deps.key;
    this.#lookForKeys = deps.lookForKeys ?? (async () => undefined);
  }

  /** Call this in the transaction of the recorded change. */
  async record(trx: Db, ...events: AuditEvent[]): Promise<void> {
    const written = events.map((event) => {
      const salt = randomToken();
      const personal = event.personal && JSON.stringify(event.personal);
      const row = this.#rowOf(event, personal ? digest(salt, personal) : null);
      return { row, salt, personal, guestSub: event.guestSub ?? null };
    });
    if (written.length === 0) return;
    const rows = written.map(({ row }) => ({ ...row, chainHash: hashOf(this.#keys.current, "row", row) }));
    await store.insert(trx, rows);
    this.#unsealed = true;
    for (const { row, salt, personal, guestSub } of written)
      if (personal) await store.insertPersonal(trx, { auditId: row.id, guestSub, salt, personal });
  }

  #rowOf({ action, by, clientId, guestSub, details }: AuditEvent, personalDigest: string | null): store.AuditRow {
    const at = this.#clock.now();
    return {
      id: this.#idAt(at),
      at,
      action,
      actor: by.who,
      channel: by.channel,
      network: by.network,
      clientId: clientId ?? null,
      guestSub: guestSub ?? null,
      details: JSON.stringify(details ?? {}),
      personalDigest,
    };
  }

  /** Rows of one moment are sealed in the order of their ids, which is the one in which this process wrote them. */
  #idAt(at: number): string {
    this.#latest = { at, rows: at === this.#latest.at ? this.#latest.rows + 1 : 0 };
    return (this.#latest.rows & 0xffff).toString(16).padStart(4, "0") + randomUUID().slice(4);
  }

  /** The newest first. @param before the place of the last entry that the caller has seen */
  async list(
    filter: search.AuditFilter,
    limit: number,
    before = { at: Number.MAX_SAFE_INTEGER, id: "" },
  ): Promise<{ entries: AuditEntry[]; next: search.AuditPlace | null }> {
    const { rows, next } = await search.list(this.#db, before, filter, limit);
    return { entries: rows.map(toEntry), next };
  }

  /**
   * Guests who proved a mailbox and codes that were asked for, by the day (UTC), the last one today.
   * @param days how many
   * @returns each day as its first moment, milliseconds since the epoch
   */
  async signInsByDay(days: number): Promise<({ day: number } & Counted)[]> {
    const today = Math.floor(this.#clock.now() / day) * day;
    const starts = Array.from({ length: days }, (_, index) => today - (days - 1 - index) * day);
    return Promise.all(starts.map(async (start) => ({ day: start, ...(await countSignIns(this.#db, start, start + day)) })));
  }

  /** Begins the trail of a new database. An emptied database is not new: nothing seals its head again. */
  async begin(): Promise<void> {
    await store.begin(this.#db, headSeal(this.#keys.current, 0, ""));
  }

  /** Seals what was written since the last time. Any instance may do it; they take turns. */
  async seal(): Promise<void> {
    while ((await this.#sealBatch()) === sealBatch);
  }

  /** Seals each row within a second: a row that is cut off after that shows. */
  run(everyMs = 500): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => {
      if (this.#unsealed) this.#sealing ??= this.#sealSoon();
    }, everyMs);
    this.#timer.unref();
  }

  /** Seals what is left. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sealing;
    if (this.#unsealed) await this.#sealSoon();
  }

  /** How many rows the trail has by its sealed head: a number that only grows. NaN if the head is not as Guestpass left it. */
  async height(): Promise<number> {
    const head = await store.head(this.#db);
    return head && isSealed(head, this.#keys.current) ? head.position : Number.NaN;
  }

  /**
   * The highest number that the trail has ever reached, as far as this process knows. Kept elsewhere, it shows if the whole trail was
   * put back.
   */
  async reached(db: Db): Promise<number> {
    const head = await store.head(db);
    return Math.max(this.#highest, head && isSealed(head, this.#keys.current) ? head.position : 0);
  }

  /** If the database is briefly away, rows are sealed next time, or by another process. */
  async #sealSoon(): Promise<void> {
    this.#unsealed = false;
    try {
      await this.seal();
    } catch {
      this.#unsealed = true;
    } finally {
      this.#sealing = undefined;
    }
  }

  /** @returns how many rows */
  async #sealBatch(): Promise<number> {
    const { rows, position } = await transaction(this.#db, async (trx) => {
      const head = await store.takeHead(trx);
      // Adds nothing to a head that is not ours: that would seal the work of an attacker who set it back.
      if (!isSealed(head, this.#keys.current) || head.position < this.#highest) return { rows: 0, position: 0 };
      const rows = await store.unsealed(trx, sealBatch);
      const { position } = await this.#sealRows(trx, head, rows, this.#keys.current);
      return { rows: rows.length, position };
    });
    this.#highest = Math.max(this.#highest, position);
    return rows;
  }

  /** @returns the head that the trail has with them */
  async #sealRows(trx: Db, head: store.Head, rows: store.StoredRow[], key: KeyObject): Promise<store.Head> {
    let { position, chainHash } = head;
    const sealed = rows.map((row) => {
      position++;
      chainHash = this.#isOurs(row) ? linkOf(key, chainHash, position, row) : notOurs;
      return { id: row.id, position, chainHash };
    });
    if (sealed.length === 0) return head;
    const moved = { position, chainHash, seal: headSeal(key, position, chainHash) };
    await store.seal(trx, sealed);
    await store.setHead(trx, moved);
    return moved;
  }

  /**
   * Continues under another key: records the change as the last row under the old key, and seals the head with the new one. In the transaction
   * of the change.
   */
  async changeKey(trx: Db, by: Actor, from: { secret: string; key: KeyObject }, to: { secret: string; key: KeyObject }): Promise<void> {
    let head = await store.takeHead(trx);
    // Adds nothing to a head that is not ours: the trail is broken, and stays broken.
    if (!isSealed(head, from.key)) return;
    for (let rows = await store.unsealed(trx, sealBatch); rows.length > 0; rows = await store.unsealed(trx, sealBatch))
      head = await this.#sealRows(trx, head, rows, from.key);
    const row = this.#rowOf({ action: "secret.rotated", by, details: { from: from.secret, to: to.secret } }, null);
    const chainHash = hashOf(from.key, "row", row);
    await store.insert(trx, [{ ...row, chainHash }]);
    head = await this.#sealRows(
      trx,
      head,
      [{ ...row, chainHash, position: null, salt: null, personal: null, personalSub: null }],
      from.key,
    );
    await store.setHead(trx, { ...head, seal: headSeal(to.key, head.position, head.chainHash) });
  }

  /** Seals what is left, then walks the whole chain: finds a row that was changed, removed, added or moved. */
  async verify(): Promise<Verification> {
    await this.#lookForKeys();
    const walk = { position: 0, chainHash: "", key: 0, erasures: new Erasures() };
    const broken = (await this.#walk(walk)) ?? (walk.erasures.unexplained() === undefined ? undefined : await this.#walk(walk));
    if (broken) return broken;
    // A guest may have been erased during the first walk; the second one has reached the row that says so.
    const unexplained = walk.erasures.unexplained();
    if (unexplained !== undefined) return { outcome: "broken", position: unexplained.position, why: unexplained.why };
    return { outcome: "intact", rows: walk.position, head: walk.chainHash };
  }

  /** The personal data in a guest's entries whose action has this prefix ("alias."). */
  async personalOf(trx: Db, guestSub: string, action: string): Promise<object[]> {
    return (await store.personalOf(trx, guestSub, action)).map((personal) => readable(personal) as object);
  }

  /** Removes a guest's personal data from the trail. */
  async erase(trx: Db, guestSub: string): Promise<void> {
    await store.erasePersonal(trx, guestSub);
  }

  /** A merged guest's personal data goes with the survivor, so that erasing the survivor removes it too. */
  async merge(trx: Db, lostSub: string, sub: string): Promise<void> {
    await store.movePersonal(trx, lostSub, sub);
  }

  /** Continues the walk to the end of the chain. @returns what is broken there */
  async #walk(walk: Walk): Promise<Verification | undefined> {
    // Without it nothing can be sealed.
    if (await store.head(this.#db)) await this.seal();
    const head = await store.head(this.#db);
    if (!head) return { outcome: "broken", position: 0, why: "the record of where the trail ends is missing" };
    if (!isSealed(head, this.#keys.current))
      return {
        outcome: "broken",
        position: head.position,
        why: "the record of where the trail ends was changed: rows may be missing at the end",
      };
    if (head.position < this.#highest)
      return {
        outcome: "broken",
        position: head.position + 1,
        why: `the trail was put back to an earlier state: it had ${this.#highest} rows`,
      };
    for (let rows = await this.#after(walk.position); rows.length > 0; rows = await this.#after(walk.position)) {
      for (const row of rows) {
        const position = walk.position + 1;
        const why = this.#check(row, position, walk);
        if (why) return { outcome: "broken", position, why };
        if (position === head.position && row.chainHash !== head.chainHash)
          return { outcome: "broken", position, why: "the end was replaced" };
        walk.erasures.note(row);
        Object.assign(walk, { position, chainHash: row.chainHash, key: walk.key + (row.action === "secret.rotated" ? 1 : 0) });
      }
    }
    if (walk.position < head.position) return { outcome: "broken", position: walk.position + 1, why: "rows are missing at the end" };
    if (walk.key !== this.#keys.all.length - 1)
      return { outcome: "broken", position: walk.position, why: "a change of the secret is not in the trail" };
    return undefined;
  }

  #after(position: number): Promise<store.StoredRow[]> {
    return store.sealedAfter(this.#db, position, sealBatch);
  }

  #check(row: store.StoredRow, position: number, { chainHash: previous, key: place }: Walk): string | undefined {
    if (row.position !== position) return "a row is missing";
    if (row.chainHash === notOurs) return "a row was changed before it was sealed, or was not written by Guestpass";
    const key = this.#keys.all[place]?.key;
    if (!key) return "the key that it is sealed with is not known";
    if (row.chainHash !== linkOf(key, previous, position, row)) return "a row was changed, or moved";
    if (row.salt !== null && digest(row.salt, row.personal ?? "") !== row.personalDigest) return "the personal part of a row was changed";
    return undefined;
  }

  /** Whether Guestpass wrote a row that waits to be sealed: an instance a moment behind may have used the old key. */
  #isOurs(row: store.StoredRow): boolean {
    const now = this.#clock.now();
    return this.#keys.all.some(({ key, until }) => {
      const inUse = until === null || (row.at <= until + behind && now < until + day);
      return key !== undefined && inUse && row.chainHash === hashOf(key, "row", row);
    });
  }
}

/** Where a walk along the chain is. */
interface Walk {
  position: number;
  chainHash: string;
  /** The index of the key, in the order of use. */
  key: number;
  erasures: Erasures;
}

function isSealed({ position, chainHash, seal }: store.Head, key: KeyObject): boolean {
  return sameBytes(Buffer.from(seal), Buffer.from(headSeal(key, position, chainHash)));
}

function headSeal(key: KeyObject, position: number, chainHash: string): string {
  return keyedHash(key, "head", String(position), chainHash).toString("base64url");
}

function linkOf(key: KeyObject, previous: string, position: number, row: store.AuditRow): string {
  return hashOf(key, previous, row, String(position));
}

function hashOf(key: KeyObject, context: string, row: store.AuditRow, ...more: string[]): string {
  const { id, at, action, actor, channel, network, clientId, guestSub, details, personalDigest } = row;
  const content = JSON.stringify([id, at, action, actor, channel, network, clientId, guestSub, details, personalDigest]);
  return keyedHash(key, context, ...more, content).toString("base64url");
}

function toEntry({ id, at, action, actor, channel, network, clientId, guestSub, details, personal }: store.StoredRow): AuditEntry {
  const parsed = personal === null ? null : readable(personal);
  return { id, at, action, actor, channel, network, clientId, guestSub, details: readable(details), personal: parsed };
}

function digest(salt: string, personal: string): string {
  return hash("sha256", `${salt}\0${personal}`, "base64url");
}
