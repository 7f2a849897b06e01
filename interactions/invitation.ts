// Where the link of an invitation leads. Opening it proves nothing and changes nothing (mail scanners open links): it only leads
// to the application, where the guest signs in.
import Router from "@koa/router";
import type { Context } from "koa";
import type { Applications } from "../src/applications/applications.ts";
import { field, formBody, formToken, isFormToken } from "../src/http/forms.ts";
import { type Page, sendPage } from "../src/http/page.ts";
import { readerOf } from "../src/http/reader.ts";
import type { Invitation } from "../src/invitations/invitation.ts";
import type { Invitations } from "../src/invitations/invitations.ts";
import type { Texts } from "../src/texts.ts";
import { frontDoor } from "./front-door.ts";
import { forgedPage } from "./views/dead-ends.ts";
import { invitationAskedPage, invitationGonePage, invitationOverPage, unknownInvitationPage } from "./views/invitation.ts";

export interface InvitationRouteDeps {
  invitations: Invitations;
  applications: Applications;
  texts: Texts;
  formKey: Parameters<typeof formToken>[0];
  issuer: string;
}

export function invitationRoutes(deps: InvitationRouteDeps): Router {
  const router = new Router();
  router.get("/invitations/:token", (ctx) => open(ctx, deps));
  router.post("/invitations/:token/ask", formBody, (ctx) => ask(ctx, deps));
  // Phones that come back to a tab load its address once more.
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
  ctx.set("Cache-Control", "no-store");
  ctx.status = 303;
  ctx.redirect(frontDoor(application, deps.issuer, invitation));
}

/** The guest asks the sponsor for a fresh invitation: one mail a day for each, whoever has the link. */
async function ask(ctx: Context, deps: InvitationRouteDeps): Promise<void> {
  const opened = await deps.invitations.open(ctx["params"].token);
  if (!opened) return show(ctx, deps, 404, unknownInvitationPage);
  const { invitation, live } = opened;
  if (!invitation) return show(ctx, deps, 410, invitationGonePage);
  if (!isFormToken(formToken(deps.formKey, invitation.id), field(ctx, "token"))) return show(ctx, deps, 403, forgedPage);
  if (live) return toInvitation(ctx);
  await deps.invitations.askForFresh(invitation);
  show(ctx, deps, 200, invitationAskedPage);
}

function toInvitation(ctx: Context): void {
  ctx.status = 303;
  ctx.redirect(`/invitations/${encodeURIComponent(ctx["params"].token)}`);
}

function showOver(ctx: Context, deps: InvitationRouteDeps, invitation: Invitation): void {
  const { applicationName: application, sponsorEmail, sponsorName } = invitation;
  const sponsor = sponsorEmail === null ? undefined : (sponsorName ?? sponsorEmail);
  const action = `/invitations/${ctx["params"].token}/ask`;
  const data = { application, sponsor, action, token: formToken(deps.formKey, invitation.id) };
  show(ctx, deps, 410, (translate) => invitationOverPage(translate, data));
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
