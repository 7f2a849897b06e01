// Bodies of JSON: read as text, counted, then parsed.
import bodyParser from "@koa/bodyparser";
import type { Context, Middleware } from "koa";
import { parseJson } from "../json.ts";

const types = ["json", "+json"];

/**
 * A middleware that reads a JSON body into `ctx.request.body`, an empty one as {}. A body that cannot be read is the client's
 * mistake, not an internal error.
 * @param limit bytes when unpacked, as "1mb" @throws HttpError 400 unless it is a list or an object, 413 if too large, 415 for an unknown encoding
 */
export function jsonBody(limit: string): Middleware {
  const readText = bodyParser({
    enableTypes: ["text"],
    extendTypes: { text: types },
    textLimit: limit,
    onError: (error, ctx) => ctx.throw((error as { status?: number }).status ?? 400),
  });
  return async (ctx, next) => {
    if (ctx.is(...types)) {
      await readText(ctx, async () => undefined);
      if (typeof ctx.request.body === "string") ctx.request.body = parsed(ctx, ctx.request.body);
    }
    await next();
  };
}

function parsed(ctx: Context, text: string): unknown {
  if (text === "") return {};
  try {
    const value = parseJson(text);
    if (typeof value === "object" && value !== null) return value;
  } catch (error) {
    ctx.throw((error as { status?: number }).status ?? 400);
  }
  return ctx.throw(400);
}
