// What the owner does: share a file or ask for one, resend an invitation, take access away.
import bodyParser from "@koa/bodyparser";
import Router from "@koa/router";
import type { Context } from "koa";
import type { Files, Item } from "./files.ts";
import type { Invitations } from "./invitations.ts";
import { sendPage } from "./pages/layout.ts";
import { ownerPage, type Refusal, refusedPage } from "./pages/owner.ts";
import type { Settings } from "./settings.ts";

interface OwnerRouteDeps {
  files: Files;
  invitations: Invitations;
  settings: Settings;
}

export function ownerRoutes({ files, invitations, settings }: OwnerRouteDeps): Router {
  const router = new Router();
  const form = bodyParser({ enableTypes: ["form"], formLimit: "128kb" });

  router.get("/", async (ctx) => {
    const items = files.list();
    // There is nothing to fetch before anybody was invited.
    const states = items.some(({ shares }) => shares.length > 0) ? await invitations.states() : new Map();
    sendPage(ctx, 200, ownerPage({ items, states, settings }));
  });

  router.post("/files", form, async (ctx) => {
    const emails = addresses(ctx);
    const message = optional(ctx, "message", 2000);
    await share(ctx, files.add(field(ctx, "name", 100), field(ctx, "text", 20_000)), emails, message);
  });

  router.post("/requests", form, async (ctx) => {
    const emails = addresses(ctx);
    const message = optional(ctx, "message", 2000);
    await share(ctx, files.ask(field(ctx, "name", 100)), emails, message);
  });

  router.get("/files/:id/received/:number", (ctx) => {
    const item = itemOf(ctx);
    const file = (item.kind === "request" && item.received[Number(ctx["params"].number)]) || ctx.throw(404);
    ctx.attachment(file.name);
    ctx.type = "application/octet-stream";
    ctx.body = file.content;
  });

  router.post("/files/:id/people", form, (ctx) => share(ctx, itemOf(ctx), [field(ctx, "email", 320)], null));

  router.post("/files/:id/invitations/:invitation/resend", async (ctx) => {
    const { invitation, email } = shareOf(ctx);
    const answer = await invitations.resend(invitation);
    backToOwner(ctx, answer.outcome === "refused" ? [{ email, reason: answer.reason }] : []);
  });

  router.post("/files/:id/invitations/:invitation/revoke", async (ctx) => {
    const { invitation, email } = shareOf(ctx);
    // Removed here first: whatever happens to the request, the file no longer opens.
    files.revoke(itemOf(ctx), invitation);
    const answer = await invitations.revoke(invitation);
    backToOwner(ctx, answer.outcome === "refused" ? [{ email, reason: answer.reason }] : []);
  });

  /** Invites each, and puts the `sub` that comes back on the file's access list. */
  async function share(ctx: Context, item: Item, emails: string[], message: string | null): Promise<void> {
    const refusals: Refusal[] = [];
    for (const email of emails) {
      const answer = await invitations.invite(email, { target: `${settings.url}/files/${item.id}`, label: item.name, message });
      if (answer.outcome === "refused") refusals.push({ email, reason: answer.reason });
      else files.share(item, { invitation: answer.invitation.id, sub: answer.invitation.sub, email });
    }
    backToOwner(ctx, refusals);
  }

  function itemOf(ctx: Context): Item {
    return files.find(String(ctx["params"].id)) ?? ctx.throw(404);
  }

  function shareOf(ctx: Context) {
    return itemOf(ctx).shares.find(({ invitation }) => invitation === ctx["params"].invitation) ?? ctx.throw(404);
  }

  return router;
}

function addresses(ctx: Context): string[] {
  return field(ctx, "emails", 10_000)
    .split(/[\s,;]+/)
    .filter(Boolean);
}

/** One field of the form, without the space around it. */
function field(ctx: Context, name: string, longest: number): string {
  return optional(ctx, name, longest) ?? ctx.throw(422);
}

/** The same for a field that may be empty: null if it is. */
function optional(ctx: Context, name: string, longest: number): string | null {
  const value = (ctx.request.body as Record<string, unknown> | undefined)?.[name];
  const text = typeof value === "string" ? value.trim() : "";
  if (text.length > longest) ctx.throw(413);
  return text === "" ? null : text;
}

function backToOwner(ctx: Context, refusals: Refusal[]): void {
  if (refusals.length > 0) {
    sendPage(ctx, 422, refusedPage(refusals));
    return;
  }
  ctx.status = 303;
  ctx.redirect("/");
}
