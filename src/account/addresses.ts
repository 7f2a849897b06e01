// Adding an address, by codes to an old mailbox and to the new one; choosing the main one; removing one.
import { randomUUID } from "node:crypto";
import type { Context } from "koa";
import { second } from "../clock.ts";
import { type Address, parseAddress } from "../guests/address.ts";
import type { Alias } from "../guests/guest.ts";
import { field, formToken, isFormToken, reference } from "../http/forms.ts";
import { isLive } from "../invitations/invitation.ts";
import { addressesPage, codePage, forbiddenPage, type Refused, removalPage } from "./views/addresses.ts";
import type { AccountDeps, Visit } from "./visit.ts";
import { base, goOn, isFresh } from "./ways.ts";

export async function showAddresses(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  if (mayChange(ctx, deps, visit)) await showForm(deps, visit, 200);
}

export async function askForAddress(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  if (!mayChange(ctx, deps, visit)) return;
  const { translate } = visit.reader;
  const request = randomUUID();
  const typed = field(ctx, "email");
  const result = await deps.newAddress.ask(visit.guest, typed, askedAt(ctx, visit, request));
  switch (result.outcome) {
    case "not-an-address":
      return showForm(deps, visit, 422, { typed, problem: translate("enter-email.invalid") });
    case "own":
      return showForm(deps, visit, 422, { typed, problem: translate("account.new.own") });
    case "too-often":
      return showForm(deps, visit, 429, { typed, problem: translate("enter-email.too-often", { wait: visit.times.span(result.wait) }) });
    default:
      return goOn(ctx, pathOf(deps, visit, request));
  }
}

export async function chooseMain(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  if (!mayChange(ctx, deps, visit)) return;
  const address = parseAddress(field(ctx, "address"));
  if (address) await deps.aliases.choosePrimary(visit.guest, address, visit.by);
  goOn(ctx, `${base}?done=main`);
}

export async function showRemoval(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  if (!mayChange(ctx, deps, visit)) return;
  const alias = await aliasIn(ctx, deps, visit);
  if (!alias) return goOn(ctx, `${base}/addresses`);
  visit.show(
    200,
    removalPage(visit, { address: alias.address, path: removalOf(deps, visit)(alias), applications: await openedWith(deps, visit, alias) }),
  );
}

/** An address that is gone already is removed. */
export async function removeAddress(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  if (!mayChange(ctx, deps, visit)) return;
  const alias = await aliasIn(ctx, deps, visit);
  const { translate } = visit.reader;
  const { outcome } = alias
    ? await deps.aliases.removeOwn(visit.guest, parseAddress(alias.address) as Address, visit.by)
    : { outcome: "done" as const };
  if (outcome === "unproven") return showForm(deps, visit, 409, { removal: translate("account.remove.last") });
  if (outcome === "is-primary") return showForm(deps, visit, 409, { removal: translate("account.remove.main") });
  goOn(ctx, `${base}?done=removed`);
}

export async function showCode(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  const request = requestIn(ctx, deps, visit);
  if (request === undefined) return goOn(ctx, `${base}/addresses`);
  await showCodeFor(deps, visit, request, 200);
}

export async function addAddress(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  const request = requestIn(ctx, deps, visit);
  if (request === undefined) return goOn(ctx, `${base}/addresses`);
  const { translate } = visit.reader;
  const result = await deps.newAddress.add(visit.guest, request, field(ctx, "code"), visit.by);
  switch (result.outcome) {
    case "added":
      return goOn(ctx, `${base}?done=added`);
    case "wrong":
      return showCodeFor(deps, visit, request, 422, translate("enter-passcode.wrong", { count: result.left }));
    case "malformed":
      return showCodeFor(deps, visit, request, 422, translate("enter-passcode.malformed", { count: result.digits }));
    case "expired":
      return showCodeFor(deps, visit, request, 422, translate("enter-passcode.expired"));
    case "too-many":
      return showCodeFor(deps, visit, request, 429, translate("enter-passcode.too-many", { wait: visit.times.span(result.wait) }));
    case "taken":
      return showForm(deps, visit, 409, { typed: "", problem: translate("account.new.taken") });
    case "over":
      return showForm(deps, visit, 403, { typed: "", problem: translate("account.new.over") });
  }
}

