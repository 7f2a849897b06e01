// An address that a browser keeps for its guest, in a cookie that only this server can read. It reveals nothing about the directory: it is what was
// typed or proven in this browser.
import { type Clock, day, minute, skew } from "../clock.ts";
import { parseAddress } from "../guests/address.ts";
import { seal, unseal } from "../sealing.ts";
import { type KeyRing, keyedHash } from "../secrets.ts";

/** Proven: a code that was mailed there came back in this browser, or a passkey of that mailbox signed in. Typed: it is kept for the sign-in that begins anew. */
type Kind = "proven" | "typed";

export interface RememberedAddress {
  address: string;
  /** Milliseconds since the epoch. */
  at: number;
}

/** How long (milliseconds) it is kept. */
export const rememberedFor: Record<Kind, number> = { proven: 90 * day, typed: 15 * minute };

export class RememberedAddresses {
  readonly #clock: Clock;
  readonly #key: KeyRing;

  constructor({ clock, key }: { clock: Clock; key: KeyRing }) {
    this.#clock = clock;
    this.#key = key;
  }

  /** @param at when it begins to count, milliseconds since the epoch @returns the text for the browser to keep */
  seal(kind: Kind, address: string, at = this.#clock.now()): Promise<string> {
    return seal(`${at} ${address}`, keyedHash(this.#key.current, "remembered", kind));
  }

  /** @returns undefined if it was not sealed here, or has expired */
  async open(kind: Kind, kept: string): Promise<RememberedAddress | undefined> {
    if (kept === "" || kept.length > 1400) return undefined;
    for (const key of this.#key.all) {
      const text = await unseal(kept, keyedHash(key, "remembered", kind)).catch(() => undefined);
      if (text !== undefined) return this.#current(kind, text);
    }
    return undefined;
  }

  /** One from a clock that was ahead does not count. */
  #current(kind: Kind, text: string): RememberedAddress | undefined {
    const [, written, address = ""] = /^(\d+) (.+)$/s.exec(text) ?? [];
    const at = Number(written);
    const now = this.#clock.now();
    return at <= now + skew && at + rememberedFor[kind] > now && parseAddress(address) ? { address, at } : undefined;
  }
}
