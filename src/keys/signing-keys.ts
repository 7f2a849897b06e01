// The keys that sign ID tokens and logout tokens. For each algorithm one signs (current) and one is published so that applications know it
// before it signs (next); those that signed before (previous) are published until everything that they signed has expired. A previous
// key keeps only its public half. See docs/decisions/038-signing-keys-rotate.md.
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import type { Knex } from "knex";
import type { Actor, Audit } from "../audit/audit.ts";
import { system } from "../audit/audit.ts";
import { type Clock, day, hour } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import type { Vault } from "../sealing.ts";
import * as store from "./signing-key-store.ts";

export const signingAlgorithms = ["RS256", "ES256", "PS256", "EdDSA"] as const;
export type SigningAlgorithm = (typeof signingAlgorithms)[number];

export interface SigningKey {
  kid: string;
  alg: string;
  state: "next" | "current" | "previous";
  /** When it was published, began to sign, or stopped signing, by its state (milliseconds since the epoch). */
  since: number;
  /** For a next one: when applications know it, so that it can sign. */
  readyAt: number | null;
  /** For a previous one: when it is no longer published. */
  endsAt: number | null;
}

/** The keys that the OpenID provider uses. */
export interface KeySet {
  /** Private JWKs, one for each algorithm. */
  signing: JWK[];
  /** Public JWKs of the keys that do not sign: the next and the previous ones. */
  published: JWK[];
}

export type Rotation =
  | { outcome: "rotated"; alg: string; kid: string; previous: string }
  /** Applications may not know the next key yet. */
  | { outcome: "too-early"; alg: string; readyAt: number }
  /** Another rotation came first: this one signs now. */
  | { outcome: "overtaken"; alg: string; kid: string };

export type Revocation = { outcome: "revoked"; key: SigningKey; signsNow: string | undefined } | { outcome: "unknown" };

interface SigningKeySettings {
  algorithms: readonly SigningAlgorithm[];
  /** How long applications may cache keys. */
  publishHours: number;
  /** How long a key signs; 0 where none is rotated by its age. */
  rotateDays: number;
}

interface SigningKeysDeps {
  db: Knex;
  clock: Clock;
  audit: Pick<Audit, "record">;
  vault: Vault;
  settings: SigningKeySettings;
  /** Days in which an ID token may still come back as a hint, even though it has expired (OpenID Connect RP-Initiated Logout 1.0, 2). */
  sessionDays: number;
}

export class SigningKeys {
  readonly #deps: SigningKeysDeps;
  /** Milliseconds. */
  readonly #publishFor: number;
  readonly #keepFor: number;

  constructor(deps: SigningKeysDeps) {
    this.#deps = deps;
    this.#publishFor = Math.round(deps.settings.publishHours * hour);
    this.#keepFor = Math.round(Math.max(1, deps.sessionDays) * day);
  }

