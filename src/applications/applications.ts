// Relying applications: OIDC clients with their guest policy.
// Secrets are shown once, when they are made, and kept as SHA-256: they are random, so a slow hash would add nothing.
import { hash } from "node:crypto";
import type { Knex } from "knex";
import type { Clock } from "../clock.ts";
import { InputError } from "../errors.ts";
import { randomToken, sameBytes } from "../secrets.ts";
import type { Application } from "./application.ts";
import * as store from "./application-store.ts";

/** For so long (milliseconds) another process's change to an application may go unseen here. */
const cachedFor = 5000;

const longestName = 100;

/** RFC 6749, appendix A.1. PostgreSQL would fail on some other characters. */
const clientIdentifier = /^[\x20-\x7e]+$/;

export class Applications {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #cache = new Map<string, { application: Application | undefined; until: number }>();

  constructor(deps: { db: Knex; clock: Clock }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
  }

  /** Cached for 5 seconds: every request of a sign-in asks. */
  async find(clientId: string): Promise<Application | undefined> {
    if (!clientIdentifier.test(clientId)) return undefined;
    const now = this.#clock.now();
    const cached = this.#cache.get(clientId);
    if (cached && cached.until > now) return cached.application;
    const application = await store.find(this.#db, clientId);
    if (!application) {
      this.#cache.delete(clientId);
      return undefined;
    }
    this.#cache.set(clientId, { application, until: now + cachedFor });
    return application;
  }

  /** In the order of client ids, after the given one. */
  list(after = "", limit = 100): Promise<Application[]> {
    return store.list(this.#db, after, limit);
  }

  /**
   * Stores an application whose metadata has been validated.
   * @throws InputError where the client id is taken, or the name is none that guests could be shown
   */
  async add(application: Application): Promise<void> {
    if (!application.name.trim() || application.name.length > longestName || /[\p{Cc}\p{Zl}\p{Zp}]/u.test(application.name)) {
      throw new InputError(`The name of an application has 1 to ${longestName} characters, without line breaks.`);
    }
    if (!(await store.insert(this.#db, application, this.#clock.now()))) {
      throw new InputError(
        `There is an application with the client id ${application.clientId} already. Choose another with --id, or remove that one first.`,
      );
    }
  }

  /** @throws InputError where there is no such application */
  async remove(clientId: string): Promise<void> {
    this.#cache.delete(clientId);
    if (!(await store.remove(this.#db, clientId))) throw new InputError(`There is no application with the client id ${clientId}.`);
  }
}

/** A new client secret of 256 bits, and what is stored of it. */
export function newClientSecret(): { secret: string; stored: string } {
  const secret = randomToken();
  return { secret, stored: hash("sha256", secret, "base64url") };
}

export function matchesClientSecret(stored: string, presented: string): boolean {
  return sameBytes(Buffer.from(stored, "base64url"), hash("sha256", presented, "buffer"));
}
