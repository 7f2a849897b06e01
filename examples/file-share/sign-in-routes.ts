// Leaving for the provider, coming back from it, and signing out.
import Router from "@koa/router";
import type { Context } from "koa";
import { sendPage } from "./pages/layout.ts";
import { declinedPage, failedSignInPage, signedOutPage, staleSignInPage } from "./pages/problems.ts";
import type { Sessions } from "./sessions.ts";
import type { SignIn } from "./sign-in.ts";

/** Sends the browser to sign in; it comes back to `returnTo`. */
export type BeginSignIn = (ctx: Context, returnTo: string, extra?: { prompt?: "login" }) => Promise<void>;

export function beginningSignIn({ signIn, sessions }: { signIn: SignIn; sessions: Sessions }): BeginSignIn {
  return async (ctx, returnTo, extra) => {
    const { url, state, pending } = await signIn.begin(returnTo, extra);
    sessions.remember(ctx, state, pending);
    redirect(ctx, url.href);
  };
}

export function signInRoutes({ signIn, sessions }: { signIn: SignIn; sessions: Sessions }): Router {
  const router = new Router();

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
    sessions.signIn(ctx, result.guest);
    redirect(ctx, pending.returnTo);
  });

  router.post("/sign-out", async (ctx) => {
    const guest = sessions.find(ctx)?.guest;
    sessions.end(ctx);
    redirect(ctx, guest ? (await signIn.signOutUrl(guest)).href : "/signed-out");
  });

  router.get("/signed-out", (ctx) => sendPage(ctx, 200, signedOutPage));

  return router;
}

function redirect(ctx: Context, to: string): void {
  ctx.status = 303;
  ctx.redirect(to);
}
