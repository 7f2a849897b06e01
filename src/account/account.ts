// The guests' own page. Guestpass is its own client here: signing in goes through the protocol like anywhere else, and the page then reads
// the session that it leaves behind (docs/decisions/046). on-demand.ts loads it when it is first asked for.
import Router from "@koa/router";
import type { Context } from "koa";
import { ownClientId } from "../applications/own-page.ts";
import type { Actor } from "../audit/audit.ts";
import { field, formBody, formToken, isFormToken } from "../http/forms.ts";
import { networkOf } from "../http/network.ts";
import { type Page, sendPage } from "../http/page.ts";
import { forgetPasskey } from "../http/passkey-memory.ts";
import { readerOf } from "../http/reader.ts";
import { addAddress, askAgain, askForAddress, chooseMain, removeAddress, showAddresses, showCode, showRemoval } from "./addresses.ts";
import { downloadOf } from "./download.ts";
import { saveKnown } from "./known.ts";
import { leaveAll, leaveOne, showLeaveAll, showLeaveOne, stay } from "./leaving.ts";
import { overviewOf } from "./overview.ts";
import { passkeysOf, removePasskey } from "./passkeys.ts";
import { showUndo, undo } from "./undoing.ts";
import { removeUpstream, upstreamsOf } from "./upstreams.ts";
import { awayPage, forgedPage, suspendedPage } from "./views/dead-ends.ts";
import { overviewPage } from "./views/overview.ts";
import type { AccountDeps, Visit } from "./visit.ts";
import { base, goOn, isFresh, pageAfter, signIn } from "./ways.ts";

type Action = (ctx: Context, deps: AccountDeps, visit: Visit) => Promise<void>;

export function accountRoutes(deps: AccountDeps): Router {
  const router = new Router();
  router.get(`${base}/callback`, (ctx) => comeBack(ctx, deps));
  router.get(base, visited(deps, showOverview));
  router.post(`${base}/confirm`, formBody, visited(deps, confirm));
  router.post(`${base}/sessions/end`, formBody, visited(deps, endSession));
  router.post(`${base}/sessions/end-others`, formBody, visited(deps, endOtherSessions));
  router.get(`${base}/addresses`, visited(deps, showAddresses));
  router.post(`${base}/addresses`, formBody, visited(deps, askForAddress));
  router.post(`${base}/addresses/main`, formBody, visited(deps, chooseMain));
  router.get(`${base}/addresses/remove/:mark`, visited(deps, showRemoval));
  router.post(`${base}/addresses/remove/:mark`, formBody, visited(deps, removeAddress));
  router.get(`${base}/addresses/:request/:mark`, visited(deps, showCode));
  router.post(`${base}/addresses/:request/:mark`, formBody, visited(deps, addAddress));
  router.post(`${base}/addresses/:request/:mark/again`, formBody, visited(deps, askAgain));
  router.get(`${base}/undo/:token`, (ctx) => showUndo(ctx, deps));
  router.post(`${base}/undo/:token`, formBody, (ctx) => undo(ctx, deps));
  router.post(`${base}/known`, formBody, visited(deps, known));
  router.post(
    `${base}/passkeys/remove`,
    formBody,
    visited(deps, async (ctx, _deps, visit) => {
      await removePasskey(ctx, deps, visit);
      goOn(ctx, `${base}?done=passkey-removed`);
    }),
  );
  router.post(
    `${base}/upstreams/remove`,
    formBody,
    visited(deps, async (ctx, _deps, visit) => {
      await removeUpstream(ctx, deps, visit);
      goOn(ctx, `${base}?done=upstream-removed`);
    }),
  );
  router.post(`${base}/passkeys/add`, formBody, visited(deps, addPasskey));
  router.post(`${base}/download`, formBody, visited(deps, download));
  router.get(`${base}/leave`, visited(deps, showLeaveAll));
  router.post(`${base}/leave`, formBody, visited(deps, leaveAll));
  router.post(`${base}/stay`, formBody, visited(deps, stay));
  router.get(`${base}/leave/:client`, visited(deps, showLeaveOne));
  router.post(`${base}/leave/:client`, formBody, visited(deps, leaveOne));
  return router;
}

