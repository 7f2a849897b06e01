// The refresh token of a route: the configured one, until the provider replaces it (RFC 6749, 6). The new one is stored sealed, for the
// next start and for the other instances, because the configured one may no longer be valid.
import { hash } from "node:crypto";
import type { Knex } from "knex";
import type { Clock } from "../clock.ts";
import { persistently } from "../persistently.ts";
import type { Vault } from "../sealing.ts";
import * as store from "./refresh-token-store.ts";

export interface RefreshTokenDeps {
  db: Knex;
  clock: Clock;
  vault: Vault;
  configured: { tokenUrl: string; clientId: string; refreshToken: string };
}

export class RefreshToken {
  readonly #deps: RefreshTokenDeps;
  readonly #name: string;
  /** Not stored yet. */
  #unsaved: string | undefined;

  constructor(deps: RefreshTokenDeps) {
    const { tokenUrl, clientId, refreshToken } = deps.configured;
    this.#deps = deps;
    this.#name = hash("sha256", JSON.stringify([tokenUrl, clientId, refreshToken]), "base64url");
  }

  /** @returns the newest one, whichever instance received it */
  async read(): Promise<string> {
    if (this.#unsaved !== undefined) return this.#unsaved;
    const sealed = await store.find(this.#deps.db, this.#name);
    return sealed === undefined ? this.#deps.configured.refreshToken : this.#deps.vault.open(sealed);
  }

  /** If the database is away, it is stored as soon as that is back. */
  async replace(next: string): Promise<void> {
    const { db, clock, vault } = this.#deps;
    this.#unsaved = next;
    await persistently(async () => {
      if (this.#unsaved !== next) return;
      await store.keep(db, this.#name, await vault.seal(next), clock.now());
      if (this.#unsaved === next) this.#unsaved = undefined;
    });
  }
}

/** How many tokens to seal again at a time. */
const batch = 100;

/** The stored tokens, for a change of the master key. */
export function keptRefreshTokens(db: Knex, vault: Vault) {
  return {
    /** Seals some tokens again that are under another master key. @returns how many */
    reseal: async (): Promise<number> => {
      let resealed = 0;
      for (const { configured, sealed } of await store.listUnderOthers(db, vault.secret, batch)) {
        const anew = await vault.sealAnew(sealed);
        if (anew) resealed += await store.reseal(db, configured, sealed, anew);
      }
      return resealed;
    },
    countUnderOthers: () => store.countUnderOthers(db, vault.secret),
  };
}
