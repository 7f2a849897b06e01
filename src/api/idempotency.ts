// Idempotency-Key on creates: for a day, a repeated request gets the first answer.
import { hash, randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { type Clock, day, minute } from "../clock.ts";
import type { Db } from "../database/database.ts";
import { persistently } from "../persistently.ts";
import * as store from "./idempotency-store.ts";
import type { Answer } from "./operation.ts";
import { Problem } from "./problem.ts";

type Kept = Pick<Answer<unknown>, "body" | "version">;

/** @param id for what it makes */
type Work = (id: string) => Promise<Answer<unknown>>;

const same = (body: unknown) => body;

/** A request that has not ended by then (milliseconds) died, whether or not its server is known to be gone. */
const longest = 10 * minute;

export class Idempotency {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #instance: string;

  /** @param deps.instance this server's name among those on the database */
  constructor(deps: { db: Knex; clock: Clock; instance: string }) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#instance = deps.instance;
  }

  /**
   * Runs the work once for the key. If it failed, or died with its process, before its answer was kept, it runs again when the request is
   * repeated, with the same id for what it makes: nothing is made twice. If the database is away when it fails, the
   * failure is recorded as soon as the database is back.
   * @param restore puts back the parts that were left out of a kept answer
   * @throws Problem 422 if the key came with another request, 409 while the first one is still under way
   */
  async once(clientId: string, givenKey: string, request: string, work: Work, restore = same): Promise<Answer<unknown>> {
    // Callers may build keys from an address, so the key itself is not stored.
    const key = hash("sha256", givenKey, "base64url");
    const requestHash = hash("sha256", request, "base64url");
    const now = this.#clock.now();
    const id = randomUUID();
    const claim = { clientId, key, requestHash, at: now, by: this.#instance };
    if (await store.claim(this.#db, claim, id)) return this.#first(clientId, key, () => work(id));
    const found = await store.find(this.#db, clientId, key);
    if (found && found.requestHash !== requestHash)
      throw new Problem(422, "Key used", "This Idempotency-Key was used for another request. Use a new key for each request.");
    if (found?.status != null) {
      const { body, version } = JSON.parse(found.answer ?? "{}") as Kept;
      return { status: found.status, body: restore(body), ...(version === undefined ? {} : { version }) };
    }
    if (found && (await store.takeOver(this.#db, claim, now - longest))) return this.#first(clientId, key, () => work(found.answer ?? id));
    throw new Problem(409, "Under way", "A request with this Idempotency-Key is still being processed. Try again in a moment.");
  }

  async sweep(): Promise<void> {
    const now = this.#clock.now();
    await store.removeBefore(this.#db, now - day, now);
  }

  /** Answers name the guest, so they are deleted when the guest is erased. */
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
      await persistently(() =>
        error instanceof Problem ? store.release(this.#db, clientId, key) : store.giveUp(this.#db, clientId, key, longest + 1),
      );
      throw error;
    }
  }
}
