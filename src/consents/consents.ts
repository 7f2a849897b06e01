// What guests have agreed to share with applications that are not the organisation's own. It outlives the session.
import type { Knex } from "knex";
import type { Application } from "../applications/application.ts";
import type { Clock } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import type { Share } from "./consent-store.ts";
import * as store from "./consent-store.ts";

export type { Share };

export interface ConsentsDeps {
  db: Knex;
  clock: Clock;
}

export class Consents {
  readonly #deps: ConsentsDeps;

  constructor(deps: ConsentsDeps) {
    this.#deps = deps;
  }

  /** Adds to what the guest agreed to before. */
  async remember(sub: string, application: Application, shares: readonly Share[]): Promise<void> {
    const { db, clock } = this.#deps;
    await transaction(db, async (trx) => {
      for (const share of shares) await store.upsert(trx, sub, application.clientId, share, linksOf(application), clock.now());
    });
  }

  /** What the guest agreed to under the privacy policy and terms that the application links to today. */
  of(sub: string, application: Application): Promise<Share[]> {
    return store.of(this.#deps.db, sub, application.clientId, linksOf(application));
  }

  /** For the guest's own copy of what is held about them. `agreedAt` is in milliseconds since the epoch. */
  ofGuest(sub: string): ReturnType<typeof store.ofGuest> {
    return store.ofGuest(this.#deps.db, sub);
  }

  withdraw(trx: Db, sub: string, clientId: string): Promise<void> {
    return store.remove(trx, sub, clientId);
  }
}

function linksOf({ metadata }: Application): string {
  return JSON.stringify([metadata.policy_uri, metadata.tos_uri]);
}
