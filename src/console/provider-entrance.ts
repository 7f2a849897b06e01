// The way into the console through the organisation's own OpenID provider.
import type Router from "@koa/router";
import type { Context } from "koa";
import type { Entered } from "../administrators/administrators.ts";
import type { ProviderAnswer } from "../administrators/provider.ts";
import { ownCookie } from "../http/cookie-name.ts";
import { type Html, html } from "../http/html.ts";
import { at, type EntranceDeps, keepSession, refusedTry, signedIn } from "./entrance.ts";

/** How many minutes a browser keeps the ticket of a sign-in. */
const ticketLasts = 10;

export function addProviderEntrance(router: Router, deps: EntranceDeps): void {
  const { administrators, organisation, base, provider } = deps;
  if (!provider) return;

  const begin = async (ctx: Context, confirming?: string) => {
    if (await refusedTry(ctx, deps)) return;
    const begun = await provider.begin(confirming);
    if (!begun) return refuse(ctx, "unreachable");
    keepTicket(ctx, begun.ticket, ticketLasts);
    ctx.status = 303;
    ctx.redirect(begun.url.href);
  };

  const refuse = (ctx: Context, outcome: Refusal, why?: string) => {
    const { title, words } = refusals[outcome];
    deps.show(ctx, outcome === "unreachable" ? 502 : 403, {
      title,
      body: html`<p>${words(organisation, why ?? "")}</p>
<p><a class="button primary" href="${base}/provider">Sign in with ${organisation}</a></p>
<p><a href="${base}/sign-in">Other ways to sign in</a></p>`,
    });
  };

  router.get("/provider", (ctx) => begin(ctx));

  /** Proves again that the signed-in person is present. It opens in a tab of its own: the other one keeps what was typed. */
  router.get("/provider/confirm", async (ctx) => {
    const who = await signedIn(ctx, administrators);
    if (!who) return ctx.redirect(`${base}/sign-in`);
    await begin(ctx, who.session.id);
  });

  // No attempt is counted here: nothing was begun.
  router.get("/provider/callback", async (ctx) => {
    const ticket = ctx.cookies.get(ticketName(ctx), { signed: false }) ?? "";
    keepTicket(ctx, "", 0);
    const who = await signedIn(ctx, administrators);
    const confirming = who && provider.confirms(ticket, who.session.id) ? who : undefined;
    const answer = await provider.finish(ticket, new URLSearchParams(ctx.querystring), confirming?.session.id);
    if (answer.outcome !== "proved") return refuse(ctx, answer.outcome, "why" in answer ? answer.why : undefined);
    const entered = await administrators.enter(answer.person, at(ctx), confirming);
    if (entered.outcome === "confirmed")
      return deps.show(ctx, 200, {
        title: "It is you",
        body: html`<p>Close this tab. In the other one, choose “Go on”.</p>`,
      });
    if (entered.outcome !== "entered") return refuse(ctx, entered.outcome);
    keepSession(ctx, entered.token);
    ctx.status = 303;
    ctx.redirect(base);
  });
}

/** For people who sign in at the provider: asks again there, in a tab of its own, and continues with what was posted. */
export function confirmForm(base: string, action: string, organisation: string, kept: Html[]): Html {
  return html`<form method="post" action="${action}" class="card">${kept}<input type="hidden" name="again" value="yes">
<p>1. <a class="button primary" href="${base}/provider/confirm" target="_blank" rel="noopener">Sign in with ${organisation} once more</a></p>
<p>2. Come back to this tab: <button>Go on</button></p></form>`;
}

function ticketName(ctx: Context): string {
  return ownCookie(ctx, "guestpass_console_provider");
}

/** Lax: the provider sends the browser back from another site. */
function keepTicket(ctx: Context, ticket: string, minutes: number): void {
  ctx.cookies.set(ticketName(ctx), ticket, {
    path: "/",
    httpOnly: true,
    sameSite: "lax",
    secure: ctx.secure,
    signed: false,
    maxAge: minutes * 60_000,
  });
}

type Refusal = Exclude<ProviderAnswer["outcome"] | Entered["outcome"], "proved" | "entered" | "confirmed">;

const refusals: Record<Refusal, { title: string; words(organisation: string, why: string): string }> = {
  "not-begun-here": {
    title: "Begin once more",
    words: () => "This sign-in was begun in another browser or another tab, or took longer than ten minutes.",
  },
  used: { title: "Begin once more", words: () => "This sign-in was finished before, or the session that it belongs to has ended." },
  cancelled: {
    title: "You are not signed in",
    words: (organisation) => `The sign-in at ${organisation} was cancelled, or refused there.`,
  },
  unreachable: {
    title: "The sign-in does not answer",
    words: (organisation) =>
      `${organisation}'s sign-in service cannot be reached, or does not work. Try again in a moment. The log of the server says more.`,
  },
  "not-believed": {
    title: "That answer cannot be believed",
    words: (organisation, why) =>
      `${organisation}'s sign-in service sent an answer that does not prove who you are: ${why}. Nobody was signed in. Whoever runs the server finds more in the log.`,
  },
  "no-role": {
    title: "You have no role here",
    words: (organisation) =>
      `${organisation} knows you, and no group that you are in opens this console. Ask whoever looks after the groups to put you into the right one, then sign in again.`,
  },
  "no-address": {
    title: "Your address is missing",
    words: (organisation) =>
      `${organisation}'s sign-in service gives no verified email address for you, and this console needs one to tell you about sign-ins. Ask whoever looks after accounts.`,
  },
  "address-taken": {
    title: "You have a passkey here",
    words: () =>
      "An administrator with your address signs in with a passkey. Use it. To sign in this way in its place, have an owner remove that administrator first.",
  },
  "last-owner": {
    title: "You are the last owner",
    words: () =>
      "Your groups give you another role now, and without you nobody would be an owner. Make somebody else an owner first: “guestpass admin add” on the server does.",
  },
  "somebody-else": {
    title: "That is somebody else",
    words: () => "You signed in as another person than the one whose session this is. Nothing was confirmed.",
  },
};