  /** Whether the database was just created: the first start makes the keys. */
  async isNew(): Promise<boolean> {
    return (await store.listKeys(this.#deps.db)).length === 0;
  }

  /**
   * The keys at this moment. A missing current one is made first.
   * @throws if they were sealed under another master key
   */
  async load(): Promise<KeySet> {
    const { db } = this.#deps;
    for (const alg of await this.#missing("current")) await store.insertCurrent(db, await this.#make(alg, "current"));
    const stored = await store.listKeys(db);
    const opened = await Promise.all(stored.map(async (key) => ({ key, jwk: await this.#open(key) })));
    return {
      signing: opened.filter(({ key }) => key.state === "current").map(({ jwk }) => jwk),
      published: opened.filter(({ key }) => key.state !== "current").map(({ jwk }) => publicPart(jwk)),
    };
  }

  async list(): Promise<SigningKey[]> {
    return (await store.listKeys(this.#deps.db)).map((key) => this.#shown(key));
  }

  /**
   * The next key of each algorithm signs from now on, and the current one becomes a previous one.
   * @param only one algorithm; all of them by default
   */
  async rotate(by: Actor, only?: string): Promise<Rotation[]> {
    await this.#publishNext();
    const algorithms = this.#deps.settings.algorithms.filter((alg) => only === undefined || alg === only);
    const rotations: Rotation[] = [];
    for (const alg of algorithms) rotations.push(await this.#rotate(alg, by));
    return rotations;
  }

  /**
   * For emergencies: what the key signed is worthless from now on, or at the latest when applications have read the keys again. If it was
   * the current one, the next one signs at once, whether or not applications know it yet.
   */
  async revoke(kid: string, by: Actor): Promise<Revocation> {
    const { db, audit } = this.#deps;
    await this.#publishNext();
    for (;;) {
      const stored = await store.listKeys(db);
      const key = stored.find((each) => each.kid === kid);
      if (!key) return { outcome: "unknown" };
      const next = stored.find(({ alg, state }) => alg === key.alg && state === "next");
      const made = key.state === "previous" || !next ? undefined : await this.#make(key.alg, "next");
      const signsNow = key.state === "current" ? next?.kid : undefined;
      const revoked = await transaction(db, async (trx) => {
        if (!(await this.#remove(trx, key, next))) return false;
        if (made) await store.insertPublished(trx, made);
        const details = { alg: key.alg, kid, state: key.state, ...(signsNow === undefined ? {} : { signsNow }) };
        await audit.record(trx, { action: "key.revoked", by, details });
        return true;
      });
      if (revoked) return { outcome: "revoked", key: this.#shown(key), signsNow };
    }
  }

  /** Publishes missing next keys, rotates by age, and removes previous ones that have expired. Run it now and then. */
  async tend(): Promise<void> {
    const { db, clock, settings } = this.#deps;
    await this.#publishNext();
    await store.removeEnded(db, clock.now());
    if (settings.rotateDays === 0) return;
    const old = clock.now() - settings.rotateDays * day;
    for (const { alg, state, since } of await this.list()) {
      if (state === "current" && since <= old && isAmong(settings.algorithms, alg)) await this.#rotate(alg, system);
    }
  }

  /** Seals again those that are under another master key. @returns how many */
  async reseal(): Promise<number> {
    const { db, vault } = this.#deps;
    let resealed = 0;
    for (const key of await this.#underOthers()) {
      const anew = await vault.sealAnew(key.sealed);
      if (anew) resealed += await store.reseal(db, key, anew);
    }
    return resealed;
  }

  async countUnderOthers(): Promise<number> {
    return (await this.#underOthers()).length;
  }

  async #underOthers(): Promise<store.StoredKey[]> {
    return (await store.listKeys(this.#deps.db)).filter(({ secret }) => secret !== this.#deps.vault.secret);
  }

  async #rotate(alg: SigningAlgorithm, by: Actor): Promise<Rotation> {
    const { db, clock, audit, vault } = this.#deps;
    const stored = (await store.listKeys(db)).filter((key) => key.alg === alg);
    const current = stored.find(({ state }) => state === "current");
    const next = stored.find(({ state }) => state === "next");
    if (!current || !next) throw new Error(`there is no ${current ? "next" : "current"} key for ${alg}`);
    const now = clock.now();
    const readyAt = next.since + this.#publishFor;
    if (readyAt > now) return { outcome: "too-early", alg, readyAt };
    const made = await this.#make(alg, "next");
    const publicJwk = await vault.seal(JSON.stringify(publicPart(await this.#open(current))));
    const rotated = await transaction(db, async (trx) => {
      if (!(await store.replaceCurrent(trx, current, next, now))) return false;
      await store.insertPublished(trx, { ...current, ...publicJwk, state: "previous", since: now, endsAt: now + this.#keepFor });
      await store.insertPublished(trx, made);
      await audit.record(trx, { action: "key.rotated", by, details: { alg, kid: next.kid, previous: current.kid } });
      return true;
    });
    if (rotated) return { outcome: "rotated", alg, kid: next.kid, previous: current.kid };
    const signs = (await store.listKeys(db)).find((key) => key.alg === alg && key.state === "current");
    return { outcome: "overtaken", alg, kid: signs?.kid ?? next.kid };
  }

  /** @returns false if the keys have changed meanwhile */
  async #remove(trx: Db, key: store.StoredKey, next: store.StoredKey | undefined): Promise<boolean> {
    if (key.state !== "current") return store.removePublished(trx, key.kid, key.state);
    // An algorithm that the settings no longer name has no next one.
    return next ? store.replaceCurrent(trx, key, next, this.#deps.clock.now()) : store.removeCurrent(trx, key.kid);
  }

  /** Comes before any time of a key is relied on. If several instances do it at once, the first one's keys stay. */
  async #publishNext(): Promise<void> {
    await store.mendDates(this.#deps.db, this.#deps.clock.now());
    for (const alg of await this.#missing("next")) await store.insertPublished(this.#deps.db, await this.#make(alg, "next"));
  }

  async #missing(wanted: "current" | "next"): Promise<SigningAlgorithm[]> {
    const stored = await store.listKeys(this.#deps.db);
    return this.#deps.settings.algorithms.filter((alg) => !stored.some((key) => key.alg === alg && key.state === wanted));
  }

  async #make(alg: string, state: "current" | "next"): Promise<store.StoredKey> {
    const { clock, vault } = this.#deps;
    const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
    const jwk = await exportJWK(privateKey);
    const kid = await calculateJwkThumbprint(jwk);
    const sealed = await vault.seal(JSON.stringify({ ...jwk, kid, alg, use: "sig" }));
    return { kid, alg, state, ...sealed, since: clock.now(), endsAt: null };
  }

  /** @throws if the row contains another key than it claims: somebody has written to the database */
  async #open({ kid, alg, sealed }: store.StoredKey): Promise<JWK> {
    const jwk = JSON.parse(await this.#deps.vault.open(sealed)) as JWK;
    if (jwk.kid !== kid || jwk.alg !== alg) throw new Error(`the signing key ${kid} in the database is a different one`);
    return jwk;
  }

  #shown({ kid, alg, state, since, endsAt }: store.StoredKey): SigningKey {
    return { kid, alg, state, since, readyAt: state === "next" ? since + this.#publishFor : null, endsAt };
  }
}

/** A sealed signing key, if there is one: it shows the master key of a database that names none. */
export async function firstSealedKey(db: Db): Promise<string | undefined> {
  return (await store.listKeys(db))[0]?.sealed;
}

/** RFC 7518, 6. */
function publicPart({ d: _d, p: _p, q: _q, dp: _dp, dq: _dq, qi: _qi, ...jwk }: JWK): JWK {
  return jwk;
}

function isAmong(algorithms: readonly SigningAlgorithm[], alg: string): alg is SigningAlgorithm {
  return algorithms.some((each) => each === alg);
}
