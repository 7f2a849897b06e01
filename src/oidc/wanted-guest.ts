// An application may name the guest that it expects: nobody else is signed in for it (OpenID Connect Core 1.0, 3.1.2.1 and 5.5.1).
import { decodeJwt } from "jose";
import type { Guests } from "../guests/guests.ts";

interface Wishes {
  id_token_hint?: unknown;
  claims?: unknown;
}

/** @param wishes parameters of a request that oidc-provider accepted: the hint's signature was checked, and claims is JSON */
export async function isWantedGuest(wishes: Wishes, sub: string, guests: Guests): Promise<boolean> {
  if (!claimedSubs(wishes.claims).every((accepted) => accepted.includes(sub))) return false;
  const hinted = typeof wishes.id_token_hint === "string" ? decodeJwt(wishes.id_token_hint).sub : undefined;
  // The hint may be from before two guests were merged.
  return hinted === undefined || hinted === sub || (await guests.findBySub(hinted))?.sub === sub;
}

interface Wish {
  value?: unknown;
  values?: unknown;
}

/** The subjects that the request accepts: for the ID token and for userinfo, each as a value or as one of several (OpenID Connect Core 1.0, 5.5.1). */
function claimedSubs(claims: unknown): unknown[][] {
  if (typeof claims !== "string") return [];
  const asked = JSON.parse(claims) as Partial<Record<"id_token" | "userinfo", { sub?: Wish | null } | null>>;
  return [asked.id_token?.sub, asked.userinfo?.sub].flatMap((wish) => {
    if (wish?.value !== undefined) return [[wish.value]];
    return wish?.values === undefined ? [] : [[wish.values].flat()];
  });
}
