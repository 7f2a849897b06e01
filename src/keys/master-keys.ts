// The master key that the database is written under, and the change to another one while instances run. The database names the key by a
// fingerprint; an instance writes under that one, whichever others it knows. Values issued under a former key stay readable by keys
// derived from it, which are stored sealed under the one in use, so the former master key itself is no longer needed.
// See docs/decisions/039-the-master-key-rotates.md.
import { createSecretKey } from "node:crypto";
import type { Knex } from "knex";
import type { Actor, Audit } from "../audit/audit.ts";
import { type Clock, day, hour } from "../clock.ts";
import { transaction } from "../database/database.ts";
import { InputError } from "../errors.ts";
import type { Logger } from "../log.ts";
import { seal, unseal } from "../sealing.ts";
import { type DerivedKeys, derivedFrom, deriveSecrets, type FormerKey, type Purpose, purposes, type Secrets, useKeys } from "../secrets.ts";
import * as store from "./master-key-store.ts";

/** Something that is stored sealed, and has to be sealed again under another master key. */
export interface Resealed {
  /** Seals some that are under another one. Safe to interrupt and to repeat. @returns how many it has sealed */
  reseal(): Promise<number>;
  /** How many are still under another one. */
  countUnderOthers(): Promise<number>;
}

interface MasterKeysDeps {
  db: Knex;
  clock: Clock;
  log: Logger;
  /** GUESTPASS_SECRET first, then those of GUESTPASS_SECRET_PREVIOUS. */
  masters: readonly string[];
  /** How long (milliseconds) values issued under the key last. */
  lasts: { session: number; interaction: number; longestLimit: number };
}

export type SecretRotation =
  | { outcome: "rotated"; from: string; to: string }
  /** The database names GUESTPASS_SECRET already. */
  | { outcome: "in-use"; to: string };

export type SecretState = {
  /** Whether the database is written under GUESTPASS_SECRET; otherwise it is one of GUESTPASS_SECRET_PREVIOUS. */
  inUse: "secret" | "previous";
  since: number;
  /** Whether GUESTPASS_SECRET_PREVIOUS names any. */
  knowsPrevious: boolean;
  /** How many values are still sealed under another one. */
  unsealed: number;
};

export class MasterKeys {
  /** The current ones: they change with the master key. */
  readonly secrets: Secrets;
  readonly #deps: MasterKeysDeps;
  readonly #known: DerivedKeys[];
  readonly #resealed: Resealed[] = [];
  #isKnown = true;
  #isStarted = false;

  constructor(deps: MasterKeysDeps) {
    this.#deps = deps;
    this.#known = [...new Set(deps.masters)].map(derivedFrom);
    this.secrets = deriveSecrets(deps.masters[0] as string);
  }

  /** Whether this instance knows the master key that the database names. Without it, it can do nothing. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Names of the master keys that are known here: first that of GUESTPASS_SECRET. */
  get knownNames(): [string, ...string[]] {
    return this.#known.map(({ secret }) => secret) as [string, ...string[]];
  }

