// ES256 and RS256 signing keys: made on the first start, kept as JWE under the master key.
import { CompactEncrypt, calculateJwkThumbprint, compactDecrypt, exportJWK, generateKeyPair, type JWK } from "jose";
import type { Clock } from "../clock.ts";
import type { Db } from "../database.ts";
import { InputError } from "../errors.ts";
import * as store from "./signing-key-store.ts";

const algorithms = ["ES256", "RS256"];

/**
 * @param secret 32 bytes
 * @returns the private keys as a JWK Set (RFC 7517)
 * @throws InputError where the stored keys were sealed under another master key
 */
export async function loadSigningKeys(deps: { db: Db; clock: Clock; secret: Buffer }): Promise<{ keys: JWK[] }> {
  const present = new Set((await store.listKeys(deps.db)).map((key) => key.alg));
  for (const alg of algorithms) if (!present.has(alg)) await makeKey(deps, alg);
  const stored = await store.listKeys(deps.db);
  return { keys: await Promise.all(stored.map((key) => unseal(key.sealedJwk, deps.secret))) };
}

async function makeKey({ db, clock, secret }: { db: Db; clock: Clock; secret: Buffer }, alg: string): Promise<void> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true, modulusLength: 2048 });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const plain = new TextEncoder().encode(JSON.stringify({ ...jwk, kid, alg, use: "sig" }));
  const sealedJwk = await new CompactEncrypt(plain).setProtectedHeader({ alg: "dir", enc: "A256GCM" }).encrypt(secret);
  await store.insertKey(db, { kid, alg, sealedJwk, at: clock.now() });
}

async function unseal(sealed: string, secret: Buffer): Promise<JWK> {
  try {
    const { plaintext } = await compactDecrypt(sealed, secret);
    return JSON.parse(new TextDecoder().decode(plaintext)) as JWK;
  } catch (cause) {
    throw new InputError(
      "The signing keys in the database were made under another GUESTPASS_SECRET. Start with the secret that was in use when the database was made.",
      { cause },
    );
  }
}
