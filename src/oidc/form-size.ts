// Forms that oidc-provider reads itself. It refuses a long form with the same error as an unreadable one, and silently drops fields after
// the thousandth.
import type { Context, Next } from "koa";
import { formType, mostFields, separatorsIn } from "../http/forms.ts";

/** Bytes that oidc-provider reads. */
const mostBytes = 56 * 1024;

/** Answers 413 to a form that is too long or has too many fields, and stops reading it. */
export async function limitForms(ctx: Context, next: Next): Promise<void> {
  if (!ctx.is(formType)) return next();
  let tooLarge = false;
  const { req } = ctx;
  const chunksOf = req.iterator.bind(req);
  req.iterator = async function* (options): AsyncGenerator<Buffer, undefined> {
    let [bytes, separators] = [0, 0];
    for await (const chunk of chunksOf(options) as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      separators += separatorsIn(chunk);
      tooLarge ||= bytes > mostBytes || separators >= mostFields;
      if (tooLarge) throw new Error("the form is too large");
      yield chunk;
    }
    return undefined;
  };
  await next();
  // A form with a declared length is refused without reading, on oidc-provider's own routes alone.
  tooLarge ||= ctx["oidc"] !== undefined && (ctx.request.length ?? 0) > mostBytes;
  if (tooLarge && ctx.status === 400) {
    const { body } = ctx;
    ctx.status = 413;
    ctx.body = body;
  }
}
