import type { Configuration } from "oidc-provider";
import { type KeyRing, keyedHash, sameBytes } from "../secrets.ts";

type CookieKeys = NonNullable<NonNullable<Configuration["cookies"]>["keys"]>;

/** Signs and checks cookies in place of Keygrip, whose comparison by keys of its own costs several times the hash that it compares. */
export function cookieKeys(ring: KeyRing): CookieKeys {
  const sign = (cookie: string) => ring.mac(cookie).toString("base64url");
  // The position of the key that signed it; one that an older key signed is signed again.
  const index = (cookie: string, signature: string) =>
    ring.all.findIndex((key) => sameBytes(Buffer.from(keyedHash(key, cookie).toString("base64url")), Buffer.from(signature)));
  const verify = (cookie: string, signature: string) => index(cookie, signature) >= 0;
  return { sign, verify, index };
}
