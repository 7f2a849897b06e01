// Relying applications: OIDC clients with their guest policy.
// Secrets are shown once, when they are made, and kept as SHA-256: they are random, so a slow hash would add nothing.
import { hash } from "node:crypto";
import type { Knex } from "knex";
import type { Actor, Audit } from "../audit/audit.ts";
import type { Announce } from "../changes/changes.ts";
import type { Clock } from "../clock.ts";
import { transaction } from "../database/database.ts";
import { randomToken, sameBytes } from "../secrets.ts";
import { type Application, changesRules, lastUntil, type NewApplication } from "./application.ts";
import * as store from "./application-store.ts";
import type { Trials } from "./trials.ts";

/** How long (milliseconds) a change by another process may go unnoticed here. */
const cachedFor = 1000;

export interface ApplicationsDeps {
  db: Knex;
  clock: Clock;
  audit: Audit;
  announce: Announce;
  /** Deletes some of an application's tokens and grants. @returns how many */
  forgetSome(clientId: string): Promise<number>;
  /** The guests' own page, which is found among the others but is in no list. Its client id is taken. */
  own: Application;
  trials: Trials;
}

/** The most earlier secrets that keep working. */
const mostSecrets = 5;

/** RFC 6749, appendix A.1. PostgreSQL would fail on some other characters. */
const clientIdentifier = /^[\x20-\x7e]+$/;

export class Applications {
  readonly #deps: ApplicationsDeps;
  readonly #cache = new Map<string, { application: Application; until: number }>();

  constructor(deps: ApplicationsDeps) {
    this.#deps = deps;
  }

  /** Cached for a second: every request of a sign-in asks. */
  async find(clientId: string): Promise<Application | undefined> {
    if (clientId === this.#deps.own.clientId) return this.#deps.own;
    if (!clientIdentifier.test(clientId)) return undefined;
    const tried = this.#deps.trials.applicationIn(clientId);
    if (tried !== undefined) {
      const application = await this.find(tried);
      return application && this.#deps.trials.asClient(application, clientId);
    }
    const now = this.#deps.clock.now();
    const cached = this.#cache.get(clientId);
    if (cached && cached.until > now && cached.until <= now + cachedFor) return cached.application;
    const application = await store.find(this.#deps.db, clientId);
    if (application) this.#cache.set(clientId, { application, until: now + cachedFor });
    else this.#cache.delete(clientId);
    return application;
  }

  /** As stored at this moment: for an administrator. */
  async read(clientId: string): Promise<Application | undefined> {
    return clientId === this.#deps.own.clientId ? this.#deps.own : store.find(this.#deps.db, clientId);
  }

  /** In the order of client ids, after the given one. */
  list(after = "", limit = 100): Promise<Application[]> {
    return store.list(this.#deps.db, after, limit);
  }

  /** Stores an application whose metadata has been validated. @returns false if the client id is taken */
  async add(application: NewApplication, by: Actor): Promise<boolean> {
    if (application.clientId === this.#deps.own.clientId) return false;
    if (await store.isRemoved(this.#deps.db, application.clientId)) await this.#clear(application.clientId);
    return transaction(this.#deps.db, async (trx) => {
      const { clientId } = application;
      if (!(await store.insert(trx, { ...application, updatedAt: this.#deps.clock.now() }))) return false;
      await this.#deps.announce(trx, "application.added", { clientId });
      await this.#deps.audit.record(trx, { action: "application.added", by, clientId, details: { after: shown(application) } });
      return true;
    });
  }

  /**
   * Stores a changed application whose metadata has been validated.
   * @param before as it was read
   * @returns the application, or undefined if it was changed since
   */
  async update(
    before: Application,
    change: Partial<Omit<Application, "clientId" | "updatedAt">>,
    by: Actor,
  ): Promise<Application | undefined> {
    const after = { ...before, ...change, updatedAt: Math.max(this.#deps.clock.now(), before.updatedAt + 1) };
    const updated = await transaction(this.#deps.db, async (trx) => {
      if (!(await store.update(trx, after, before.updatedAt))) return false;
      if (changesRules(before, after)) await this.#deps.announce(trx, "application.rules-changed", { clientId: before.clientId });
      const details = { before: shown(before), after: shown(after) };
      await this.#deps.audit.record(trx, { action: "application.updated", by, clientId: before.clientId, details });
      return true;
    });
    this.#cache.delete(before.clientId);
    return updated ? after : undefined;
  }

  /**
   * A new secret; the old one keeps working for the overlap (milliseconds), and earlier ones until their own ends. Without an overlap
   * all of them end.
   * @returns the secret, to be shown this once, or undefined if the application was changed since it was read
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
   * It is gone at once, and so is all access to it. Its tokens, invitations and sessions are deleted afterwards, some at a time: the change itself
   * costs the same, however many there are.
   * @returns false if there is no such application, or it was changed since `version`
   */
  async remove(clientId: string, by: Actor, version?: number): Promise<boolean> {
    const { db, clock, announce, audit } = this.#deps;
    const removed = await transaction(db, async (trx) => {
      if (!(await store.markRemoved(trx, clientId, clock.now(), version))) return false;
      await announce(trx, "application.removed", { clientId });
      await audit.record(trx, { action: "application.removed", by, clientId });
      return true;
    });
    this.#cache.delete(clientId);
    return removed;
  }

  /** The client ids of applications that were removed, of which something may be left. */
  removed(): Promise<string[]> {
    return store.allRemoved(this.#deps.db);
  }

  /** Deletes some of what an application that was removed has left. @returns false if there was nothing */
  async clearSome(clientId: string): Promise<boolean> {
    return (await this.#deps.forgetSome(clientId)) > 0 || (await store.clearSome(this.#deps.db, clientId)) > 0;
  }

  /** Deletes an application that was removed, once all else is cleared. One that was added since under its name stays. */
  async clearLast(clientId: string): Promise<void> {
    await store.clear(this.#deps.db, clientId);
  }

  /** A later application under the same client id inherits nothing. */
  async #clear(clientId: string): Promise<void> {
    while (await this.clearSome(clientId));
    await this.clearLast(clientId);
  }
}

/** For the audit trail and for people: leaves out hashes of secrets. */
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
