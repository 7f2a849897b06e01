// POST /bounces/PROVIDER: reports from mail providers, in their own formats.
import Router from "@koa/router";
import type { Context } from "koa";
import { z } from "zod";
import { networkOf } from "../../http/network.ts";
import { TooMuchError } from "../../json.ts";
import type { Logger } from "../../log.ts";
import type { Bounces } from "../bounces.ts";
import { isFailure } from "../report.ts";
import { type Provider, ProviderAway, type ProviderEvent } from "./event.ts";

export interface ProviderRoutesDeps {
  bounces: Bounces;
  providers: Provider[];
  log: Logger;
  /** The mail that came back to the address; undefined if the address was not made here. */
  mailIn(returnPath: string): string | undefined;
  /** The mail to the recipient that a provider accepted under that id. */
  mailTakenAs(recipient: string, providerId: string): Promise<string | undefined>;
}

const mostBytes = 512 * 1024;
const nothing = async () => undefined;

export function providerRoutes(deps: ProviderRoutesDeps): Router {
  const router = new Router();
  for (const provider of deps.providers) router.post(`/bounces/${provider.name}`, (ctx) => take(ctx, provider, deps));
  return router;
}

async function take(ctx: Context, provider: Provider, deps: ProviderRoutesDeps): Promise<void> {
  if ((await deps.bounces.admits(networkOf(ctx.ip) ?? "")) === "later") return refuse(ctx, 429, "Too many requests.");
  const raw = await bodyOf(ctx);
  if (!raw) return refuse(ctx, 413, "A request may have at most 512 KiB.");
  try {
    const verified = await provider.verify({ raw, ip: ctx.ip, header: (name) => ctx.get(name) });
    if ("problem" in verified) return refuse(ctx, 401, verified.problem);
    const events = provider.events(verified.body);
    const takeBack = verified.once === undefined ? nothing : await deps.bounces.useUp(verified.once);
    // Mailgun does not try again after a 406.
    if (!takeBack) return refuse(ctx, 406, "The signature was used before.");
    try {
      for (const event of events) await tell(event, deps);
    } catch (error) {
      await takeBack();
      throw error;
    }
    ctx.status = 204;
  } catch (error) {
    if (error instanceof ProviderAway) {
      deps.log.warn({ err: error, provider: provider.name }, "a provider's report was put off");
      return refuse(ctx, 503, `${error.message}. Send it again later.`);
    }
    if (error instanceof TooMuchError) return refuse(ctx, 413, `The body has ${error.message}.`);
    if (!(error instanceof SyntaxError) && !(error instanceof z.ZodError)) throw error;
    refuse(ctx, 400, `The body is not one of ${provider.name}'s.`);
  }
}

async function tell({ mail, kind, report }: ProviderEvent, deps: ProviderRoutesDeps): Promise<void> {
  const id = await mailOf(mail, report.finalRecipient, deps);
  if (id === undefined || !isFailure(report)) return;
  if (kind === "report") return void (await deps.bounces.notified(id, [report]));
  // The provider's list is to blame, whatever put the address on it.
  if (kind === "suppressed") await deps.bounces.notified(id, [{ ...report, status: "", diagnostic: "suppressed by the mail provider" }]);
  await deps.bounces.complained(id, report.diagnostic);
}

async function mailOf(
  { returnPath, messageId, providerId }: ProviderEvent["mail"],
  recipient: string | undefined,
  deps: ProviderRoutesDeps,
) {
  const byPath = returnPath === undefined ? undefined : deps.mailIn(returnPath.replace(/^<|>$/g, ""));
  const byId = /^<?([0-9a-f-]{36})@/i.exec(messageId ?? "")?.[1]?.toLowerCase();
  if (byPath !== undefined || byId !== undefined) return byPath ?? byId;
  return recipient && providerId ? deps.mailTakenAs(recipient, providerId) : undefined;
}

async function bodyOf(ctx: Context): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

const titles: Record<number, string> = { 401: "Not verified", 413: "Too large", 429: "Too many requests", 503: "Try again later" };

/** RFC 9457 */
function refuse(ctx: Context, status: number, detail: string): void {
  ctx.status = status;
  ctx.body = { type: "about:blank", title: titles[status] ?? "Bad request", status, detail };
  ctx.type = "application/problem+json";
}