async function showOverview(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  visit.show(200, overviewPage(visit, await shownOf(deps, visit), { ...shownWith(deps), done: String(ctx.query["done"]) }));
}

async function known(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  if (await saveKnown(ctx, deps, visit)) return;
  visit.show(422, overviewPage(visit, await shownOf(deps, visit), { ...shownWith(deps), wrongName: field(ctx, "name") }));
}

async function shownOf(deps: AccountDeps, visit: Visit) {
  return { ...(await overviewOf(deps, visit)), passkeys: await passkeysOf(deps, visit), upstreams: await upstreamsOf(deps, visit) };
}

function shownWith({ organisation, texts, addressChanges, support }: AccountDeps) {
  return { organisation, languages: texts.languages, addressChanges, support };
}

/** A code to one of the guest's own addresses. */
async function confirm(ctx: Context, deps: AccountDeps, { guest }: Visit): Promise<void> {
  const own = (await deps.guests.aliases(guest.sub)).find(({ address }) => address === field(ctx, "address"));
  signIn(ctx, deps, own ? { prompt: "login", login_hint: own.address } : { prompt: "login" });
}

/** A code is asked for, after which a passkey is offered, whatever this browser remembers. */
async function addPasskey(ctx: Context, deps: AccountDeps, { guest }: Visit): Promise<void> {
  forgetPasskey(ctx);
  signIn(ctx, deps, { prompt: "login", login_hint: guest.email });
}

async function endSession(ctx: Context, deps: AccountDeps, { guest, by }: Visit): Promise<void> {
  const uid = field(ctx, "session");
  const own = (await deps.sessions.list(guest.sub)).some((session) => session.uid === uid);
  if (own) await deps.sessions.end(uid, by);
  goOn(ctx, `${base}?done=ended`);
}

async function endOtherSessions(ctx: Context, deps: AccountDeps, { guest, session, by }: Visit): Promise<void> {
  for (const { uid } of await deps.sessions.list(guest.sub)) if (uid !== session.uid) await deps.sessions.end(uid, by);
  goOn(ctx, `${base}?done=ended`);
}

async function download(ctx: Context, deps: AccountDeps, visit: Visit): Promise<void> {
  if (!isFresh(ctx, deps, visit)) return;
  ctx.attachment("guest-data.json");
  ctx.type = "application/json";
  ctx.body = `${JSON.stringify(await downloadOf(deps, visit), null, 2)}\n`;
}

/** Admits a guest who is signed in; others are sent to sign in, or told why not. Forms have to come from one of our own pages. */
function visited(deps: AccountDeps, action: Action): (ctx: Context) => Promise<void> {
  return async (ctx) => {
    const session = await deps.sessionIn(ctx);
    const guest = session && (await deps.guests.findBySub(session.sub));
    // The sub of a guest who was merged into another one is no longer in use.
    if (!session || !guest || guest.sub !== session.sub) return signIn(ctx, deps);
    const reader = readerOf(ctx, deps.texts, guest.locale ?? undefined);
    const show = (status: number, page: Page) => sendPage(ctx, reader, status, page);
    const own = await deps.applications.find(ownClientId);
    const standing = own && (await deps.admission.standing(own, guest));
    if (standing?.outcome === "due") return signIn(ctx, deps);
    if (standing?.outcome !== "admitted") return show(403, suspendedPage(reader.translate, deps.organisation));
    const subject = `account ${session.uid} ${guest.sub}`;
    const token = formToken(deps.formKey, subject);
    if (ctx.method === "POST" && !isFormToken(deps.formKey, subject, field(ctx, "token"))) return show(403, forgedPage(reader.translate));
    const by: Actor = { who: `guest:${guest.sub}`, channel: "account", network: networkOf(ctx.ip) };
    await action(ctx, deps, { guest, session, reader, times: deps.texts.times(reader.language), by, token, show });
  };
}

/** The session decides who is signed in, whatever the answer says: nobody can bring another guest's answer here. */
async function comeBack(ctx: Context, deps: AccountDeps): Promise<void> {
  const reader = readerOf(ctx, deps.texts);
  if (ctx.query["error"] !== undefined) return sendPage(ctx, reader, 200, awayPage(reader.translate));
  goOn(ctx, pageAfter(ctx.query["state"]));
}
