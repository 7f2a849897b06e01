// Every request has an id, one line in the log, and a page for whatever goes wrong. The log names the route, never the address
// that was asked for: a query can hold what must not be written down.
import { randomUUID } from "node:crypto";
import type { Context, Middleware, Next } from "koa";
import type { Logger } from "../log.ts";
import type { Observe } from "../observations.ts";
import type { Texts } from "../texts.ts";
import { html } from "./html.ts";
import { sendPage } from "./page.ts";
import { readerOf } from "./reader.ts";

export function requestLog(log: Logger, observe: Observe): Middleware {
  return async (ctx: Context, next: Next) => {
    const started = performance.now();
    const id = randomUUID();
    ctx.state["requestId"] = id;
    ctx.set("X-Request-Id", id);
    await next();
    const { method, status } = ctx;
    const route = String(ctx["_matchedRoute"] ?? "unmatched");
    const ms = performance.now() - started;
    log.info({ id, method, route, status, ms: Math.round(ms) }, "request");
    observe({ of: "request", method, route, status, seconds: ms / 1000 });
  };
}

/**
 * Turns faults and unknown paths into pages that give nothing away; into problem documents (RFC 9457) for whoever asks for JSON, and
 * where `ctx.state.programs` says that no person reads the answer.
 */
export function errorPages(log: Logger, texts: Texts): Middleware {
  return async (ctx: Context, next: Next) => {
    try {
      if (!hasPath(ctx)) ctx.throw(400);
      await next();
      if (ctx.status === 404 && !ctx.body) sendError(ctx, texts, 404);
    } catch (error) {
      const { status, expose } = error as { status?: number; expose?: boolean };
      const known = status !== undefined && status >= 400 && status < 500 && expose === true;
      if (!known) log.error({ err: error, id: ctx.state["requestId"] }, "a request failed");
      sendError(ctx, texts, known ? status : 500);
    }
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
  const kind = status === 404 ? "not-found" : status < 500 ? "unreadable" : "failed";
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
${reference !== undefined && html`<p class="quiet">${reference}</p>`}`,
  });
}
