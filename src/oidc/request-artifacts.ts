import type { Context } from "koa";
import { type Artifact, digest, type LoadedSession, type StoredArtifact } from "./artifact-store.ts";

/** What one request has to store and has read along, by the artifact's key. */
export interface RequestArtifacts {
  writes: Map<string, Artifact>;
  /** The session of its browser, as it was found. */
  session: LoadedSession | undefined;
  readAlong: Map<string, StoredArtifact | undefined>;
  /** It was answered; what still runs on its behalf stands by itself. */
  over: boolean;
}

export function newRequest(): RequestArtifacts {
  return { writes: new Map(), session: undefined, readAlong: new Map(), over: false };
}

/**
 * The browser keeps the cookie that it has, which may be the one of the session's new name.
 * @param idHash of the session that the answer would set back, where there is one
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
