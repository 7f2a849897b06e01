// Lets the guest choose the account to sign in with, if the application asks for that (prompt=select_account; OpenID Connect Core 1.0, 3.1.2.1).
import type { Context } from "koa";
import { masked } from "./due-proof.ts";
import { showEnterEmail } from "./enter-email.ts";
import { finish } from "./finish.ts";
import { chooseGuestPage } from "./views/choose-guest.ts";
import { type InteractionDeps, toDispatch, type Visit } from "./visit.ts";

/** Offers to continue as the session's guest, or with another address. Without a session there is nothing to choose from. */
export async function showChooseGuest(ctx: Context, deps: InteractionDeps, visit: Visit): Promise<void> {
  const sub = visit.interaction.session?.accountId;
  const guest = sub === undefined ? undefined : await deps.guests.findBySub(sub);
  if (!guest) return showEnterEmail(ctx, deps, visit, undefined);
  visit.show(200, chooseGuestPage(visit.screen, masked(guest.email)));
}

export async function goOnAsGuest(ctx: Context, visit: Visit): Promise<void> {
  const { prompt, session } = visit.interaction;
  if (prompt.name !== "select_account" || session?.accountId === undefined) return toDispatch(ctx, visit);
  return finish(ctx, visit, { select_account: {} });
}
