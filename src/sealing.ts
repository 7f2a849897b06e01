// Secrets that must be readable later are stored as a JWE (RFC 7516, A256GCM) under a key derived from the master key.
import { CompactEncrypt, compactDecrypt, decodeProtectedHeader } from "jose";

/** @param key 32 bytes @param kid its name, for choosing among several */
export async function seal(text: string, key: Buffer, kid?: string): Promise<string> {
  const header = { alg: "dir", enc: "A256GCM", ...(kid === undefined ? {} : { kid }) };
  return new CompactEncrypt(new TextEncoder().encode(text)).setProtectedHeader(header).encrypt(key);
}

/** @throws JWEDecryptionFailed if it was sealed under another key */
export async function unseal(sealed: string, key: Buffer): Promise<string> {
  return new TextDecoder().decode((await compactDecrypt(sealed, key)).plaintext);
}

interface SealingKey {
  /** The name of the master key that it is derived from. */
  secret: string;
  /** 32 bytes. */
  key: Buffer;
}

/** Seals under one key, and opens what it or an older one has sealed. */
export class Vault {
  #keys: readonly SealingKey[];

  /** @param keys the one that seals, then those that only open */
  constructor(keys: readonly SealingKey[]) {
    this.#keys = keys;
  }

  replace(keys: readonly SealingKey[]): void {
    this.#keys = keys;
  }

  /** The name of the master key that it seals under. */
  get secret(): string {
    return this.#sealing.secret;
  }

  /** @returns the text to store, with the name of its master key: texts under an older one are sealed again */
  async seal(text: string): Promise<{ sealed: string; secret: string }> {
    const { secret, key } = this.#sealing;
    return { sealed: await seal(text, key, secret), secret };
  }

  /** Whether it is sealed under the key that seals now. */
  isCurrent(sealed: string): boolean {
    return decodeProtectedHeader(sealed).kid === this.secret;
  }

  /** @throws JWEDecryptionFailed if none of the keys sealed it */
  async open(sealed: string): Promise<string> {
    let failure: unknown = new Error("no key is known");
    for (const { key } of this.#keys) {
      try {
        return await unseal(sealed, key);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** @returns it under the current key; undefined if none of the keys sealed it */
  async sealAnew(sealed: string): Promise<{ sealed: string; secret: string } | undefined> {
    const text = await this.open(sealed).catch(() => undefined);
    return text === undefined ? undefined : this.seal(text);
  }

  get #sealing(): SealingKey {
    const [sealing] = this.#keys;
    if (!sealing) throw new Error("the database is written under a secret that this instance does not know");
    return sealing;
  }
}
