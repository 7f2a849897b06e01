import { z } from "zod";
import { type AnyOperation, operation } from "../api/operation.ts";
import { notFound } from "../api/problem.ts";
import { type SigningKey, type SigningKeys, signingAlgorithms } from "../keys/signing-keys.ts";
import { Identifier, time } from "./fields.ts";

export interface KeyOperationDeps {
  signingKeys: SigningKeys;
  /** Makes this instance use the change at once; the others look every second. */
  keysChanged(): Promise<void>;
}

const KeyResult = z
  .object({
    kid: z.string(),
    alg: z.string(),
    state: z
      .enum(["next", "current", "previous"])
      .describe("next: published, and will sign later; current: signs; previous: published until everything it signed has expired"),
    since: z.string().describe("When it was published (next), began to sign (current) or stopped signing (previous)"),
    ready_at: z.string().nullable().describe("For a next key: when applications will know it, so that it can sign"),
    ends_at: z.string().nullable().describe("For a previous key: when it will no longer be published"),
  })
  .meta({ id: "SigningKey" });
const RotationResult = z
  .object({
    alg: z.string(),
    outcome: z
      .enum(["rotated", "too-early", "overtaken"])
      .describe("too-early: applications may not know the next key yet; overtaken: another rotation came first, and this one did nothing"),
    kid: z.string().nullable().describe("The key that signs now"),
    ready_at: z.string().nullable().describe("For too-early: when it will be possible"),
  })
  .meta({ id: "KeyRotation" });

const example = {
  kid: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
  alg: "RS256",
  state: "current" as const,
  since: "2026-11-24T08:00:00.000Z",
  ready_at: null,
  ends_at: null,
};

export function keyOperations({ signingKeys, keysChanged }: KeyOperationDeps): AnyOperation[] {
  return [
    operation({
      id: "listSigningKeys",
      method: "get",
      path: "/keys",
      summary: "List the keys that sign ID tokens, and their ages",
      scope: "keys:read",
      own: false,
      result: z.object({ items: z.array(KeyResult) }),
      status: 200,
      example: { result: { items: [example] } },
      run: async () => ({ status: 200, body: { items: (await signingKeys.list()).map(show) } }),
    }),
    operation({
      id: "rotateSigningKeys",
      method: "post",
      path: "/keys/rotate",
      summary: "Sign with the next keys from now on",
      details:
        "The previous keys stay published until everything they signed has expired, so nothing breaks. If applications may not know the next key yet, it does not sign and the outcome is too-early.",
      scope: "keys:write",
      own: false,
      body: z.strictObject({ alg: z.enum(signingAlgorithms).optional().describe("Only this algorithm") }),
      result: z.object({ items: z.array(RotationResult) }),
      status: 200,
      example: {
        body: {},
        result: { items: [{ alg: "RS256", outcome: "rotated" as const, kid: example.kid, ready_at: null }] },
      },
      run: async ({ caller, body }) => {
        const rotations = await signingKeys.rotate(caller.actor, body.alg);
        await keysChanged();
        const items = rotations.map((each) => ({
          alg: each.alg,
          outcome: each.outcome,
          kid: "kid" in each ? each.kid : null,
          ready_at: "readyAt" in each ? time(each.readyAt) : null,
        }));
        return { status: 200, body: { items } };
      },
    }),
    operation({
      id: "revokeSigningKey",
      method: "post",
      path: "/keys/:kid/revoke",
      summary: "Withdraw a key at once, for a key that may have leaked",
      details:
        "Applications refuse ID tokens and logout tokens that it signed as soon as they have read the keys again: within five minutes, if they respect Cache-Control. An id_token_hint that it signed is refused at once. Sessions, access tokens and refresh tokens continue. If it is the current key, the next key replaces it, even if applications do not know that one yet; those that do not look up unknown keys refuse sign-ins until they read the keys again.",
      scope: "keys:write",
      own: false,
      params: z.object({ kid: Identifier }),
      result: z.object({ kid: z.string(), alg: z.string(), signs_now: z.string().nullable().describe("The key that replaced it") }),
      status: 200,
      example: { params: { kid: example.kid }, result: { kid: example.kid, alg: "RS256", signs_now: "kR7sB1n9Zk3vJm6Q2tXw" } },
      run: async ({ caller, params }) => {
        const revocation = await signingKeys.revoke(params.kid, caller.actor);
        if (revocation.outcome === "unknown") throw notFound("key");
        await keysChanged();
        const { kid, alg } = revocation.key;
        return { status: 200, body: { kid, alg, signs_now: revocation.signsNow ?? null } };
      },
    }),
  ];
}

function show({ kid, alg, state, since, readyAt, endsAt }: SigningKey): z.output<typeof KeyResult> {
  return { kid, alg, state, since: time(since), ready_at: time(readyAt), ends_at: time(endsAt) };
}
