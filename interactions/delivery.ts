// Tells an open page what happens to the mail with the code, by server-sent events (WHATWG HTML, section 9.2). It reveals no more than
// reloading the page would, and only to the browser that asked for the code.
import { Readable } from "node:stream";
import { setTimeout as wait } from "node:timers/promises";
import type { Context } from "koa";
import { deliveryText } from "./views/delivery.ts";
import type { InteractionDeps, Visit } from "./visit.ts";

const lookEvery = 1000;
/** Once a mail server has the mail, the only news is that it came back, or that another tab finished. */
const lookForReturnsEvery = 5000;
/** A page that is still open after this many checks reconnects by itself, unless its mail was handed over and so most likely arrived. */
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

/** One event for each change, and a comment if there is none, by which a dead connection is noticed. */
async function* newsOf(deps: InteractionDeps, { interaction, reader }: Visit): AsyncGenerator<string> {
  const { signIn, clock, closing } = deps;
  yield "retry: 3000\n\n";
  let told = "";
  for (let looks = 1; looks <= mostLooks && !closing.aborted; looks++) {
    const progress = await signIn.progress(interaction.uid);
    if (!progress) return;
    const { delivery, provenBy } = progress;
    const handedOver = delivery.state === "handed-over";
    const text = deliveryText(reader.translate, { ...progress, now: clock.now() });
    const last = delivery.state === "refused" || provenBy !== null || (handedOver && looks === mostLooks);
    const kind = provenBy !== null ? "finished" : delivery.state === "refused" ? "refused" : last ? "last" : "news";
    yield text === told && !last ? ":\n\n" : `event: ${kind}\n${dataOf(text)}\n\n`;
    if (last) return;
    told = text;
    await wait(handedOver ? lookForReturnsEvery : lookEvery, undefined, { signal: closing, ref: false }).catch(() => undefined);
  }
}

/** An operator's text may have line breaks. Each line becomes one of the event. */
function dataOf(text: string): string {
  return `data: ${text.replace(/\r\n|\r|\n/g, "\ndata: ")}`;
}
