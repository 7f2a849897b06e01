// The audit trail: who did what to whom, when, from where and through which channel. Append-only. Rows are written in the
// transaction of what they tell of and sealed into a keyed hash chain soon after, so that writers never wait for one another.
// Personal data stands beside the chain under a salted digest: erasing a guest removes it and leaves the chain whole.
import { hash, type KeyObject, randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Clock } from "../clock.ts";
import { type Db, transaction } from "../database.ts";
import { keyedHash, randomToken } from "../secrets.ts";
import * as store from "./audit-store.ts";

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
  /** "guest.suspended", "invitation.created" ... */
  action: string;
  by: Actor;
  clientId?: string;
  guestSub?: string;
  /** What is not personal: identifiers, settings, states, with before and after where something changed. */
  details?: object;
  /** Names, addresses and the like, before and after: erased with the guest. */
  personal?: object;
}

export interface AuditEntry {
  id: string;
  /** Milliseconds since the epoch. */
  at: number;
  action: string;
  actor: string;
  channel: string;
  network: string | null;
  clientId: string | null;
  guestSub: string | null;
  details: unknown;
  /** Null where there is none, or where the guest was erased. */
  personal: unknown;
}

export type Verification = { outcome: "intact"; rows: number } | { outcome: "broken"; position: number; why: string };

const sealBatch = 500;

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
    await store.insert(trx, {
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
    });
    if (personal) await store.insertPersonal(trx, { auditId: id, guestSub: event.guestSub ?? null, salt, personal });
  }

  /** The newest first. @param before the place of the last entry that the caller has seen */
  async list(filter: store.AuditFilter, limit: number, before = { at: Number.MAX_SAFE_INTEGER, id: "" }): Promise<AuditEntry[]> {
    const rows = await store.list(this.#db, before, filter, limit);
    return Promise.all(rows.map((row) => this.#toEntry(row)));
  }

  /** Seals what was written since the last time. Any instance may do it; they take turns. @returns how many rows */
  async seal(): Promise<number> {
    return transaction(this.#db, async (trx) => {
      let { position, chainHash } = await store.takeHead(trx);
      const rows = await store.unsealed(trx, sealBatch);
      for (const row of rows) {
        position++;
        chainHash = this.#link(chainHash, position, row);
        await store.seal(trx, row.id, position, chainHash);
      }
      if (rows.length > 0) await store.setHead(trx, position, chainHash);
      return rows.length;
    });
  }

  /** Seals what is left, then walks the whole chain: finds a row that was changed, removed, added or moved. */
  async verify(): Promise<Verification> {
    while ((await this.seal()) === sealBatch);
    const head = await store.head(this.#db);
    let last = { position: 0, chainHash: "" };
    for (
      let rows = await store.sealedAfter(this.#db, 0, sealBatch);
      rows.length > 0;
      rows = await store.sealedAfter(this.#db, last.position, sealBatch)
    ) {
      for (const row of rows) {
        const position = last.position + 1;
        const broken = await this.#check(row, position, last.chainHash);
        if (broken) return { outcome: "broken", position, why: broken };
        last = { position, chainHash: row.chainHash as string };
      }
    }
    if (last.position !== head.position || last.chainHash !== head.chainHash)
      return { outcome: "broken", position: last.position + 1, why: "rows are missing at the end" };
    return { outcome: "intact", rows: last.position };
  }

  /** Removes a guest's personal data from the trail. */
  async erase(trx: Db, guestSub: string): Promise<void> {
    await store.erasePersonal(trx, guestSub);
  }

  /** A merged guest's personal data goes with the survivor, so that erasing the survivor removes it too. */
  async merge(trx: Db, lostSub: string, sub: string): Promise<void> {
    await store.movePersonal(trx, lostSub, sub);
  }

  async #check(row: store.AuditRow, position: number, previous: string): Promise<string | undefined> {
    if (row.position !== position) return "a row is missing";
    if (row.chainHash !== this.#link(previous, position, row)) return "a row was changed, or moved";
    const personal = row.personalDigest === null ? undefined : await store.personalOf(this.#db, row.id);
    if (personal && digest(personal.salt, personal.personal) !== row.personalDigest) return "the personal part of a row was changed";
    return undefined;
  }

  #link(previous: string, position: number, row: store.AuditRow): string {
    const { id, at, action, actor, channel, network, clientId, guestSub, details, personalDigest } = row;
    const content = JSON.stringify([id, at, action, actor, channel, network, clientId, guestSub, details, personalDigest]);
    return keyedHash(this.#key, previous, String(position), content).toString("base64url");
  }

  async #toEntry(row: store.AuditRow): Promise<AuditEntry> {
    const { id, at, action, actor, channel, network, clientId, guestSub } = row;
    const personal = row.personalDigest === null ? undefined : await store.personalOf(this.#db, id);
    return {
      id,
      at,
      action,
      actor,
      channel,
      network,
      clientId,
      guestSub,
      details: JSON.parse(row.details),
      personal: personal ? JSON.parse(personal.personal) : null,
    };
  }
}

function digest(salt: string, personal: string): string {
  return hash("sha256", `${salt}\0${personal}`, "base64url");
}
