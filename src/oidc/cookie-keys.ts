import type { KeyObject } from "node:crypto";
import type { Configuration } from "oidc-provider";
import { keyedHash, sameBytes } from "../secrets.ts";

type CookieKeys = NonNullable<NonNullable<Configuration["cookies"]>["keys"]>;

/** Signs and checks cookies in place of Keygrip, whose comparison by keys of its own costs several times the hash that it compares. */
export function cookieKeys(key: KeyObject): CookieKeys {
  const sign = (cookie: string) => keyedHash(key, cookie).toString("base64url");
  const verify = (cookie: string, signature: string) => sameBytes(Buffer.from(sign(cookie)), Buffer.from(signature));
  // The position of the key that signed it.
  const index = (cookie: string, signature: string) => (verify(cookie, signature) ? 0 : -1);
  return { sign, verify, index };
}
