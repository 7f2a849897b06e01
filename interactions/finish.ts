// Ends an interaction: its result goes to oidc-provider, which resumes the authorization request.
import type { Context } from "koa";
import type { Way } from "../src/admission/ways.ts";
import { field } from "../src/http/forms.ts";
import { contexts } from "../src/oidc/claims.ts";
import type { UpstreamSession } from "../src/oidc/upstream-session.ts";
import { isWantedGuest } from "../src/oidc/wanted-guest.ts";
import type { FreshProof } from "../src/passkeys/passkeys.ts";
import { isMasked } from "./due-proof.ts";
import { keepTyped } from "./remembered.ts";
import type { Interaction, InteractionDeps, Visit } from "./visit.ts";

type Result = NonNullable<Interaction["result"]>;

/** Stores the result in the interaction that the request has already loaded, and sends the browser on (303, never 307: RFC 9700, 4.12). */
export async function finish(ctx: Context, visit: Visit, result: Result): Promise<void> {
  await store(visit, result);
  resume(ctx, visit);
}

/** Keeps it with the sign-in, on the server, in place of what was kept before. */
export async function store({ interaction }: Visit, result: Result): Promise<void> {
  interaction.result = "error" in result ? result : { ...interaction.lastSubmission, ...result };
  await interaction.persist();
}

/** Whether there is a result to continue with. Data that a sign-in only keeps for later is not a result. */
export function isAnswered({ interaction: { result = {} } }: Visit): boolean {
  return "login" in result || "error" in result || "consent" in result || "select_account" in result;
}

/** Continues to oidc-provider with the stored result. */
export function resume(ctx: Context, { interaction }: Visit): void {
  ctx.status = 303;
  ctx.redirect(interaction.returnTo);
}

interface SignedIn {
  way: Way;
  /** Whether the guest stays signed in when the browser is closed. */
  remember?: boolean;
  /** A passkey can be made from it: the guest is asked first. */
  fresh?: FreshProof | undefined;
  /** The session at a provider with which this one ends. */
  upstream?: UpstreamSession | undefined;
}

/** Back to the application with login_required, if it asked for another guest. */
export async function finishSignIn(
  ctx: Context,
  deps: InteractionDeps,
  visit: Visit,
  sub: string,
  { way, remember = false, fresh, upstream }: SignedIn,
): Promise<void> {
  if (await isWantedGuest(visit.interaction.params, sub, deps.guests)) {
    const result = { login: { accountId: sub, ...contexts[way], remember }, way, upstream, ...chosen(visit) };
    if (!fresh) return finish(ctx, visit, result);
    await store(visit, { ...result, passkey: fresh });
    ctx.status = 303;
    return ctx.redirect(`${visit.screen.path}/passkey`);
  }
  return finish(ctx, visit, { error: "login_required", error_description: "Another guest signed in than the one requested." });
}

/** A code answers prompt=select_account too: its guest is the chosen one. */
function chosen({ interaction }: Visit): Result {
  return interaction.prompt.name === "select_account" ? { select_account: {} } : {};
}

/** Back to the application with access_denied (RFC 6749, 4.1.2.1), and with what the guest did not do. */
export function cancel(ctx: Context, visit: Visit): Promise<void> {
  const refused = visit.interaction.prompt.name === "consent";
  const description = refused ? "The guest signed in but refused the application's request." : "The guest did not sign in.";
  return finish(ctx, visit, { error: "access_denied", error_description: description });
}

/**
 * Begins the same authorization request again, with a new interaction; the one before is left to expire, so that a second tap leads there too. One that was pushed (RFC 9126) was never meant to be
 * seen in a URL: it goes back to the application, which can push it again.
 */
export async function startAgain(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const { interaction } = visit;
  if ("parJti" in interaction && interaction.parJti) return cancel(ctx, visit);
  // No URL of ours shows an address: it survives in a cookie.
  const { login_hint: hint, ...params } = interaction.params;
  const typed = (await deps.signIn.progress(interaction.uid))?.address ?? hint;
  if (typeof typed === "string" && field(ctx, "other") === "" && !isMasked(visit, typed))
    await keepTyped(ctx, deps.rememberedAddresses, typed);
  const query = new URLSearchParams(
    // Only `resource` may occur more than once (RFC 8707, 2).
    Object.entries(params).flatMap(([name, value]) => [value ?? []].flat().map((each): [string, string] => [name, String(each)])),
  );
  ctx.status = 303;
  ctx.redirect(`/auth?${query}`);
}
