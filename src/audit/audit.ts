// The audit trail: who did what to whom, when, from where and through which channel. Append-only. Rows are written in the
// transaction of what they tell of, each with a keyed hash of its own, and sealed into a keyed hash chain soon after, so that
// writers never wait for one another.
// Personal data stands beside the chain under a salted digest: erasing a guest removes it and leaves the chain whole.
import { hash, type KeyObject, randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Clock } from "../clock.ts";
import { type Db, transaction } from "../database.ts";
import { keyedHash, randomToken } from "../secrets.ts";
import type { AuditAction } from "./actions.ts";
import * as search from "./audit-search-store.ts";
import * as store from "./audit-store.ts";
import { Erasures } from "./erasures.ts";
import { readable } from "./readable.ts";

/** Who acts, and through what. */
export interface Actor {
  /** "guest:SUB", "application:CLIENT_ID", "operator" or "system". */
  who: string;
  channel: "sign-in" | "api" | "cli" | "system";
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
  /** What is not personal: identifiers, settings, states, with before and after where something changed. */
  details?: object;
  /** Names, addresses and the like, before and after: erased with the guest. */
  personal?: object;
}

export interface AuditEntry extends Omit<store.AuditRow, "details" | "personalDigest"> {
  details: unknown;
  /** Null where there is none, or where the guest was erased. */
  personal: unknown;
}

export type Verification =
  /** `head` is the hash at the end of the chain: whoever keeps it elsewhere can tell when the whole trail was put back. */
  { outcome: "intact"; rows: number; head: string } | { outcome: "broken"; position: number; why: string };

const sealBatch = 500;
/** In the place of a hash, where a row that waited to be sealed was not as it was written, or was not written here. */
const notOurs = "not written by Guestpass";

export class Audit {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #key: KeyObject;

  constructor(deps: { db: Knex; clock: Clock; key: KeyObject }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#key = deps.key;
  }

  /** Call it in the transaction of what it tells of. */
  async record(trx: Db, event: AuditEvent): Promise<void> {
    const id = randomUUID();
    const salt = randomToken();
    const personal = event.personal && JSON.stringify(event.personal);
    const row = {
      id,
      at: this.#clock.now(),
      action: event.action,
      actor: event.by.who,
      channel: event.by.channel,
      network: event.by.network,
      clientId: event.clientId ?? null,
      guestSub: event.guestSub ?? null,
      details: JSON.stringify(event.details ?? {}),
      personalDigest: personal ? digest(salt, personal) : null,
    };
    await store.insert(trx, { ...row, chainHash: this.#hash("row", row) });
    if (personal) await store.insertPersonal(trx, { auditId: id, guestSub: event.guestSub ?? null, salt, personal });
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

  /** Seals what was written since the last time. Any instance may do it; they take turns. */
  async seal(): Promise<void> {
    while ((await this.#sealBatch()) === sealBatch);
  }

  /** @returns how many rows */
  async #sealBatch(): Promise<number> {
    return transaction(this.#db, async (trx) => {
      let { position, chainHash } = await store.takeHead(trx);
      const rows = await store.unsealed(trx, sealBatch);
      const sealed = rows.map((row) => {
        position++;
        chainHash = row.chainHash === this.#hash("row", row) ? this.#link(chainHash, position, row) : notOurs;
        return { id: row.id, position, chainHash };
      });
      if (sealed.length > 0) {
        await store.seal(trx, sealed);
        await store.setHead(trx, position, chainHash);
      }
      return rows.length;
    });
  }

  /** Seals what is left, then walks the whole chain: finds a row that was changed, removed, added or moved. */
  async verify(): Promise<Verification> {
    const walk = { position: 0, chainHash: "", erasures: new Erasures() };
    const broken = (await this.#walk(walk)) ?? (walk.erasures.unexplained() === undefined ? undefined : await this.#walk(walk));
    if (broken) return broken;
    // A guest may have been erased while the first walk was under way; the second has come to the row that says so.
    const unexplained = walk.erasures.unexplained();
    if (unexplained !== undefined) return { outcome: "broken", position: unexplained, why: "the personal part of a row was removed" };
    return { outcome: "intact", rows: walk.position, head: walk.chainHash };
  }

  /** The personal data in a guest's entries whose action begins so ("alias."). */
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

  /** Goes on from where the walk is to the end of the chain. @returns what is broken there */
  async #walk(walk: { position: number; chainHash: string; erasures: Erasures }): Promise<Verification | undefined> {
    // Nothing can be sealed without it.
    if (await store.head(this.#db)) await this.seal();
    const head = await store.head(this.#db);
    if (!head) return { outcome: "broken", position: 0, why: "the record of where the trail ends is missing" };
    for (let rows = await this.#after(walk.position); rows.length > 0; rows = await this.#after(walk.position)) {
      for (const row of rows) {
        const position = walk.position + 1;
        const why = this.#check(row, position, walk.chainHash);
        if (why) return { outcome: "broken", position, why };
        if (position === head.position && row.chainHash !== head.chainHash)
          return { outcome: "broken", position, why: "the end was replaced" };
        walk.erasures.note(row);
        Object.assign(walk, { position, chainHash: row.chainHash });
      }
    }
    if (walk.position < head.position) return { outcome: "broken", position: walk.position + 1, why: "rows are missing at the end" };
    return undefined;
  }

  #after(position: number): Promise<store.StoredRow[]> {
    return store.sealedAfter(this.#db, position, sealBatch);
  }

  #check(row: store.StoredRow, position: number, previous: string): string | undefined {
    if (row.position !== position) return "a row is missing";
    if (row.chainHash === notOurs) return "a row was changed before it was sealed, or was not written by Guestpass";
    if (row.chainHash !== this.#link(previous, position, row)) return "a row was changed, or moved";
    if (row.salt !== null && digest(row.salt, row.personal ?? "") !== row.personalDigest) return "the personal part of a row was changed";
    return undefined;
  }

  #link(previous: string, position: number, row: store.AuditRow): string {
    return this.#hash(previous, row, String(position));
  }

  #hash(context: string, row: store.AuditRow, ...more: string[]): string {
    const { id, at, action, actor, channel, network, clientId, guestSub, details, personalDigest } = row;
    const content = JSON.stringify([id, at, action, actor, channel, network, clientId, guestSub, details, personalDigest]);
    return keyedHash(this.#key, context, ...more, content).toString("base64url");
  }
}

function toEntry({ id, at, action, actor, channel, network, clientId, guestSub, details, personal }: store.StoredRow): AuditEntry {
  const parsed = personal === null ? null : readable(personal);
  return { id, at, action, actor, channel, network, clientId, guestSub, details: readable(details), personal: parsed };
}

function digest(salt: string, personal: string): string {
  return hash("sha256", `${salt}\0${personal}`, "base64url");
}
