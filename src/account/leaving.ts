// Leaving one application, or everything.
import type { Context } from "koa";
import { leavable } from "./overview.ts";
import { gonePage, leaveAllPage, leaveOnePage } from "./views/leaving.ts";
import type { AccountDeps, Visit } from "./visit.ts";
import { base, goOn, isFresh } from "./ways.ts";

export async function showLeaveOne(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  const place = await leavable(deps, visit.guest, clientIdIn(ctx));
  if (!place) return goOn(ctx, base);
  if (isFresh(ctx, deps, visit, pageOf(place.clientId))) visit.show(200, leaveOnePage(visit, place, `${base}/${pageOf(place.clientId)}`));
}

export async function leaveOne(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  const place = await leavable(deps, visit.guest, clientIdIn(ctx));
  if (!place) return goOn(ctx, base);
  if (!isFresh(ctx, deps, visit, pageOf(place.clientId))) return;
  await deps.invitations.leave(visit.guest.sub, place.clientId, visit.by);
  goOn(ctx, `${base}?done=left`);
}

export async function showLeaveAll(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  if (isFresh(ctx, deps, visit, "leave")) visit.show(200, leaveAllPage(visit, deps));
}

/** After an immediate erasure, nobody is signed in when the page says so. */
export async function leaveAll(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  if (!isFresh(ctx, deps, visit, "leave")) return;
  const { guest, by } = visit;
  if (deps.erasure === "confirmed") {
    await deps.lifeCycle.askForErasure(guest, by);
    return goOn(ctx, `${base}#leave`);
  }
  await deps.sessions.endAllOf(guest.sub, by);
  await deps.lifeCycle.erase(guest, by);
  visit.show(200, gonePage(visit.reader.translate));
}

export async function stay(ctx: Context, deps: AccountDeps, { guest, by }: Visit): Promise<void> {
  await deps.lifeCycle.takeErasureBack(guest.sub, by);
  goOn(ctx, `${base}?done=stayed`);
}

function clientIdIn(ctx: Context): string {
  return ctx["params"].client;
}

function pageOf(clientId: string): string {
  return `leave/${encodeURIComponent(clientId)}`;
}
