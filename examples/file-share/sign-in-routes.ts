// Leaving for the provider, coming back from it, and signing out.
import Router from "@koa/router";
import type { Context } from "koa";
import { sendPage } from "./pages/layout.ts";
import { declinedPage, failedSignInPage, foreignLinkPage, signedOutPage, staleSignInPage } from "./pages/problems.ts";
import type { Sessions } from "./sessions.ts";
import { initiateLoginPath, type Settings } from "./settings.ts";
import type { SignIn, SignInWish } from "./sign-in.ts";

/** Sends the browser to sign in; it comes back to `returnTo`. */
export type BeginSignIn = (ctx: Context, returnTo: string, wish?: SignInWish) => Promise<void>;

export function beginningSignIn({ signIn, sessions }: { signIn: SignIn; sessions: Sessions }): BeginSignIn {
  return async (ctx, returnTo, wish) => {
    const { url, state, pending } = await signIn.begin(returnTo, wish);
    sessions.remember(ctx, state, pending);
    redirect(ctx, url.href);
  };
}

interface SignInRouteDeps {
  signIn: SignIn;
  sessions: Sessions;
  beginSignIn: BeginSignIn;
  settings: Settings;
}

export function signInRoutes({ signIn, sessions, beginSignIn, settings }: SignInRouteDeps): Router {
  const router = new Router();

  // The link in an invitation leads here (OpenID Connect Core 1.0, section 4). Anybody can make such a link: it begins a sign-in at
  // our provider or nothing, and ends on a page of ours.
  router.get(initiateLoginPath, (ctx) => {
    const { iss, login_hint: hint, target_link_uri: target = `${settings.url}/you` } = ctx.query;
    const returnTo = typeof target === "string" ? ownPath(target, settings) : undefined;
    if (iss !== settings.issuer || returnTo === undefined) return sendPage(ctx, 400, foreignLinkPage);
    return beginSignIn(ctx, returnTo, typeof hint === "string" ? { login_hint: hint } : {});
  });

  router.get("/callback", async (ctx) => {
    const state = new URLSearchParams(ctx.search).get("state") ?? "";
    const pending = sessions.take(ctx, state);
    if (!pending) return sendPage(ctx, 400, staleSignInPage);
    const result = await signIn.finish(ctx.search, state, pending);
    if (result.outcome === "declined") return sendPage(ctx, 200, declinedPage(pending.returnTo));
    if (result.outcome === "failed") {
      console.error(`A sign-in failed: ${result.reason}`);
      return sendPage(ctx, 400, failedSignInPage(pending.returnTo));
    }
    sessions.signIn(ctx, result.guest, pending.returnTo);
    redirect(ctx, pending.returnTo);
  });

  router.post("/sign-out", async (ctx) => {
    const guest = sessions.signedIn(ctx)?.guest;
    sessions.end(ctx);
    redirect(ctx, guest ? (await signIn.signOutUrl(guest)).href : "/signed-out");
  });

  router.get("/signed-out", (ctx) => sendPage(ctx, 200, signedOutPage));

  return router;
}

/** @returns the path of an address of this application, undefined for any other: no open redirect, not by //elsewhere either */
function ownPath(target: string, { url }: Settings): string | undefined {
  const parsed = URL.parse(target);
  return parsed?.origin === url && !parsed.pathname.startsWith("//") ? parsed.pathname + parsed.search : undefined;
}

function redirect(ctx: Context, to: string): void {
  ctx.status = 303;
  ctx.redirect(to);
}
