// How administrators sign in to the console and out of it: passkeys, the link that enrols the first one, the session's cookie.
import type Router from "@koa/router";
import type { Context } from "koa";
import type { Administrators, At, SignedIn } from "../administrators/administrators.ts";
import type { Provider } from "../administrators/provider.ts";
import { ownCookie } from "../http/cookie-name.ts";
import { formBody } from "../http/forms.ts";
import { type Html, html } from "../http/html.ts";
import { networkOf } from "../http/network.ts";
import type { ConsolePage } from "./frame.ts";
import { textField } from "./views/parts.ts";

export interface EntranceDeps {
  administrators: Administrators;
  base: string;
  organisation: string;
  /** Counts an attempt by the network. @returns seconds to wait, if it was one too many */
  tooMany(network: string): Promise<number | undefined>;
  show(ctx: Context, status: number, page: ConsolePage): void;
  /** A way in beside passkeys, where the organisation has one. */
  provider: Provider | undefined;
}

/** Seconds: the session itself ends sooner, by its own rules. */
const cookieLasts = 12 * 60 * 60;

export function cookieName(ctx: Context): string {
  return ownCookie(ctx, "guestpass_console");
}

/** Gives the browser the session. `__Host-` keeps other hosts of the domain from planting one (RFC 6265bis, 4.1.3.2). */
export function keepSession(ctx: Context, token: string): void {
  ctx.cookies.set(cookieName(ctx), token, {
    path: "/",
    httpOnly: true,
    sameSite: "lax",
    secure: ctx.secure,
    signed: false,
    maxAge: cookieLasts * 1000,
  });
}

export async function signedIn(ctx: Context, administrators: Administrators): Promise<SignedIn | undefined> {
  const token = ctx.cookies.get(cookieName(ctx), { signed: false });
  return token !== undefined && /^[\w-]{43}$/.test(token) ? administrators.session(token) : undefined;
}

/** Where somebody signs in. */
export function at(ctx: Context): At {
  return { device: ctx.get("user-agent").slice(0, 500) || null, network: networkOf(ctx.ip) };
}

export function addEntrance(router: Router, deps: EntranceDeps): void {
  const { administrators, base } = deps;

  router.get("/sign-in", async (ctx) => {
    if (await signedIn(ctx, administrators)) return ctx.redirect(base);
    deps.show(ctx, 200, await signInPage(deps));
  });
  router.post("/sign-in", formBody, async (ctx) => {
    if (!(await ownTry(ctx, deps))) return;
    const token = await administrators.signIn(credentialIn(ctx), at(ctx));
    if (token === undefined)
      return deps.show(
        ctx,
        403,
        await signInPage(deps, "That passkey does not sign anybody in here. Use the one that you made for this console."),
      );
    keepSession(ctx, token);
    ctx.status = 303;
    ctx.redirect(base);
  });
  router.get("/enrol", (ctx) => deps.show(ctx, 200, linkPage(base)));
  router.post("/enrol/begin", formBody, async (ctx) => {
    if (!(await ownTry(ctx, deps))) return;
    await showEnrolment(ctx, deps, formField(ctx, "token"));
  });
  router.post("/enrol", formBody, async (ctx) => {
    if (!(await ownTry(ctx, deps))) return;
    const label = formField(ctx, "label").slice(0, 100) || "Passkey";
    const session = await administrators.enrol(formField(ctx, "token"), credentialIn(ctx), label, at(ctx));
    if (session === undefined) return showEnrolment(ctx, deps, formField(ctx, "token"), "That passkey could not be kept. Try again.");
    keepSession(ctx, session);
    ctx.status = 303;
    ctx.redirect(base);
  });
}

/** Posted from our own page, and not too often. */
async function ownTry(ctx: Context, deps: EntranceDeps): Promise<boolean> {
  if (!fromHere(ctx)) {
    ctx.throw(403);
    return false;
  }
  return !(await refusedTry(ctx, deps));
}

/** Counts the attempt. @returns whether it was one too many, which a page then says */
export async function refusedTry(ctx: Context, deps: EntranceDeps): Promise<boolean> {
  const wait = await deps.tooMany(networkOf(ctx.ip));
  if (wait === undefined) return false;
  ctx.set("Retry-After", String(wait));
  deps.show(ctx, 429, {
    title: "Too many tries",
    body: html`<p>There were many tries from your network. Wait ${Math.ceil(wait / 60)} minutes, then <a href="${deps.base}/sign-in">sign in</a>.</p>`,
  });
  return true;
}

