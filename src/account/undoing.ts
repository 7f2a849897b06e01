// The link that undoes a change of address. Having it is enough: it went to another address of the guest's. Opening it changes nothing.
import type { Context } from "koa";
import { networkOf } from "../http/network.ts";
import { sendPage } from "../http/page.ts";
import { readerOf } from "../http/reader.ts";
import { undoPage } from "./views/undoing.ts";
import type { AccountDeps } from "./visit.ts";

export async function showUndo(ctx: Context, deps: AccountDeps): Promise<void> {
  const reader = readerOf(ctx, deps.texts);
  const { token } = ctx["params"];
  const found = await deps.aliases.undoable(token);
  sendPage(ctx, reader, found.outcome === "over" ? 404 : 200, undoPage(reader.translate, found, ctx.path));
}

export async function undo(ctx: Context, deps: AccountDeps): Promise<void> {
  const reader = readerOf(ctx, deps.texts);
  const { token } = ctx["params"];
  const outcome = await deps.aliases.undo(token, networkOf(ctx.ip));
  const shown = outcome === "open" ? await deps.aliases.undoable(token) : { outcome };
  sendPage(ctx, reader, outcome === "over" ? 404 : 200, undoPage(reader.translate, shown, ctx.path));
}
