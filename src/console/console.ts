// The administrators' console, put together. on-demand.ts loads it when it is first asked for.
import Router from "@koa/router";
import type { Context, Middleware } from "koa";
import type { InProcess } from "../admin/in-process.ts";
import type { Administrators, SignedIn } from "../administrators/administrators.ts";
import type { Provider } from "../administrators/provider.ts";
import { roleScopes } from "../administrators/roles.ts";
import type { Caller } from "../api/caller.ts";
import { Problem } from "../api/problem.ts";
import type { Clock } from "../clock.ts";
import { formUpTo } from "../http/forms.ts";
import { type Html, html } from "../http/html.ts";
import { networkOf } from "../http/network.ts";
import type { KeyRing } from "../secrets.ts";
import { addAssets } from "./assets.ts";
import { type ConsoleRoute, Desk } from "./desk.ts";
import { addEntrance, cookieName, credentialIn, type EntranceDeps, formField, fromHere, passkeyForm, signedIn } from "./entrance.ts";
import { consoleHtml, type NavigationEntry, sendHtml } from "./frame.ts";
import { ownPages } from "./own.ts";
import { consolePages } from "./pages/index.ts";
import { addProviderEntrance, confirmForm } from "./provider-entrance.ts";

export interface ConsoleDeps {
  administrators: Administrators;
  /** The organisation's own, where it has one. */
  provider: Provider | undefined;
  inProcess: InProcess;
  clock: Clock;
  key: KeyRing;
  /** The path, no slash at its end. */
  base: string;
  issuer: string;
  organisation: string;
  /** Counts an attempt to get in. @returns seconds to wait, if it was one too many */
  tooManyTries(network: string): Promise<number | undefined>;
  /** Counts a request of an administrator. @returns seconds to wait, if it was one too many */
  tooManyRequests(administratorId: string): Promise<number | undefined>;
}

const zoneCookie = "guestpass_zone";

export function consoleRoutes(deps: ConsoleDeps): Router[] {
  const { administrators, base, organisation, inProcess, clock } = deps;
  const { routes: pages, words: said, navigation } = consolePages(deps);
  const own = ownPages({ administrators, actorOf: ({ who, ctx }) => callerOf(who, ctx).actor });
  const routes = [...pages, ...own.routes];
  const words = { ...said, ...own.words };
  const router = new Router({ prefix: base });
  const frame = { base, organisation, zoneCookie };
  const tokenOf = ({ session }: SignedIn) => deps.key.mac("form", session.id).toString("base64url");
  const callerOf = ({ administrator }: SignedIn, ctx: Context): Caller => ({
    clientId: `administrator:${administrator.id}`,
    administrator: true,
    scopes: roleScopes[administrator.role],
    actor: { who: `administrator:${administrator.id}`, channel: "console", network: networkOf(ctx.ip) },
  });
  const entriesFor = (caller: Caller): NavigationEntry[] =>
    navigation.filter(({ needs }) => needs.every((id) => inProcess.allows(caller, id))).map(({ path, name }) => ({ path, name }));

  addAssets(router);
  const entrance: EntranceDeps = {
    administrators,
    base,
    organisation,
    provider: deps.provider,
    tooMany: (network) => deps.tooManyTries(network),
    show: (ctx, status, page) => sendHtml(ctx, status, consoleHtml(frame, page)),
  };
  addEntrance(router, entrance);
  addProviderEntrance(router, entrance);

  const deskOf = (ctx: Context, who: SignedIn): Desk => {
    const caller = callerOf(who, ctx);
    const token = tokenOf(who);
    return new Desk({
      ctx,
      base,
      who,
      caller,
      inProcess,
      token,
      now: clock.now(),
      zone: zoneOf(ctx),
      words,
      show: (status, page) => {
        const { name, email, role } = who.administrator;
        const me = { name: name ?? email, role, here: ctx.path.slice(base.length), entries: entriesFor(caller), token };
        sendHtml(ctx, status, consoleHtml(frame, page, me));
      },
    });
  };

  /** Admits people who are signed in; others are sent to sign in. Forms have to come from one of our own pages. */
  const admitted =
    (route: ConsoleRoute): Middleware =>
    async (ctx) => {
      const who = await signedIn(ctx, administrators);
      if (!who) {
        ctx.status = 303;
        return ctx.redirect(`${base}/sign-in`);
      }
      const desk = deskOf(ctx, who);
      const wait = await deps.tooManyRequests(who.administrator.id);
      if (wait !== undefined) {
        ctx.set("Retry-After", String(wait));
        return desk.show({ title: "Too many requests", body: html`<p>Wait ${wait} seconds, then load the page again.</p>` }, 429);
      }
      if (
        route.method === "post" &&
        !(fromHere(ctx) && deps.key.made(Buffer.from(formField(ctx, "token"), "base64url"), 32, "form", who.session.id))
      )
        return desk.show(
          {
            title: "Open the page again",
            body: html`<p>The form was made in another session. Nothing was done. Go <a href="${base}">back to the console</a> and try again.</p>`,
          },
          403,
        );
      if (!desk.allows(...route.needs))
        return desk.show(
          {
            title: "Not for your role",
            body: html`<p>As ${who.administrator.role} you may not do this. An owner can give you another role, under Administrators.</p>`,
          },
          403,
        );
      if (route.confirmed && !(await isThere(desk, deps))) return;
      await answered(desk, route);
    };

  for (const route of routes) {
    if (route.method === "get") router.get(route.path, admitted(route));
    else router.post(route.path, formUpTo(route.limit ?? "64kb"), admitted(route));
  }
  router.post("/sign-out", formUpTo("64kb"), async (ctx) => {
    const who = await signedIn(ctx, administrators);
    if (who && fromHere(ctx) && deps.key.made(Buffer.from(formField(ctx, "token"), "base64url"), 32, "form", who.session.id))
      await administrators.endSession(who.administrator.id, who.session.id, callerOf(who, ctx).actor);
    ctx.cookies.set(cookieName(ctx), "", { path: "/", signed: false, secure: ctx.secure, maxAge: 0 });
    ctx.status = 303;
    ctx.redirect(`${base}/sign-in`);
  });
  router.all("{/*path}", async (ctx) => {
    const who = await signedIn(ctx, administrators);
    const body = html`<p>There is no such page. <a href="${base}">Go to the overview.</a></p>`;
    if (who) deskOf(ctx, who).show({ title: "Page not found", body }, 404);
    else sendHtml(ctx, 404, consoleHtml(frame, { title: "Page not found", body }));
  });
  return [router];
}

