// What a guest sees: a file that is shared with them, and what this application was told about them.
import Router from "@koa/router";
import type { Context } from "koa";
import type { Files, Item } from "./files.ts";
import { claimsPage, filePage, notSharedPage, requestPage, sentPage } from "./pages/guest.ts";
import { sendPage } from "./pages/layout.ts";
import type { Sessions } from "./sessions.ts";
import type { Guest } from "./sign-in.ts";
import type { BeginSignIn } from "./sign-in-routes.ts";
import { uploadedFile } from "./upload.ts";

export function guestRoutes({ files, sessions, beginSignIn }: { files: Files; sessions: Sessions; beginSignIn: BeginSignIn }): Router {
  const router = new Router();

  // The guest is checked first: a stranger does not even learn whether there is such a file.
  router.get("/files/:id", (ctx) =>
    withItem(ctx, (item, guest) => sendPage(ctx, 200, item.kind === "file" ? filePage(item, guest) : requestPage(item, guest))),
  );

  router.get("/files/:id/download", (ctx) =>
    withItem(ctx, (file) => {
      if (file.kind !== "file") return ctx.throw(404);
      ctx.attachment(file.name);
      ctx.type = "text/plain; charset=utf-8";
      ctx.body = file.text;
    }),
  );

  // The sender is checked before anything is read.
  router.post("/files/:id/upload", (ctx) =>
    withItem(ctx, async (request, guest) => {
      if (request.kind !== "request") return ctx.throw(404);
      const file = await uploadedFile(ctx);
      request.received.push({ ...file, from: guest.verifiedEmail ?? guest.sub });
      sendPage(ctx, 200, sentPage(request, file.name, guest));
    }),
  );

  router.post("/files/:id/sign-in", (ctx) => beginSignIn(ctx, pathOf(String(ctx.params["id"])), { prompt: "login" }));

  router.get("/you", async (ctx) => {
    const guest = sessions.signedIn(ctx)?.guest;
    if (!guest) return beginSignIn(ctx, "/you");
    sendPage(ctx, 200, claimsPage(guest));
  });

  async function withItem(ctx: Context, open: (item: Item, guest: Guest) => void | Promise<void>): Promise<void> {
    const id = String(ctx["params"].id);
    const path = pathOf(id);
    const { guest, cameFor } = sessions.signedIn(ctx) ?? {};
    if (!guest) return beginSignIn(ctx, path);
    const access = files.openFor(id, guest);
    if (access.outcome === "open") return open(access.item, guest);
    // Shared after the guest signed in, or with another of their mailboxes: asks the provider, which may ask for a code. But only once.
    if (access.outcome === "unproven" && cameFor !== path) return beginSignIn(ctx, path, { login_hint: access.email });
    sendPage(ctx, 403, notSharedPage(path, guest));
  }

  return router;
}

function pathOf(id: string): string {
  return `/files/${encodeURIComponent(id)}`;
}