export async function askAgain(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  const request = requestIn(ctx, deps, visit);
  const progress = request === undefined ? undefined : await deps.newAddress.progress(request);
  if (request === undefined || !progress) return goOn(ctx, `${base}/addresses`);
  await deps.newAddress.ask(visit.guest, progress.address, askedAt(ctx, visit, request));
  goOn(ctx, pathOf(deps, visit, request));
}

/** Only where guests may change them at all, and with a fresh code. */
function mayChange(ctx: Context, deps: AccountDeps, visit: Visit): boolean {
  if (deps.addressChanges) return isFresh(ctx, deps, visit, "addresses");
  visit.show(403, forbiddenPage(visit.reader.translate, deps));
  return false;
}

async function showForm(deps: AccountDeps, visit: Visit, status: number, refused?: Refused): Promise<void> {
  visit.show(status, addressesPage(visit, await deps.guests.aliases(visit.guest.sub), removalOf(deps, visit), refused));
}

async function showCodeFor(deps: AccountDeps, visit: Visit, request: string, status: number, problem?: string): Promise<void> {
  const progress = await deps.newAddress.progress(request);
  if (!progress || progress.provenBy !== null || progress.triesLeft === 0)
    return showForm(deps, visit, status === 200 ? 200 : 403, { typed: "", problem: visit.reader.translate("account.new.over") });
  const { address, digits, untilNextCode } = progress;
  const wait = untilNextCode > 0 ? { words: visit.times.span(untilNextCode), seconds: Math.ceil(untilNextCode / second) } : undefined;
  visit.show(
    status,
    codePage(visit, { path: pathOf(deps, visit, request), address, digits, reference: reference(request), problem, wait }),
  );
}

function askedAt(ctx: Context, { reader, by }: Visit, request: string) {
  return { request, by, language: reader.language, userAgent: ctx.get("User-Agent"), country: ctx.state["country"] };
}

/** Only requests of this guest in this session are shown or answered. */
function requestIn(ctx: Context, deps: AccountDeps, visit: Visit): string | undefined {
  const { request, mark } = ctx["params"];
  return deps.addressChanges && isFormToken(deps.formKey, subjectOf(visit, request), mark) ? request : undefined;
}

function pathOf(deps: AccountDeps, visit: Visit, request: string): string {
  return `${base}/addresses/${request}/${formToken(deps.formKey, subjectOf(visit, request))}`;
}

/** The page that asks whether to remove an address, which no URL names. */
function removalOf(deps: AccountDeps, visit: Visit): (alias: Alias) => string {
  return ({ id }) => `${base}/addresses/remove/${formToken(deps.formKey, subjectOf(visit, `remove ${id}`))}`;
}

async function aliasIn(ctx: Context, deps: AccountDeps, visit: Visit): Promise<Alias | undefined> {
  const aliases = await deps.guests.aliases(visit.guest.sub);
  return aliases.find(({ id }) => isFormToken(deps.formKey, subjectOf(visit, `remove ${id}`), ctx["params"].mark));
}

/** The names of the applications whose invitations go with the address. */
async function openedWith({ invitations, clock }: AccountDeps, { guest }: Visit, { address }: Alias): Promise<string[]> {
  const listed = await invitations.list({ guestSub: guest.sub }, 100);
  const live = listed.invitations.filter((each) => each.address === address && isLive(each, clock.now()));
  return [...new Set(live.map(({ applicationName }) => applicationName))];
}

function subjectOf({ session, guest }: Visit, request: string): string {
  return `address ${session.uid} ${guest.sub} ${request}`;
}
