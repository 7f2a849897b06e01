// Limits of the administration API. On PostgreSQL all instances count together; SQLite is for one process, which counts by itself.
import type { KeyObject } from "node:crypto";
import type { Knex } from "knex";
import { RateLimiterMemory, RateLimiterPostgres, RateLimiterRes } from "rate-limiter-flexible";
import type { Clock } from "../clock.ts";
import { isEmbedded } from "../database.ts";
import { parseAddress } from "../guests/address.ts";
import { keyedHash } from "../secrets.ts";
import { Problem } from "./problem.ts";
import { removeExpired } from "./throttle-store.ts";

/** Requests of one application: so many in so many seconds. */
const requestLimit = { points: 600, duration: 60 };
/** Invitation mails of one application to one address. */
const mailLimit = { points: 10, duration: 3600 };

type Limiter = Pick<RateLimiterMemory, "consume">;

export class Throttle {
  readonly #requests: Limiter;
  readonly #mails: Limiter;
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #key: KeyObject;

  /** @param deps.key addresses are counted under a keyed hash: none is written down */
  constructor({ db, clock, key }: { db: Knex; clock: Clock; key: KeyObject }) {
    this.#db = db;
    this.#clock = clock;
    this.#requests = limiter(db, "admin", requestLimit);
    this.#mails = limiter(db, "invitation-mail", mailLimit);
    this.#key = key;
  }

  /** @returns the seconds to wait where the application made too many requests */
  request(clientId: string): Promise<number | undefined> {
    return consume(this.#requests, keyedHash(this.#key, "requests", clientId).toString("base64url"));
  }

  /** @returns the seconds to wait where the application sent too many invitations to the address */
  mail(clientId: string, address: string): Promise<number | undefined> {
    const canonical = parseAddress(address)?.key ?? address;
    return consume(this.#mails, keyedHash(this.#key, "mails", clientId, canonical).toString("base64url"));
  }

  async sweep(): Promise<void> {
    await removeExpired(this.#db, this.#clock.now());
  }
}

export function tooMany(wait: number, why: string): Problem {
  return new Problem(429, "Too many requests", `${why} Wait ${wait} seconds.`, { retry_after: wait });
}

function limiter(db: Knex, keyPrefix: string, limit: { points: number; duration: number }): Limiter {
  if (isEmbedded(db)) return new RateLimiterMemory({ keyPrefix, ...limit });
  return new RateLimiterPostgres({ storeClient: db, storeType: "knex", tableName: "rate_limits", tableCreated: true, keyPrefix, ...limit });
}

async function consume(limiter: Limiter, key: string): Promise<number | undefined> {
  try {
    await limiter.consume(key);
    return undefined;
  } catch (refused) {
    if (!(refused instanceof RateLimiterRes)) throw refused;
    return Math.max(1, Math.ceil(refused.msBeforeNext / 1000));
  }
}
