// Ends an interaction: its result goes to oidc-provider, which resumes the authorization request.
import type { Context } from "koa";
import { acr, amr } from "../src/oidc/account.ts";
import { isWantedGuest } from "../src/oidc/wanted-guest.ts";
import type { Interaction, InteractionDeps, Visit } from "./visit.ts";

type Result = NonNullable<Interaction["result"]>;

/** Stores the result in the interaction that the request has already loaded, and sends the browser on (303, never 307: RFC 9700, 4.12). */
export async function finish(ctx: Context, { interaction }: Visit, result: Result): Promise<void> {
  interaction.result = "error" in result ? result : { ...interaction.lastSubmission, ...result };
  await interaction.persist();
  ctx.status = 303;
  ctx.redirect(interaction.returnTo);
}

/**
 * Back to the application with login_required where it asked for another guest.
 * @param remember whether the guest stays signed in when the browser is closed
 */
export async function finishSignIn(ctx: Context, deps: InteractionDeps, visit: Visit, sub: string, remember = false): Promise<void> {
  if (await isWantedGuest(visit.interaction.params, sub, deps.guests))
    return finish(ctx, visit, { login: { accountId: sub, acr, amr, remember } });
  return finish(ctx, visit, { error: "login_required", error_description: "Another guest signed in than the one that was asked for." });
}

/** Back to the application with access_denied (RFC 6749, 4.1.2.1). */
export function cancel(ctx: Context, visit: Visit): Promise<void> {
  return finish(ctx, visit, { error: "access_denied", error_description: "The guest did not sign in." });
}

/**
 * Begins the same authorization request anew, with a new interaction; the one before is left to expire, so that a second tap leads there too. One that was pushed (RFC 9126) was never meant to be
 * seen in a URL: it goes back to the application, which can push it again.
 */
export async function startAgain(ctx: Context, visit: Visit): Promise<void> {
  const { interaction } = visit;
  if ("parJti" in interaction && interaction.parJti) return cancel(ctx, visit);
  const { login_hint: _address, ...params } = interaction.params;
  const query = new URLSearchParams(
    // Only `resource` may come more than once (RFC 8707, 2).
    Object.entries(params).flatMap(([name, value]) => [value ?? []].flat().map((each): [string, string] => [name, String(each)])),
  );
  ctx.status = 303;
  ctx.redirect(`/auth?${query}`);
}
