// The answer of a sign-in, kept so that its browser can get it again.
import type { Context } from "koa";
import { digest } from "./artifact-store.ts";

interface KeptAnswer {
  status: number;
  location: string;
  type: string;
  cookies: string[];
  body: string | undefined;
}

/** The parts of an answer to keep, the session's cookie included. */
export function keepAnswer(ctx: Context): string {
  const kept: KeptAnswer = {
    status: ctx.status,
    location: ctx.response.get("location"),
    type: ctx.response.get("content-type"),
    cookies: [ctx.response.get("set-cookie") as string | string[]].flat().filter(Boolean),
    body: typeof ctx.body === "string" ? ctx.body : undefined,
  };
  return JSON.stringify(kept);
}

/** Answers with what was kept and nothing else. */
export function giveAnswer(ctx: Context, kept: string): void {
  const { status, location, type, cookies, body } = JSON.parse(kept) as KeptAnswer;
  ctx.body = body ?? "";
  ctx.status = status;
  if (location) ctx.set("location", location);
  if (type) ctx.type = type;
  ctx.remove("set-cookie");
  if (cookies.length > 0) ctx.set("set-cookie", cookies);
}

/** The answer was already used, as the page of the sign-in then says. */
export function sayThatItIsOver(ctx: Context): void {
  ctx.remove("set-cookie");
  ctx.status = 303;
  ctx.redirect(ctx.path.replace("/auth/", "/interaction/"));
}

/**
 * The browser keeps its cookie, which may be that of the session's new name.
 * @param idHash of the session that the answer would set back, if any
 */
export function dropCookie(ctx: Context, idHash: string | undefined): void {
  if (idHash === undefined) return;
  const cookies = [ctx.response.get("set-cookie") as string | string[]].flat();
  const nameOf = (cookie: string) => cookie.split("=", 1)[0] ?? "";
  const dropped = cookies.filter((cookie) => digest(/=([^;]*)/.exec(cookie)?.[1] ?? "") === idHash).map(nameOf);
  if (dropped.length === 0) return;
  const kept = cookies.filter((cookie) => !dropped.includes(nameOf(cookie).replace(/\.sig$/, "")));
  if (kept.length > 0) ctx.set("set-cookie", kept);
  else ctx.remove("set-cookie");
}
