// What the owner does: share a file, share it with one more person, stop sharing it.
import bodyParser from "@koa/bodyparser";
import Router from "@koa/router";
import type { Context } from "koa";
import type { Files } from "./files.ts";
import { sendPage } from "./pages/layout.ts";
import { ownerPage } from "./pages/owner.ts";
import type { Settings } from "./settings.ts";

export function ownerRoutes({ files, settings }: { files: Files; settings: Settings }): Router {
  const router = new Router();
  const form = bodyParser({ enableTypes: ["form"], formLimit: "128kb" });

  router.get("/", (ctx) => {
    sendPage(ctx, 200, ownerPage({ files: files.list(), url: settings.url, mailbox: settings.mailbox }));
  });

  router.post("/files", form, (ctx) => {
    const emails = field(ctx, "emails", 10_000).split(/[\s,;]+/);
    files.add({ name: field(ctx, "name", 100), text: field(ctx, "text", 20_000), emails: emails.map((email) => address(ctx, email)) });
    backToOwner(ctx);
  });

  router.post("/files/:id/people", form, (ctx) => {
    files.share(String(ctx.params["id"]), address(ctx, field(ctx, "email", 320)));
    backToOwner(ctx);
  });

  router.post("/files/:id/people/remove", form, (ctx) => {
    files.stopSharing(String(ctx.params["id"]), field(ctx, "email", 320));
    backToOwner(ctx);
  });

  return router;
}

/** One field of the form, without the space around it. */
function field(ctx: Context, name: string, longest: number): string {
  const value = (ctx.request.body as Record<string, unknown> | undefined)?.[name];
  const text = typeof value === "string" ? value.trim() : "";
  if (text === "") ctx.throw(422);
  if (text.length > longest) ctx.throw(413);
  return text;
}

/** Only the provider can say whether an address is anyone's; a slip of the pen is worth catching here. */
function address(ctx: Context, text: string): string {
  if (!/^[^@\s]+@[^@\s]+$/.test(text)) ctx.throw(422);
  return text;
}

function backToOwner(ctx: Context): void {
  ctx.status = 303;
  ctx.redirect("/");
}
