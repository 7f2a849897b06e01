// Everything secret is derived from one master key; each purpose gets a key of its own (RFC 5869, HKDF).
import { createHmac, createSecretKey, hkdfSync, type KeyObject, randomBytes, timingSafeEqual } from "node:crypto";

export interface Secrets {
  /** Signs oidc-provider's cookies. */
  cookies: KeyObject;
  /** Keys the hash of passcodes, so that a stolen database cannot be searched for them (ASVS 6.5.2). */
  passcodes: KeyObject;
  /** Encrypts signing keys at rest (A256GCM, 32 bytes). */
  signingKeys: Buffer;
  /** Makes the links of invitations: nothing of them is stored. */
  invitations: KeyObject;
  /** Chains the audit trail, so that whoever can write to the database alone cannot forge it. */
  audit: KeyObject;
  /** Keys what limits are counted by: addresses, networks. */
  limits: KeyObject;
  /** Makes the addresses that mails come back to. */
  returnPaths: KeyObject;
  /** Form tokens and the reference that a screen and its mail share. */
  forms: KeyObject;
}

/** @param master the master key: at least 32 characters, as random as the operator could make it */
export function deriveSecrets(master: string): Secrets {
  const derive = (purpose: string) => Buffer.from(hkdfSync("sha256", master, "", `guestpass/${purpose}`, 32));
  return {
    cookies: createSecretKey(derive("cookies")),
    passcodes: createSecretKey(derive("passcodes")),
    signingKeys: derive("signing-keys"),
    invitations: createSecretKey(derive("invitations")),
    audit: createSecretKey(derive("audit")),
    limits: createSecretKey(derive("limits")),
    returnPaths: createSecretKey(derive("return-paths")),
    forms: createSecretKey(derive("forms")),
  };
}

/** A new random value of 256 bits, base64url. */
export function randomToken(): string {
  return randomBytes(32).toString("base64url");
}

/**
 * HMAC-SHA-256 over the parts; a separator that no part can hold keeps ("a", "bc") and ("ab", "c") apart.
 * The key is a KeyObject because Node.js prepares bytes anew for every hash, which costs more than the hash.
 */
export function keyedHash(key: KeyObject, ...parts: string[]): Buffer {
  return createHmac("sha256", key).update(parts.join("\0")).digest();
}

/** Compares in time that does not depend on where the values differ. */
export function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