/**
 * Browsers say where a form came from (Fetch Metadata). Older ones send the origin, or "null" on pages without a referrer, such as ours. A client
 * that sends nothing is not a browser, and has no cookie of one.
 */
export function fromHere(ctx: Context): boolean {
  const site = ctx.get("sec-fetch-site");
  if (site !== "") return site === "same-origin";
  // Koa's own `ctx.origin` is what the header says.
  return ["", "null", `${ctx.protocol}://${ctx.host}`].includes(ctx.get("origin"));
}

export function credentialIn(ctx: Context): unknown {
  try {
    return JSON.parse(formField(ctx, "credential"));
  } catch {
    return undefined;
  }
}

export function formField(ctx: Context, name: string): string {
  return new URLSearchParams(ctx.request.rawBody ?? "").get(name) ?? "";
}

/** A form whose button asks for a passkey: the script needs `credential`, and the options. */
export function passkeyForm(
  action: string,
  options: object,
  { label, kind = "get", fields = html`` }: { label: string; kind?: "get" | "create"; fields?: Html },
): Html {
  return html`<form method="post" action="${action}" class="card" data-kind="${kind}" data-passkey="${JSON.stringify(options)}">${fields}
<input type="hidden" name="credential" value=""><button class="primary" disabled>${label}</button>
<p id="passkey-status" role="status" class="help" hidden></p>
<noscript><p class="note wait">Passkeys need JavaScript. Switch it on for this site; everything else here works without.</p></noscript></form>`;
}

async function signInPage({ administrators, base, organisation, provider }: EntranceDeps, wrong?: string): Promise<ConsolePage> {
  return {
    title: "Sign in to the console",
    lead: `For administrators of guest access of ${organisation}. Guests sign in at the application that they were invited to.`,
    invalid: wrong !== undefined,
    scripts: ["passkey"],
    body: html`${wrong !== undefined && html`<p class="note bad" role="alert">${wrong}</p>`}
${passkeyForm(`${base}/sign-in`, await administrators.requestOptions(), { label: "Sign in with a passkey" })}
${provider && html`<p><a class="button" href="${base}/provider">Sign in with ${organisation}</a></p>`}
<details><summary>No passkey, or lost it?</summary><p>An owner can send you a new link, under Administrators. If no owner can get in: <code>guestpass admin link you@example.com</code> on the server prints one.</p></details>`,
  };
}

/** The page behind a link: its token is in the fragment, so a script has to send it. */
function linkPage(base: string): ConsolePage {
  return {
    title: "Make your passkey",
    lead: "With it you sign in to the console: your phone, your computer or a security key keeps it.",
    scripts: ["enrol"],
    body: html`<form method="post" action="${base}/enrol/begin" class="card" data-token>
<input type="hidden" name="token" value=""><button class="primary" disabled>Go on</button></form>
<noscript><p class="note wait">Passkeys need JavaScript. Switch it on for this site, and open the link once more.</p></noscript>`,
  };
}

async function showEnrolment(ctx: Context, deps: EntranceDeps, token: string, wrong?: string): Promise<void> {
  const opened = await deps.administrators.openLink(token);
  if (!opened)
    return deps.show(ctx, 404, {
      title: "This link no longer works",
      body: html`<p>It works once, for three days, and ends when a newer one is made. Ask an owner for a new one, or run <code>guestpass admin link</code> on the server. Have you made your passkey already? <a href="${deps.base}/sign-in">Sign in</a>.</p>`,
    });
  const { administrator, options } = opened;
  deps.show(ctx, wrong === undefined ? 200 : 422, {
    title: "Make your passkey",
    lead: html`For ${administrator.email}, as ${administrator.role}.`,
    invalid: wrong !== undefined,
    scripts: ["passkey"],
    body: html`${wrong !== undefined && html`<p class="note bad" role="alert">${wrong}</p>`}
${passkeyForm(`${deps.base}/enrol`, options, {
  label: "Make a passkey",
  kind: "create",
  fields: html`<input type="hidden" name="token" value="${token}">${textField("label", "Its name", { value: "Passkey", help: "Such as: work laptop. You can have several.", required: true })}`,
})}`,
  });
}
