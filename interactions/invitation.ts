// The page that the link of an invitation leads to. Opening it proves nothing and changes nothing (mail scanners open links): it only leads
// to the application, where the guest signs in. A cookie in the browser records that it was opened there.
import Router from "@koa/router";
import type { Context } from "koa";
import type { Applications } from "../src/applications/applications.ts";
import { hour, second } from "../src/clock.ts";
import { field, formBody, formToken, isFormToken } from "../src/http/forms.ts";
import { type Page, sendPage } from "../src/http/page.ts";
import { readerOf } from "../src/http/reader.ts";
import { frontDoor } from "../src/invitations/front-door.ts";
import type { Invitation } from "../src/invitations/invitation.ts";
import type { Invitations } from "../src/invitations/invitations.ts";
import type { KnownBrowsers } from "../src/sign-in/known-browsers.ts";
import type { Texts } from "../src/texts/texts.ts";
import { rememberBrowser } from "./known-browser.ts";
import { forgedPage } from "./views/dead-ends.ts";
import { invitationAskedPage, invitationGonePage, invitationOverPage, unknownInvitationPage } from "./views/invitation.ts";

export interface InvitationRouteDeps {
  invitations: Invitations;
  applications: Applications;
  knownBrowsers: KnownBrowsers;
  texts: Texts;
  formKey: Parameters<typeof formToken>[0];
  issuer: string;
}

export function invitationRoutes(deps: InvitationRouteDeps): Router {
  const router = new Router();
  router.get("/invitations/:token", (ctx) => open(ctx, deps));
  router.post("/invitations/:token/ask", formBody, (ctx) => ask(ctx, deps));
  // Phones that return to a tab load its address again.
  router.get("/invitations/:token/ask", toInvitation);
  return router;
}

async function open(ctx: Context, deps: InvitationRouteDeps): Promise<void> {
  const opened = await deps.invitations.open(ctx["params"].token);
  if (!opened) return show(ctx, deps, 404, unknownInvitationPage);
  const { invitation, live } = opened;
  const application = invitation && (await deps.applications.find(invitation.clientId));
  if (!application) return show(ctx, deps, 410, invitationGonePage);
  if (!live) return showOver(ctx, deps, invitation);
  rememberBrowser(ctx, deps.knownBrowsers, invitation.address, "invited");
  ctx.set("Cache-Control", "no-store");
  ctx.status = 303;
  ctx.redirect(frontDoor(application, deps.issuer, invitation));
}

/** The guest asks the sponsor for a new invitation: one mail a day for each invitation, whoever uses the link. */
async function ask(ctx: Context, deps: InvitationRouteDeps): Promise<void> {
  const opened = await deps.invitations.open(ctx["params"].token);
  if (!opened) return show(ctx, deps, 404, unknownInvitationPage);
  const { invitation, live } = opened;
  if (!invitation) return show(ctx, deps, 410, invitationGonePage);
  if (!isFormToken(deps.formKey, invitation.id, field(ctx, "token"))) return show(ctx, deps, 403, (translate) => forgedPage(translate));
  if (live) return toInvitation(ctx);
  const outcome = await deps.invitations.askForFresh(invitation);
  if (outcome === "too-often") return showOver(ctx, deps, invitation, 429);
  show(ctx, deps, 200, invitationAskedPage);
}

function toInvitation(ctx: Context): void {
  ctx.status = 303;
  ctx.redirect(`/invitations/${encodeURIComponent(ctx["params"].token)}`);
}

function showOver(ctx: Context, deps: InvitationRouteDeps, invitation: Invitation, status: 410 | 429 = 410): void {
  const { applicationName: application, sponsorEmail, sponsorName } = invitation;
  const sponsor = sponsorEmail === null ? undefined : (sponsorName ?? sponsorEmail);
  const action = `/invitations/${ctx["params"].token}/ask`;
  const data = { application, sponsor, action, token: formToken(deps.formKey, invitation.id), tooOften: status === 429 };
  if (data.tooOften) ctx.set("Retry-After", String(hour / second));
  show(ctx, deps, status, (translate) => invitationOverPage(translate, data));
}

function show(
  ctx: Context,
  { texts }: InvitationRouteDeps,
  status: number,
  page: (translate: ReturnType<typeof readerOf>["translate"]) => Page,
): void {
  const reader = readerOf(ctx, texts);
  sendPage(ctx, reader, status, page(reader.translate));
}
