// A question to a browser that can be answered once: by a passkey, or at the organisation's provider. A challenge is not stored when it is made: it
// carries its signed expiry, and is recorded when it is answered.
import { hash, randomBytes } from "node:crypto";
import { type Clock, minute } from "../clock.ts";
import type { KeyRing } from "../secrets.ts";

/** An answered challenge, to be recorded in the transaction of what it allows. */
export interface AnsweredChallenge {
  hash: string;
  /** Milliseconds since the epoch, both. */
  madeAt: number;
  expiresAt: number;
}

const tenMinutes = 10 * minute;

export class Challenges {
  readonly #clock: Clock;
  readonly #key: KeyRing;
  readonly #lasts: number;

  /** @param lasts how long (milliseconds) one can be answered */
  constructor({ clock, key, lasts = tenMinutes }: { clock: Clock; key: KeyRing; lasts?: number }) {
    this.#clock = clock;
    this.#key = key;
    this.#lasts = lasts;
  }

  make(purpose: string): Buffer<ArrayBuffer> {
    const bytes = Buffer.alloc(24);
    bytes.writeBigUInt64BE(BigInt(this.#clock.now() + this.#lasts));
    randomBytes(16).copy(bytes, 8);
    return Buffer.concat([bytes, this.#key.mac("challenge", purpose, bytes.toString("base64url"))]);
  }

  /** @param challenge base64url @returns undefined if it was not made for the purpose, or too long ago */
  answered(purpose: string, challenge: string): AnsweredChallenge | undefined {
    const bytes = Buffer.from(challenge, "base64url");
    const made = bytes.subarray(0, 24);
    if (bytes.length !== 24 + 32 || !this.#key.made(bytes.subarray(24), 32, "challenge", purpose, made.toString("base64url")))
      return undefined;
    const expiresAt = Number(bytes.readBigUInt64BE());
    const now = this.#clock.now();
    if (expiresAt <= now || expiresAt > now + this.#lasts) return undefined;
    return { hash: hash("sha256", bytes, "base64url"), madeAt: expiresAt - this.#lasts, expiresAt };
  }
}
