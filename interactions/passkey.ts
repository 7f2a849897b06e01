// Passkeys in a sign-in: signing in with one on the first screen, and the offer to make one right after a code.
import type { Context } from "koa";
import { field } from "../src/http/forms.ts";
import { forgetPasskey, passkeyMemory, rememberPasskey } from "../src/http/passkey-memory.ts";
import type { FreshProof } from "../src/passkeys/passkeys.ts";
import { enterEmailAgain } from "./enter-email.ts";
import { finishSignIn, isAnswered, resume } from "./finish.ts";
import { rememberAddress } from "./remembered.ts";
import { takesPasskey } from "./takes-passkey.ts";
import { notAdmittedPage } from "./views/dead-ends.ts";
import { offerPasskeyPage } from "./views/offer-passkey.ts";
import { type InteractionDeps, toDispatch, type Visit } from "./visit.ts";

export async function submitPasskey(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  if (isAnswered(visit)) return resume(ctx, visit);
  if (!takesPasskey(deps, visit)) return toDispatch(ctx, visit);
  const { translate } = visit.reader;
  const result = await deps.passkeySignIn.signIn(visit.signInContext, credentialIn(ctx));
  switch (result.outcome) {
    case "accepted":
      rememberPasskey(ctx, "used");
      await rememberAddress(ctx, deps.rememberedAddresses, result.address, result.provenAt);
      return finishSignIn(ctx, deps, visit, result.sub, { way: "passkey" });
    case "not-admitted":
      return visit.show(403, notAdmittedPage(visit.screen));
    case "unknown":
      // A guest who signs in with a code is asked again.
      forgetPasskey(ctx);
      return visit.show(403, await enterEmailAgain(ctx, deps, visit, translate("passkey.unknown")));
    case "too-often": {
      const wait = deps.texts.times(visit.reader.language).span(result.wait);
      const again = await enterEmailAgain(ctx, deps, visit, translate("passkey.too-often", { wait }));
      return visit.showTooOften(result.wait, () => again);
    }
  }
}

/** The offer, in the sign-in whose code has just come back. The sign-in's answer is already stored: a guest who ignores the offer is signed in. */
export async function showOffer(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const proof = freshProofIn(visit);
  const offer = proof && (await deps.passkeySignIn.creationOptions(visit.signInContext, proof));
  if (!offer) return toDispatch(ctx, visit);
  if (passkeyMemory(ctx) === undefined) rememberPasskey(ctx, "asked");
  visit.show(200, offerPasskeyPage(visit.screen, offer));
}

export async function makePasskey(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const proof = freshProofIn(visit);
  if (!proof) return toDispatch(ctx, visit);
  if (await deps.passkeySignIn.enrol(visit.signInContext, proof, credentialIn(ctx))) {
    rememberPasskey(ctx, "used");
    return resume(ctx, visit);
  }
  const offer = await deps.passkeySignIn.creationOptions(visit.signInContext, proof);
  if (!offer) return toDispatch(ctx, visit);
  visit.show(422, offerPasskeyPage(visit.screen, { ...offer, failed: true }));
}

export function leaveOffer(ctx: Context, visit: Visit): void {
  if (field(ctx, "ask") === "never") rememberPasskey(ctx, "never");
  if (isAnswered(visit)) resume(ctx, visit);
  else toDispatch(ctx, visit);
}

/** What finishSignIn has stored, none of it sent by the browser. */
function freshProofIn({ interaction }: Visit): FreshProof | undefined {
  const { login, passkey } = (interaction.result ?? {}) as { login?: { accountId: string }; passkey?: FreshProof };
  return login !== undefined && passkey?.sub === login.accountId ? passkey : undefined;
}

function credentialIn(ctx: Context): unknown {
  try {
    return JSON.parse(field(ctx, "credential"));
  } catch {
    return undefined;
  }
}
