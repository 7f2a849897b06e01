// Every request has an id, one log line, and a page for any error. The log names the route, never the requested
// address, because a query can contain things that must not be logged.
import { randomUUID } from "node:crypto";
import type { Context, Middleware, Next } from "koa";
import { elapsed } from "../clock.ts";
import { isAway, retryAfter } from "../database/away.ts";
import type { Logger } from "../log.ts";
import type { Observe } from "../observations.ts";
import type { Texts } from "../texts/texts.ts";
import { mostFields, separatorsIn } from "./forms.ts";
import { html } from "./html.ts";
import { sendPage } from "./page.ts";
import { readerOf } from "./reader.ts";

export function requestLog(log: Logger, observe: Observe): Middleware {
  return async (ctx: Context, next: Next) => {
    const started = elapsed();
    const id = randomUUID();
    ctx.state["requestId"] = id;
    ctx.set("X-Request-Id", id);
    await next();
    const { method, status } = ctx;
    const route = String(ctx["_matchedRoute"] ?? "unmatched");
    const ms = elapsed() - started;
    log.info({ id, method, route, status, ms: Math.round(ms) }, "request");
    observe({ of: "request", method, route, status, seconds: ms / 1000 });
  };
}

/** Errors of a connection that the other side closed or lost. */
const goneAway = new Set(["ECONNRESET", "ECONNABORTED", "EPIPE", "ERR_STREAM_PREMATURE_CLOSE", "ERR_STREAM_DESTROYED"]);

/**
 * Errors while an answer is on its way, which Koa would print. A browser that moves to the next page closes the stream of mail news that it had
 * open, and one that stops loading closes its requests: one line, without a stack.
 */
export function brokeOff(log: Logger): (error: Error, ctx?: Context) => void {
  return (error, ctx) => {
    const about = { id: ctx?.state["requestId"], route: String(ctx?.["_matchedRoute"] ?? "unmatched") };
    const { code } = error as NodeJS.ErrnoException;
    if (code !== undefined && goneAway.has(code)) log.info({ ...about, code }, "the client disconnected before it had its answer");
    else log.warn({ ...about, err: error }, "a request was broken off");
  };
}

/**
 * Turns errors and unknown paths into pages that reveal nothing; into problem documents (RFC 9457) for clients that ask for JSON, and
 * if `ctx.state.programs` says that no person reads the answer.
 */
export function errorPages(log: Logger, texts: Texts): Middleware {
  return async (ctx: Context, next: Next) => {
    try {
      if (!hasPath(ctx)) ctx.throw(400);
      // Before anything reads it: Koa scans the whole query once for each of its fields.
      if (separatorsIn(ctx.querystring) >= mostFields) ctx.throw(414);
      await next();
      if (ctx.status === 404 && !ctx.body) sendError(ctx, texts, 404);
    } catch (error) {
      const { status, expose } = error as { status?: number; expose?: boolean };
      const known = status !== undefined && status >= 400 && status < 500 && expose === true;
      if (!known) log.error({ err: error, id: ctx.state["requestId"] }, "a request failed");
      if (isAway(error)) ctx.set("Retry-After", String(retryAfter));
      sendError(ctx, texts, known ? status : isAway(error) || status === 503 ? 503 : 500);
    }
  };
}

/**
 * An instance that lacks the current keys would refuse what others have issued, and issue what others refuse: it answers 503
 * until it has them. @param open paths that it answers anyway
 */
export function workingOnlyWithKeys(hasKeys: () => boolean, open: readonly string[]): Middleware {
  return async (ctx: Context, next: Next) => {
    if (!hasKeys() && !open.includes(ctx.path)) {
      ctx.set("Retry-After", "5");
      throw Object.assign(new Error("this instance does not know the secret that the database is written under"), { status: 503 });
    }
    await next();
  };
}

/** A request target such as "http://" has no path, and "http://[" cannot be read at all: no router expects that. */
function hasPath(ctx: Context): boolean {
  try {
    return Boolean(ctx.path);
  } catch {
    return false;
  }
}

function sendError(ctx: Context, texts: Texts, status: number): void {
  const reader = readerOf(ctx, texts);
  const { translate } = reader;
  const kind = status === 404 ? "not-found" : status < 500 ? "unreadable" : status === 503 ? "busy" : "failed";
  const title = translate(`${kind}.title`);
  const reference = status >= 500 ? translate("failed.reference", { id: String(ctx.state["requestId"]) }) : undefined;
  if (ctx.state["programs"] || ctx.accepts("html", "json") === "json") {
    ctx.status = status;
    ctx.body = { type: "about:blank", title, status, detail: reference };
    ctx.type = "application/problem+json";
    return;
  }
  sendPage(ctx, reader, status, {
    title,
    body: html`<p>${translate(`${kind}.lead`)}</p>
${status >= 500 && ctx.method === "GET" && html`<p><a class="button" href="${addressOf(ctx)}">${translate("failed.again")}</a></p>`}
${status < 500 && !(hasPath(ctx) && ctx.path === "/") && html`<p><a href="/">${translate("front.title")}</a></p>`}
${reference !== undefined && html`<p class="quiet">${reference}</p>`}`,
  });
}

/** The requested path on this host, with exactly one slash at its beginning. */
function addressOf(ctx: Context): string {
  return ctx.url.replace(/^[/\\]+/, "/");
}
