import type { Context } from "koa";
import { field } from "../src/http/forms.ts";
import { passkeyMemory } from "../src/http/passkey-memory.ts";
import { wantsCode } from "../src/oidc/claims.ts";
import { reverificationOf } from "./due-proof.ts";
import type { InteractionDeps, Visit } from "./visit.ts";

/** Not if a code is asked for with a reason, nor if the application wants a proven mailbox. */
export function takesPasskey({ passkeySignIn }: InteractionDeps, visit: Visit): boolean {
  const { prompt, params } = visit.interaction;
  return prompt.name !== "consent" && !reverificationOf(visit) && !wantsCode(params, "passkey") && passkeySignIn.isOn(visit.signInContext);
}

/** Whether to offer making a passkey: once, and not if one is in use or unwanted. */
export function wantsOffer(ctx: Context): boolean {
  return field(ctx, "able") === "yes" && passkeyMemory(ctx) === undefined;
}
