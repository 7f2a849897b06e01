// Relying applications: OIDC clients with their guest policy.
// Secrets are shown once, when they are made, and kept as SHA-256: they are random, so a slow hash would add nothing.
import { hash } from "node:crypto";
import type { Knex } from "knex";
import type { Actor, Audit } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import { type Db, transaction } from "../database.ts";
import { randomToken, sameBytes } from "../secrets.ts";
import { type Application, lastUntil, type NewApplication } from "./application.ts";
import * as store from "./application-store.ts";

/** For so long (milliseconds) another process's change to an application may go unseen here. */
const cachedFor = 5000;

export interface ApplicationsDeps {
  db: Knex;
  clock: Clock;
  audit: Audit;
  /** All sessions are looked at: a rule may have become stricter. In the transaction of the change. */
  recheckAll(trx: Db): Promise<void>;
  /** What was granted and given to the application ends. In the transaction in which it is removed. */
  endTokens(trx: Db, clientId: string): Promise<void>;
}

/** Of secrets before the present one, so many work on at the most. */
const mostSecrets = 5;

/** RFC 6749, appendix A.1. PostgreSQL would fail on some other characters. */
const clientIdentifier = /^[\x20-\x7e]+$/;

export class Applications {
  readonly #deps: ApplicationsDeps;
  readonly #cache = new Map<string, { application: Application; until: number }>();

  constructor(deps: ApplicationsDeps) {
    this.#deps = deps;
  }

  /** Cached for 5 seconds: every request of a sign-in asks. */
  async find(clientId: string): Promise<Application | undefined> {
    if (!clientIdentifier.test(clientId)) return undefined;
    const now = this.#deps.clock.now();
    const cached = this.#cache.get(clientId);
    if (cached && cached.until > now) return cached.application;
    const application = await store.find(this.#deps.db, clientId);
    if (application) this.#cache.set(clientId, { application, until: now + cachedFor });
    else this.#cache.delete(clientId);
    return application;
  }

  /** As stored at this moment: for an administrator. */
  read(clientId: string): Promise<Application | undefined> {
    return store.find(this.#deps.db, clientId);
  }

  /** In the order of client ids, after the given one. */
  list(after = "", limit = 100): Promise<Application[]> {
    return store.list(this.#deps.db, after, limit);
  }

  /** Stores an application whose metadata has been validated. @returns false where the client id is taken */
  async add(application: NewApplication, by: Actor): Promise<boolean> {
    return transaction(this.#deps.db, async (trx) => {
      const added = await store.insert(trx, { ...application, updatedAt: this.#deps.clock.now() });
      if (added)
        await this.#deps.audit.record(trx, {
          action: "application.added",
          by,
          clientId: application.clientId,
          details: { after: shown(application) },
        });
      return added;
    });
  }

  /**
   * Stores a changed application whose metadata has been validated.
   * @param before as it was read
   * @returns the application, or undefined where it was changed since
   */
  async update(
    before: Application,
    change: Partial<Omit<Application, "clientId" | "updatedAt">>,
    by: Actor,
  ): Promise<Application | undefined> {
    const after = { ...before, ...change, updatedAt: Math.max(this.#deps.clock.now(), before.updatedAt + 1) };
    const updated = await transaction(this.#deps.db, async (trx) => {
      if (!(await store.update(trx, after, before.updatedAt))) return false;
      await this.#deps.recheckAll(trx);
      const details = { before: shown(before), after: shown(after) };
      await this.#deps.audit.record(trx, { action: "application.updated", by, clientId: before.clientId, details });
      return true;
    });
    this.#cache.delete(before.clientId);
    return updated ? after : undefined;
  }

  /**
   * A new secret; the old one works on for the overlap (milliseconds), and those before it for as long as they were to. Without an overlap
   * all of them end.
   * @returns the secret, to be shown this once, or undefined where the application was changed since it was read
   */
  async rotateSecret(application: Application, overlap: number, by: Actor): Promise<string | undefined> {
    const { secret, stored } = newClientSecret();
    const old = application.metadata.client_secret;
    const now = this.#deps.clock.now();
    const promised = application.policy.previousSecrets.filter(({ until }) => until > now).slice(0, mostSecrets - 1);
    const previousSecrets = old && overlap > 0 ? [{ hash: old, until: now + overlap }, ...promised] : [];
    const policy = { ...application.policy, previousSecrets };
    const metadata = { ...application.metadata, client_secret: stored };
    return (await this.update(application, { policy, metadata }, by)) ? secret : undefined;
  }

  /**
   * Its tokens end with it: one that is added under the same client id has nothing of this one's.
   * @returns false where there is no such application, or it was changed since `version`
   */
  async remove(clientId: string, by: Actor, version?: number): Promise<boolean> {
    this.#cache.delete(clientId);
    return transaction(this.#deps.db, async (trx) => {
      const removed = await store.remove(trx, clientId, version);
      if (!removed) return false;
      await this.#deps.endTokens(trx, clientId);
      await this.#deps.recheckAll(trx);
      await this.#deps.audit.record(trx, { action: "application.removed", by, clientId });
      return true;
    });
  }
}

/** What the audit trail and people are shown: without what stands for a secret. */
function shown(application: NewApplication): object {
  const { client_secret: secret, ...metadata } = application.metadata;
  const { previousSecrets, ...policy } = application.policy;
  const { clientId, name, admission, firstParty, pkceOptional } = application;
  const secrets = { hasSecret: secret !== undefined, previousSecretUntil: lastUntil(previousSecrets) };
  return { clientId, name, admission, firstParty, pkceOptional, ...policy, ...secrets, metadata };
}

/** A new client secret of 256 bits, and what is stored of it. */
export function newClientSecret(): { secret: string; stored: string } {
  const secret = randomToken();
  return { secret, stored: hash("sha256", secret, "base64url") };
}

export function matchesClientSecret(stored: string, presented: string): boolean {
  return sameBytes(Buffer.from(stored, "base64url"), hash("sha256", presented, "buffer"));
}
