// An application may say whom it means: nobody else is signed in for it (OpenID Connect Core 1.0, 3.1.2.1 and 5.5.1).
import { decodeJwt } from "jose";
import type { Guests } from "../guests/guests.ts";

interface Wishes {
  id_token_hint?: unknown;
  claims?: unknown;
}

/** @param wishes parameters of a request that oidc-provider took: the hint's signature was checked, and claims is JSON */
export async function isWantedGuest(wishes: Wishes, sub: string, guests: Guests): Promise<boolean> {
  const claimed = subIn(wishes.claims);
  if (claimed !== undefined && claimed !== sub) return false;
  const hinted = typeof wishes.id_token_hint === "string" ? decodeJwt(wishes.id_token_hint).sub : undefined;
  // The hint may be from before two guests were merged.
  return hinted === undefined || hinted === sub || (await guests.findBySub(hinted))?.sub === sub;
}

function subIn(claims: unknown): unknown {
  if (typeof claims !== "string") return undefined;
  const asked = JSON.parse(claims) as { id_token?: { sub?: { value?: unknown } | null } | null };
  return asked.id_token?.sub?.value;
}
