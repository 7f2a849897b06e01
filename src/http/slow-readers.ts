// Clients that do not read their answers. Once the operating system has the whole answer, nobody can see whether it is read.
import type { Context, Middleware } from "koa";

/** Bytes. After a larger answer, the connection is closed as soon as it is handed over, and holds nothing after that. */
const mostKept = 64 * 1024;
/** The total time of an answer, as a multiple of how long it may stand still. */
const spans = 4;

/** @param seconds how long an answer may stand still */
export function closeSlowReaders(seconds: number): Middleware {
  const milliseconds = Math.ceil(seconds * 1000);
  return async (ctx, next) => {
    await next();
    // It lasts as long as there is news, and ends by itself.
    if (ctx.type === "text/event-stream") return;
    if (sizeOf(ctx) > mostKept) ctx.set("Connection", "close");
    const { res } = ctx;
    const close = () => void res.destroy();
    // For the connection, which Node.js checks while it is written to; the next request on it has its own.
    res.setTimeout(milliseconds, close);
    const inAll = setTimeout(close, spans * milliseconds).unref();
    res.once("close", () => clearTimeout(inAll));
  };
}

/** Serialises the body here, so that Koa does not do it a second time. */
function sizeOf(ctx: Context): number {
  const { body } = ctx;
  if (body === null || body === undefined) return 0;
  if (typeof body === "string" || Buffer.isBuffer(body)) return Buffer.byteLength(body);
  if (typeof (body as { pipe?: unknown }).pipe === "function") return 0;
  const text = JSON.stringify(body);
  ctx.body = text;
  return Buffer.byteLength(text);
}