  /**
   * Uses the master key that the database names. A new database is named after GUESTPASS_SECRET.
   * @param sealedKey something that the previous version sealed, if it did
   * @throws InputError if it is not known here
   */
  async start(sealedKey: string | undefined): Promise<void> {
    const { db, clock } = this.#deps;
    if ((await store.listNamed(db)).length === 0) await store.nameFirst(db, (await this.#first(sealedKey)).secret, clock.now());
    if (!(await this.apply())) throw new InputError(unknownSecret);
    this.#isStarted = true;
  }

  /** Uses the master key that the database names now. @returns false if it is not known here */
  async apply(): Promise<boolean> {
    const { log } = this.#deps;
    const { named, inUse, former } = await this.#read();
    // A start says so itself.
    if (!inUse && this.#isKnown && this.#isStarted) log.error(unknownSecret);
    this.#isKnown = inUse !== undefined;
    // Replaced keys are among the former ones for as long as they are valid.
    const ahead = this.#known.filter(({ secret }) => !named.some((each) => each.secret === secret));
    const trail = named.map(({ secret, until }) => {
      const key =
        secret === inUse?.secret ? inUse.keys.audit : former.find((each) => each.secret === secret && each.purpose === "audit")?.key;
      return { secret, until, key: key && createSecretKey(key) };
    });
    useKeys(this.secrets, inUse, former, ahead, trail);
    return this.#isKnown;
  }

  /** A text that changes with the master key in use and with the signing keys. */
  version(): Promise<string> {
    return store.version(this.#deps.db);
  }

  /** Registers something to be sealed again after a change of the master key. */
  reseals(sealed: Resealed): void {
    this.#resealed.push(sealed);
  }

  /**
   * Writes under GUESTPASS_SECRET from now on, here and on every instance that knows it, and seals again what was sealed before.
   * @throws InputError if GUESTPASS_SECRET was in use before
   */
  async rotate(by: Actor, audit: Pick<Audit, "seal" | "changeKey">): Promise<SecretRotation> {
    const { db, clock } = this.#deps;
    const [to] = this.#known as [DerivedKeys];
    const { named, inUse: from, former: earlier } = await this.#read();
    const present = named.at(-1) as store.NamedKey;
    if (!from) throw new InputError(unknownSecret);
    let changed = false;
    if (present.secret !== to.secret) {
      if (named.some(({ secret }) => secret === to.secret))
        throw new InputError("This GUESTPASS_SECRET was in use before, and others may have it. Make a new one (openssl rand -base64 32).");
      const now = clock.now();
      const former = await this.#sealedFor(to, [...this.#endingAfter(now, from), ...earlier]);
      await audit.seal();
      changed = await transaction(db, async (trx) => {
        if (!(await store.change(trx, present, to.secret, now))) return false;
        await store.replaceFormer(trx, former);
        const keyOf = ({ secret, keys }: DerivedKeys) => ({ secret, key: createSecretKey(keys.audit) });
        await audit.changeKey(trx, by, keyOf(from), keyOf(to));
        return true;
      });
    }
    await this.apply();
    await this.reseal();
    return changed ? { outcome: "rotated", from: present.secret, to: to.secret } : { outcome: "in-use", to: to.secret };
  }

  /** Seals again what is sealed under another master key: after an interrupted change, or by an instance that was a moment behind. */
  async reseal(): Promise<void> {
    for (const each of this.#resealed) while ((await each.reseal()) > 0);
  }

  /** Removes former keys once nothing issued under them is left. */
  async sweep(): Promise<void> {
    await this.reseal();
    await store.removeEnded(this.#deps.db, this.#deps.clock.now());
    await this.apply();
  }

  async state(): Promise<SecretState> {
    const { secret, since } = (await store.listNamed(this.#deps.db)).at(-1) as store.NamedKey;
    let unsealed = 0;
    for (const each of this.#resealed) unsealed += await each.countUnderOthers();
    return { inUse: secret === this.#known[0]?.secret ? "secret" : "previous", since, knowsPrevious: this.#known.length > 1, unsealed };
  }

  /** The master key of a database that names none: the one that sealed what is in it. */
  async #first(sealedKey: string | undefined): Promise<DerivedKeys> {
    if (sealedKey === undefined) return this.#known[0] as DerivedKeys;
    for (const derived of this.#known) {
      const opened = await unseal(sealedKey, derived.keys.signingKeys).catch(() => undefined);
      if (opened !== undefined) return derived;
    }
    throw new InputError(unknownSecret);
  }

  /** The former master keys, the current one, and what it has sealed of the former ones. If another instance changes it in between, all of it is read again. */
  async #read(): Promise<{ named: store.NamedKey[]; inUse: DerivedKeys | undefined; former: (FormerKey & { endsAt: number | null })[] }> {
    for (;;) {
      const named = await store.listNamed(this.#deps.db);
      const present = named.at(-1)?.secret;
      const inUse = this.#known.find(({ secret }) => secret === present);
      try {
        return { named, inUse, former: inUse ? await this.#former(inUse) : [] };
      } catch (error) {
        if ((await store.listNamed(this.#deps.db)).at(-1)?.secret === present) throw error;
      }
    }
  }

  async #former(inUse: DerivedKeys): Promise<(FormerKey & { endsAt: number | null })[]> {
    const stored = await store.listFormer(this.#deps.db, this.#deps.clock.now());
    return Promise.all(
      stored.map(async ({ secret, purpose, sealed, endsAt }) => {
        const opened = JSON.parse(await unseal(sealed, inUse.keys.formerKeys)) as { secret: string; purpose: string; key: string };
        if (opened.secret !== secret || opened.purpose !== purpose)
          throw new Error(`the former key ${secret} ${purpose} does not match its stored one`);
        return { secret, purpose: purpose as Purpose, key: Buffer.from(opened.key, "base64url"), endsAt };
      }),
    );
  }

  #sealedFor({ keys }: DerivedKeys, former: (FormerKey & { endsAt: number | null })[]): Promise<store.StoredFormerKey[]> {
    return Promise.all(
      former.map(async ({ secret, purpose, key, endsAt }) => {
        const text = JSON.stringify({ secret, purpose, key: key.toString("base64url") });
        return { secret, purpose, endsAt, sealed: await seal(text, keys.formerKeys) };
      }),
    );
  }

  /** The keys of the master key that is being replaced, each until everything issued under it has expired; null if it never does. */
  #endingAfter(now: number, { secret, keys }: DerivedKeys): (FormerKey & { endsAt: number | null })[] {
    const { session, interaction, longestLimit } = this.#deps.lasts;
    // An instance may be a moment behind.
    const ends: Record<Purpose, number | null> = {
      cookies: session + hour,
      passcodes: interaction + hour,
      // The links that remove a passkey.
      passkeys: null,
      forms: day,
      console: day,
      limits: longestLimit + hour,
      networks: null,
      invitations: null,
      reminders: null,
      returnPaths: 30 * day,
      audit: null,
      signingKeys: day,
      mailTokens: day,
      webhooks: day,
      upstreams: day,
      formerKeys: 0,
    };
    return Object.entries(ends)
      .filter(([purpose, lasts]) => purpose in purposes && lasts !== 0)
      .map(([purpose, lasts]) => ({
        secret,
        purpose: purpose as Purpose,
        key: keys[purpose as Purpose],
        endsAt: lasts === null ? null : now + lasts,
      }));
  }
}

const unknownSecret =
  "The database is written under another secret. Set GUESTPASS_SECRET to the one in use, or add that one to GUESTPASS_SECRET_PREVIOUS.";
