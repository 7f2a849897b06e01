// What a guest sees: a shared file, where it is shared with them, and what this application was told about them.
import Router from "@koa/router";
import type { Context } from "koa";
import type { Files } from "./files.ts";
import { claimsPage, filePage, notSharedPage } from "./pages/guest.ts";
import { sendPage } from "./pages/layout.ts";
import type { Sessions } from "./sessions.ts";
import type { Guest } from "./sign-in.ts";
import type { BeginSignIn } from "./sign-in-routes.ts";

export function guestRoutes({ files, sessions, beginSignIn }: { files: Files; sessions: Sessions; beginSignIn: BeginSignIn }): Router {
  const router = new Router();
  const guestOf = (ctx: Context): Guest | undefined => sessions.find(ctx)?.guest;

  // Who asks comes first: a stranger does not even learn whether there is such a file.
  router.get("/files/:id", async (ctx) => {
    const id = String(ctx.params["id"]);
    const guest = guestOf(ctx);
    if (!guest) return beginSignIn(ctx, pathOf(id));
    const file = files.openFor(id, guest);
    sendPage(ctx, file ? 200 : 403, file ? filePage(file, guest) : notSharedPage(pathOf(id), guest));
  });

  router.get("/files/:id/download", async (ctx) => {
    const id = String(ctx.params["id"]);
    const guest = guestOf(ctx);
    if (!guest) return beginSignIn(ctx, pathOf(id));
    const file = files.openFor(id, guest);
    if (!file) return sendPage(ctx, 403, notSharedPage(pathOf(id), guest));
    ctx.attachment(file.name);
    ctx.type = "text/plain; charset=utf-8";
    ctx.body = file.text;
  });

  router.post("/files/:id/sign-in", (ctx) => beginSignIn(ctx, pathOf(String(ctx.params["id"])), { prompt: "login" }));

  router.get("/you", async (ctx) => {
    const guest = guestOf(ctx);
    if (!guest) return beginSignIn(ctx, "/you");
    sendPage(ctx, 200, claimsPage(guest));
  });

  return router;
}

function pathOf(id: string): string {
  return `/files/${encodeURIComponent(id)}`;
}
