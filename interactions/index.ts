// The screens that a guest sees between the authorization request and its answer.
import Router from "@koa/router";
import type { Context } from "koa";
import { formBody } from "../src/http/forms.ts";
import { signInOf } from "../src/oidc/resumption.ts";
import { goOnAsGuest } from "./choose-guest.ts";
import { submitConfirmMailbox } from "./confirm-mailbox.ts";
import { agree } from "./consent.ts";
import { streamDelivery } from "./delivery.ts";
import { dispatch, showAnotherEmail } from "./dispatch.ts";
import { continueAsRemembered, forgetRemembered, submitEmail } from "./enter-email.ts";
import { resend, submitPasscode } from "./enter-passcode.ts";
import { cancel, startAgain } from "./finish.ts";
import { leaveOffer, makePasskey, showOffer, submitPasskey } from "./passkey.ts";
import { finishUpstream, submitUpstream } from "./upstream.ts";
import { type InteractionDeps, openFormVisit, openVisit, type Visit } from "./visit.ts";

export { DeliveryStreams } from "./delivery-streams.ts";

type Action = (ctx: Context, deps: InteractionDeps, visit: Visit) => void | Promise<void>;

const screens: Record<string, Action> = {
  "/interaction/:uid": dispatch,
  "/interaction/:uid/email": showAnotherEmail,
  "/interaction/:uid/delivery": streamDelivery,
  "/interaction/:uid/passkey": showOffer,
};

const submissions: Record<string, Action> = {
  "/interaction/:uid/email": submitEmail,
  "/interaction/:uid/remembered": continueAsRemembered,
  "/interaction/:uid/forget": (ctx, _deps, visit) => forgetRemembered(ctx, visit),
  "/interaction/:uid/confirm": submitConfirmMailbox,
  "/interaction/:uid/passcode": submitPasscode,
  "/interaction/:uid/resend": resend,
  "/interaction/:uid/passkey": submitPasskey,
  "/interaction/:uid/passkey/make": makePasskey,
  "/interaction/:uid/passkey/leave": (ctx, _deps, visit) => leaveOffer(ctx, visit),
  "/interaction/:uid/upstream": submitUpstream,
  "/interaction/:uid/consent": agree,
  "/interaction/:uid/continue": (ctx, _deps, visit) => goOnAsGuest(ctx, visit),
  "/interaction/:uid/cancel": (ctx, _deps, visit) => cancel(ctx, visit),
  "/interaction/:uid/start-again": startAgain,
};

export function interactionRoutes(deps: InteractionDeps): Router {
  const router = new Router();
  for (const [path, action] of Object.entries(screens)) {
    router.get(path, async (ctx) => {
      const visit = await openVisit(ctx, deps);
      if (visit) await action(ctx, deps, visit);
    });
  }
  // The state names the sign-in; whether it belongs to this browser is checked as for any of its pages.
  router.get("/upstream/:provider/callback", async (ctx) => {
    ctx.params["uid"] = signInOf(ctx.query["state"]) ?? "";
    const visit = await openVisit(ctx, deps);
    if (visit) await finishUpstream(ctx, deps, visit);
  });
  for (const [path, action] of Object.entries(submissions)) {
    router.post(path, formBody, async (ctx) => {
      const visit = await openFormVisit(ctx, deps);
      if (visit) await action(ctx, deps, visit);
    });
    // A wrong form is shown again at its own address, which phones load again when they return to the tab.
    if (!(path in screens)) router.get(path, backToDispatch);
  }
  return router;
}

function backToDispatch(ctx: Context): void {
  ctx.status = 303;
  ctx.redirect(`/interaction/${encodeURIComponent(ctx["params"].uid)}`);
}
