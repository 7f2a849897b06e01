// Why the token endpoint refused applications, for an administrator who is asked "why does it not work?" and has no log at hand.
// One row for each application and reason, however often it happens: anyone can make the endpoint refuse.
import { hash } from "node:crypto";
import type { Knex } from "knex";
import { type Clock, day, second } from "../clock.ts";
import type { Logger } from "../log.ts";
import { excerpt } from "../texts/excerpt.ts";
import * as store from "./refusal-store.ts";

const keptFor = 30 * day;
/** Milliseconds in which refusals are gathered before they are written. */
const gatheredFor = second;
/** The most different ones that are gathered. */
const mostGathered = 500;

export class Refusals {
  readonly #deps: { db: Knex; clock: Clock; log: Logger };
  readonly #gathered = new Map<string, store.TokenRefusal>();
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;

  constructor(deps: { db: Knex; clock: Clock; log: Logger }) {
    this.#deps = deps;
  }

  /** Written within a second; the request does not wait. @param clientId undefined if no registered application was named */
  note(clientId: string | undefined, reason: string): void {
    const words = excerpt(reason);
    const id = hash("sha256", `${clientId ?? ""}\0${words}`, "base64url");
    const at = this.#deps.clock.now();
    const before = this.#gathered.get(id);
    if (!before && this.#gathered.size >= mostGathered) return;
    const refusal = before ?? { id, clientId: clientId ?? null, reason: words, times: 0, firstAt: at };
    this.#gathered.set(id, { ...refusal, times: refusal.times + 1, lastAt: at });
    this.#timer ??= setTimeout(() => {
      this.#writing = this.#write();
    }, gatheredFor).unref();
  }

  /** The latest first. @param before the place of the last one of the page before */
  async list(clientId: string | undefined, limit: number, before?: { at: number; id: string }): Promise<store.TokenRefusal[]> {
    return store.list(this.#deps.db, clientId, limit, before);
  }

  /** Removes what was last refused 30 days ago. */
  async sweep(): Promise<void> {
    await store.removeBefore(this.#deps.db, this.#deps.clock.now() - keptFor);
  }

  /** Writes what is still gathered. */
  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#writing;
    await this.#write();
  }

  async #write(): Promise<void> {
    this.#timer = undefined;
    const gathered = [...this.#gathered.values()];
    this.#gathered.clear();
    try {
      for (const refusal of gathered) await store.count(this.#deps.db, refusal);
    } catch (error) {
      this.#deps.log.error({ err: error }, "refusals of the token endpoint could not be recorded");
    }
  }
}