/** A refusal by an operation becomes a page with a way back. */
async function answered(desk: Desk, route: ConsoleRoute): Promise<void> {
  try {
    await route.run(desk);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { errors = [] } = error.extra as { errors?: { field: string; message: string }[] };
    desk.show(
      {
        title: error.status === 404 ? "Not found" : "That was not done",
        body: html`<p>${error.message}</p>${errors.length > 0 && html`<ul>${errors.map(({ field, message }) => html`<li>${field} ${message}</li>`)}</ul>`}
<p>Go back with your browser and try again, or <a href="${desk.base}">go to the overview</a>.</p>`,
      },
      error.status,
    );
  }
}

/** A recent proof of presence is enough. Otherwise asks for one, keeps what was posted, and continues after the answer. */
async function isThere(desk: Desk, { administrators, provider, organisation }: ConsoleDeps): Promise<boolean> {
  const { ctx, who } = desk;
  if (administrators.isConfirmed(who)) return true;
  const atProvider = provider !== undefined && who.administrator.provider === provider.issuer;
  const answered = formField(ctx, atProvider ? "again" : "credential") !== "";
  if (answered && !atProvider && (await administrators.confirm(who, credentialIn(ctx)))) return true;
  const posted = [...new URLSearchParams(ctx.request.rawBody ?? "")].filter(([name]) => name !== "credential" && name !== "again");
  const kept: Html[] = posted.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
  if (atProvider) {
    desk.show(
      {
        title: "Is it you?",
        lead: `You last signed in more than 15 minutes ago. Sign in with ${organisation} once more, and what you asked for is done.`,
        invalid: answered,
        body: html`${answered && html`<p class="note bad" role="alert">You have not signed in anew yet. Do that first, in the tab that opens.</p>`}
${confirmForm(desk.base, ctx.path, organisation, kept)}<p><a href="${desk.base}">Leave it</a></p>`,
      },
      answered ? 403 : 200,
    );
    return false;
  }
  desk.show(
    {
      title: "Is it you?",
      lead: "You last used your passkey more than 15 minutes ago. Use it once more, and what you asked for is done.",
      scripts: ["passkey"],
      invalid: answered,
      body: html`${answered && html`<p class="note bad" role="alert">That is not your passkey. Try again.</p>`}
${passkeyForm(ctx.path, await administrators.requestOptions(), { label: "Use my passkey", fields: html`${kept}` })}<p><a href="${desk.base}">Leave it</a></p>`,
    },
    answered ? 403 : 200,
  );
  return false;
}

/** The time zone that the browser sent; UTC if it sent none, or one that does not exist. */
function zoneOf(ctx: Context): string {
  const zone = (ctx.cookies.get(zoneCookie, { signed: false }) ?? "UTC").replaceAll("%2F", "/").replaceAll("%2B", "+");
  return /^[\w+/-]{1,64}$/.test(zone) && isZone(zone) ? zone : "UTC";
}

function isZone(timeZone: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat("en", { timeZone }));
  } catch {
    return false;
  }
}
