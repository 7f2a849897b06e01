// Guests who are signed in at one application by the hundred thousand, as signing in would leave them.
import { hash } from "node:crypto";
import type { Knex } from "knex";
import { insert, type Row } from "../directory/fill.ts";

const batch = 10_000;
const day = 86_400_000;

/** The longest ago that a mailbox was proven, in days: proofs are spread evenly over that time. */
export const oldestProof = 29;

/** Each with an invitation, a grant, a refresh token and an access token. @param now milliseconds since the epoch */
export async function fillSessions(db: Knex, clientId: string, sessions: number, now: number): Promise<void> {
  const firstAlias = 1_000_000;
  for (let from = 0; from < sessions; from += batch) {
    const numbers = Array.from({ length: Math.min(batch, sessions - from) }, (_, index) => from + index);
    const provenAt = (n: number) => Math.round(now - (n / sessions) * oldestProof * day);
    const dates = { created_at: now, updated_at: now };
    const address = (n: number) => `signed-in-${n}@example.com`;
    await db.transaction(async (trx) => {
      const rows = (table: string, toRow: (n: number) => Row) => insert(trx, table, numbers.map(toRow));
      await rows("guests", (n) => ({ sub: `sub${n}`, state: "active", ...dates }));
      await rows("mailboxes", (n) => ({
        id: `box${n}`,
        guest_sub: `sub${n}`,
        verified_at: provenAt(n),
        networks: "",
        refusals: 0,
        counted_refusals: 0,
      }));
      await rows("aliases", (n) => ({
        id: firstAlias + n,
        ...{ address: address(n), address_key: address(n), search_text: address(n), domain: "example.com" },
        ...{ guest_sub: `sub${n}`, mailbox_id: `box${n}`, is_primary: 1, created_at: now, guest_created_at: now },
      }));
      await rows("invitations", (n) => ({
        ...{ id: `invitation${n}`, client_id: clientId, guest_sub: `sub${n}`, alias_id: firstAlias + n, target_url: "" },
        ...{ redeem_by: now, redeemed_at: now - oldestProof * day, guest_created_at: now, ...dates },
      }));
      await rows("oidc_artifacts", (n) => sessionRow(n, clientId, provenAt(n)));
      for (const model of ["Grant", "RefreshToken", "AccessToken"])
        await rows("oidc_artifacts", (n) => tokenRow(model, n, clientId, provenAt(n)));
    });
  }
}

function sessionRow(n: number, clientId: string, at: number): Row {
  const loginTs = Math.floor(at / 1000);
  const payload = {
    ...{ iat: loginTs, exp: loginTs + 30 * 86_400, uid: `uid${n}`, kind: "Session", jti: `jti${n}`, accountId: `sub${n}`, loginTs },
    authorizations: { [clientId]: { sid: `sid${n}`, grantId: `grant${n}` } },
    ...{ acr: "urn:guestpass:mailbox", amr: ["otp"] },
  };
  const due = at + 30 * day;
  return { ...artifact("Session", `cookie${n}`, n, payload), uid: `uid${n}`, grant_hash: null, check_at: due, expires_at: due };
}

function tokenRow(model: string, n: number, clientId: string, at: number): Row {
  const payload = { iat: Math.floor(at / 1000), accountId: `sub${n}`, clientId, grantId: `grant${n}`, scope: "openid email", kind: model };
  const id = model === "Grant" ? `grant${n}` : `${model}${n}`;
  const grant = model === "Grant" ? null : digest(`grant${n}`);
  return { ...artifact(model, id, n, payload), uid: null, grant_hash: grant, check_at: null, expires_at: at + 30 * day };
}

function artifact(model: string, id: string, n: number, payload: object): Row {
  return { model, id_hash: digest(id), account_id: `sub${n}`, payload: JSON.stringify(payload) };
}

function digest(id: string): string {
  return hash("sha256", id, "base64url");
}
