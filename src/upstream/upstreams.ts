// The OpenID providers of partners, as an administrator registers them. Without any, no page mentions them.
import type { Knex } from "knex";
import type { Grade } from "../admission/ways.ts";
import type { Actor, Audit } from "../audit/audit.ts";
import { type Clock, second } from "../clock.ts";
import { transaction } from "../database/database.ts";
import type { Vault } from "../sealing.ts";
import * as proofs from "./domain-proof-store.ts";
import { RelyingParty, type RelyingPartyDeps } from "./relying-party.ts";
import type { StoredUpstream, Upstream, UpstreamChange } from "./upstream.ts";
import * as store from "./upstream-store.ts";

export interface UpstreamsDeps {
  db: Knex;
  clock: Clock;
  audit: Pick<Audit, "record">;
  /** Encrypts the client secrets at rest. */
  vault: Vault;
  /** Our own: redirect URIs lie under it. */
  issuer: string;
  /** Sends requests to addresses that others chose. */
  fetch: RelyingPartyDeps["fetch"];
}

/** A provider, as a page offers it. */
export interface Offer {
  id: string;
  label: string;
  grade: Grade;
}

/** How long (milliseconds) a provider added by another process may not be offered here. A provider is read again when it is used. */
const offeredFor = 10 * second;

export class Upstreams {
  readonly #deps: UpstreamsDeps;
  readonly #parties = new Map<string, { sealedSecret: string; updatedAt: number; party: RelyingParty }>();
  #known: { all: Promise<Upstream[]>; until: number } | undefined;

  constructor(deps: UpstreamsDeps) {
    this.#deps = deps;
  }

  list(): Promise<Upstream[]> {
    return store.list(this.#deps.db);
  }

  find(id: string): Promise<Upstream | undefined> {
    return store.find(this.#deps.db, id);
  }

  /** What an administrator registers at the provider. */
  redirectUri(id: string): string {
    return `${this.#deps.issuer}/upstream/${id}/callback`;
  }

  /** Where the provider may announce that a session there has ended (OpenID Connect Back-Channel Logout 1.0). */
  logoutUri(id: string): string {
    return `${this.#deps.issuer}/upstream/${id}/logout`;
  }

  /** Those for addresses of the domain, in the order in which they are offered. @param domain an A-label in lower case */
  async offers(domain: string): Promise<Offer[]> {
    const now = this.#deps.clock.now();
    if (!this.#known || this.#known.until <= now || this.#known.until > now + offeredFor) {
      const known = { all: this.list(), until: now + offeredFor };
      this.#known = known;
      known.all.catch(() => {
        if (this.#known === known) this.#known = undefined;
      });
    }
    const all = await this.#known.all;
    const rank = ({ firstFor }: Upstream) => (firstFor.includes(domain) ? 0 : 1);
    return all
      .filter(({ grade, domains }) => grade !== "off" && domains.includes(domain))
      .sort((one, other) => rank(one) - rank(other))
      .map(({ id, label, grade }) => ({ id, label, grade }));
  }

  /** @returns false if the id is taken */
  async add(added: Omit<Upstream, "createdAt" | "updatedAt">, secret: string, by: Actor): Promise<boolean> {
    const at = this.#deps.clock.now();
    const { sealed } = await this.#deps.vault.seal(secret);
    return this.#changing(() =>
      transaction(this.#deps.db, async (trx) => {
        if (!(await store.insert(trx, { ...added, sealedSecret: sealed, createdAt: at, updatedAt: at }))) return false;
        await this.#deps.audit.record(trx, { action: "upstream.added", by, details: { after: added } });
        return true;
      }),
    );
  }

  /**
   * @param secret the new one, if it is changed too
   * @returns undefined if it was changed meanwhile, or is gone
   */
  async update(before: Upstream, change: UpstreamChange, secret: string | undefined, by: Actor): Promise<Upstream | undefined> {
    const { db, clock, vault, audit } = this.#deps;
    const stored = await store.find(db, before.id);
    if (stored?.updatedAt !== before.updatedAt) return undefined;
    const sealedSecret = secret === undefined ? stored.sealedSecret : (await vault.seal(secret)).sealed;
    const after: StoredUpstream = { ...stored, ...change, sealedSecret, updatedAt: Math.max(clock.now(), stored.updatedAt + 1) };
    const updated = await this.#changing(() =>
      transaction(db, async (trx) => {
        if (!(await store.update(trx, after, stored.updatedAt))) return false;
        for (const domain of stored.domains) if (!after.domains.includes(domain)) await proofs.forget(trx, stored.id, domain);
        const was = Object.fromEntries(Object.keys(change).map((key) => [key, stored[key as keyof UpstreamChange]]));
        const details = { provider: stored.id, before: was, after: { ...change, ...(secret === undefined ? {} : { secret: "changed" }) } };
        await audit.record(trx, { action: "upstream.updated", by, details });
        return true;
      }),
    );
    return updated ? after : undefined;
  }

  /** With the accounts there that guests signed in with. @returns false if there is none */
  async remove(id: string, by: Actor): Promise<boolean> {
    return this.#changing(() =>
      transaction(this.#deps.db, async (trx) => {
        if (!(await store.remove(trx, id))) return false;
        await this.#deps.audit.record(trx, { action: "upstream.removed", by, details: { provider: id } });
        return true;
      }),
    );
  }

  /** As stored at this moment, with the client that speaks to it; undefined if it is gone or off. */
  async open(id: string): Promise<{ upstream: Upstream; party: RelyingParty } | undefined> {
    const { db, clock, vault, fetch } = this.#deps;
    const upstream = await store.find(db, id);
    if (!upstream || upstream.grade === "off") return undefined;
    const { issuer, clientId, scope, sealedSecret, updatedAt } = upstream;
    const known = this.#parties.get(id);
    if (known?.updatedAt === updatedAt && known.sealedSecret === sealedSecret) return { upstream, party: known.party };
    const registration = { issuer, clientId, scope, clientSecret: await vault.open(sealedSecret) };
    const party = new RelyingParty({ clock, registration, callback: this.redirectUri(id), fetch });
    this.#parties.set(id, { updatedAt, sealedSecret, party });
    return { upstream, party };
  }

  /** Seals again the secrets that are under another master key. @returns how many */
  async reseal(): Promise<number> {
    const { db, vault } = this.#deps;
    let resealed = 0;
    for (const { id, sealedSecret } of await this.#underOthers()) {
      const secret = await vault.sealAnew(sealedSecret);
      if (secret) resealed += await store.reseal(db, id, sealedSecret, secret.sealed);
    }
    return resealed;
  }

  async countUnderOthers(): Promise<number> {
    return (await this.#underOthers()).length;
  }

  async #underOthers(): Promise<StoredUpstream[]> {
    const { db, vault } = this.#deps;
    return (await store.list(db)).filter(({ sealedSecret }) => !vault.isCurrent(sealedSecret));
  }

  /** Takes effect at once. */
  async #changing<T>(change: () => Promise<T>): Promise<T> {
    try {
      return await change();
    } finally {
      this.#known = undefined;
    }
  }
}
