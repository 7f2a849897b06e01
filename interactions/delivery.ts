// Tells an open page what becomes of the mail with the code, by server-sent events (WHATWG HTML, section 9.2). It says no more than
// the page does when it is loaded again, to the browser that asked for the code and to no other.
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { Context } from "koa";
import { deliveryText, isSettled } from "./views/delivery.ts";
import type { InteractionDeps, Visit } from "./visit.ts";

const lookEvery = 1000;
/** A page that is still open after this many looks connects again by itself. */
const mostLooks = 120;

export function streamDelivery(ctx: Context, deps: InteractionDeps, visit: Visit): void {
  const { uid } = visit.interaction;
  if (!deps.streams.enter(uid)) {
    ctx.status = 204;
    return;
  }
  ctx.type = "text/event-stream";
  ctx.set("X-Accel-Buffering", "no");
  const news = Readable.from(newsOf(deps, visit), { objectMode: false });
  news.once("close", () => deps.streams.leave(uid));
  ctx.body = news;
}

/** One event for each change, a comment where there is none: a connection that nobody listens to any more is noticed by it. */
async function* newsOf({ signIn, clock, closing }: InteractionDeps, { interaction, reader }: Visit): AsyncGenerator<string> {
  yield "retry: 3000\n\n";
  let told = "";
  for (let looks = 0; looks < mostLooks && !closing.aborted; looks++) {
    const progress = await signIn.progress(interaction.uid);
    if (!progress) return;
    const text = deliveryText(reader.translate, { ...progress, now: clock.now() });
    const last = isSettled(progress.delivery) || progress.provenBy !== null;
    yield text === told ? ":\n\n" : `event: ${last ? "last" : "news"}\ndata: ${text}\n\n`;
    if (last) return;
    told = text;
    await wait(lookEvery, undefined, { signal: closing, ref: false }).catch(() => undefined);
  }
}
