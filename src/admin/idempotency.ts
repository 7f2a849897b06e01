// Idempotency-Key on creates: a repeated request gets the first one's answer, for a day.
import { hash, randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { type Clock, day, minute } from "../clock.ts";
import type { Db } from "../database.ts";
import * as store from "./idempotency-store.ts";
import type { Answer } from "./operation.ts";
import { Problem } from "./problem.ts";

type Kept = Pick<Answer<unknown>, "body" | "version">;

/** @param id for what it makes */
type Work = (id: string) => Promise<Answer<unknown>>;

/** A request that has not ended by then (milliseconds) died with its process. */
const longest = 10 * minute;

export class Idempotency {
  readonly #db: Knex;
  readonly #clock: Clock;

  constructor(deps: { db: Knex; clock: Clock }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
  }

  /**
   * Runs the work once for the key. Where it failed, or died with its process, before its answer was kept, it runs again when the request is
   * repeated, with the same id for what it makes: what is there already is not made twice.
   * @throws Problem 422 where the key came with another request, 409 while the first one is still under way
   */
  async once(clientId: string, givenKey: string, request: string, work: Work): Promise<Answer<unknown>> {
    // Callers make keys of what they have at hand, an address among it: it is not written down.
    const key = hash("sha256", givenKey, "base64url");
    const requestHash = hash("sha256", request, "base64url");
    const now = this.#clock.now();
    const id = randomUUID();
    if (await store.claim(this.#db, clientId, key, requestHash, id, now)) return this.#first(clientId, key, () => work(id));
    const found = await store.find(this.#db, clientId, key);
    if (found && found.requestHash !== requestHash)
      throw new Problem(422, "Key used", "This Idempotency-Key came with another request. Use a new key for each request.");
    if (found?.status != null) return { status: found.status, ...(JSON.parse(found.answer ?? "{}") as Kept) };
    if (found && (await store.takeOver(this.#db, clientId, key, requestHash, now, now - longest)))
      return this.#first(clientId, key, () => work(found.answer ?? id));
    throw new Problem(409, "Under way", "A request with this Idempotency-Key is still under way. Try again in a moment.");
  }

  async sweep(): Promise<void> {
    await store.removeBefore(this.#db, this.#clock.now() - day);
  }

  /** Answers name the guest: they go when the guest is erased. */
  async forget(trx: Db, subs: string[], addresses: string[]): Promise<void> {
    for (const text of [...subs, ...addresses]) await store.removeMentioning(trx, text);
  }

  async #first(clientId: string, key: string, work: () => Promise<Answer<unknown>>): Promise<Answer<unknown>> {
    try {
      const answer = await work();
      const { kept = answer.body, version } = answer;
      await store.answer(this.#db, clientId, key, answer.status, JSON.stringify({ body: kept, version }));
      return answer;
    } catch (error) {
      if (error instanceof Problem) await store.release(this.#db, clientId, key);
      else await store.giveUp(this.#db, clientId, key, longest + 1);
      throw error;
    }
  }
}
