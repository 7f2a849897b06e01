// Receives bounce reports from other systems over HTTP: a mail provider's events, or a mail server's pipe.
import Router from "@koa/router";
import type { Context, Next } from "koa";
import { z } from "zod";
import { carriesSecret } from "../http/bearer.ts";
import { jsonBody } from "../http/json-body.ts";
import type { Bounces } from "./bounces.ts";
import type { Report as MailReport } from "./report.ts";

export interface BounceWebhookDeps {
  bounces: Bounces;
  secret: string;
  /** The mail that came back to the address; undefined if the address was not made here. */
  mailIn(returnPath: string): string | undefined;
}

const Report = z
  .strictObject({
    return_path: z.string().max(320).optional(),
    message_id: z.string().max(998).optional(),
    /** RFC 3464, 2.3.1 and 2.3.2: whom it failed for, if reported. */
    final_recipient: z.string().max(320).optional(),
    original_recipient: z.string().max(320).optional(),
    /** RFC 3464, 2.3.3 */
    action: z.enum(["failed", "delayed", "delivered", "relayed", "expanded"]),
    status: z.string().regex(/^[245]\.\d{1,3}\.\d{1,3}$/, "must be an enhanced status such as 5.1.1 (RFC 3463)"),
    diagnostic: z.string().max(2000).default(""),
  })
  .refine((report) => (report.return_path === undefined) !== (report.message_id === undefined), {
    path: ["message_id"],
    message: "identify the mail by return_path or message_id, but not both",
  });
type Report = z.output<typeof Report>;

const path = "/bounces";
const json = jsonBody("16kb");

export function bounceRoutes(deps: BounceWebhookDeps): Router {
  const router = new Router();
  router.post(path, authenticated(deps.secret), readable, async (ctx) => {
    const parsed = Report.safeParse(ctx.request.body);
    if (!parsed.success) return refuse(ctx, 400, "Bad request", wordsOf(parsed.error));
    const mailId = mailOf(parsed.data, deps);
    const outcome = mailId === undefined ? "not-counted" : await deps.bounces.notified(mailId, [reportOf(parsed.data)]);
    ctx.body = { outcome };
  });
  return router;
}

/** Before the body is read. */
function authenticated(secret: string) {
  return async (ctx: Context, next: Next) => {
    if (carriesSecret(ctx, secret)) return next();
    refuse(ctx, 401, "Sign in", "Send the secret of the webhook (GUESTPASS_BOUNCE_WEBHOOK_SECRET) as a bearer token.");
  };
}

async function readable(ctx: Context, next: Next): Promise<void> {
  if (!ctx.is("json")) return refuse(ctx, 415, "Bad request", "Send JSON, with Content-Type: application/json.");
  try {
    await json(ctx, async () => undefined);
  } catch (error) {
    const { status } = error as { status?: number };
    if (status === 413) return refuse(ctx, 413, "Too large", "A report may have at most 16 KiB: leave the mail out.");
    if (status === 400) return refuse(ctx, 400, "Bad request", "The body is not JSON.");
    if (status === 415) return refuse(ctx, 415, "Bad request", "The Content-Encoding of the body is not supported.");
    throw error;
  }
  await next();
}

/** The part of a Message-ID before the @ is the mail's id. */
function mailOf({ return_path: returnPath, message_id: messageId }: Report, deps: BounceWebhookDeps): string | undefined {
  if (returnPath !== undefined) return deps.mailIn(returnPath.replace(/^<|>$/g, ""));
  return /^<?([0-9a-f-]{36})@/i.exec(messageId ?? "")?.[1]?.toLowerCase();
}

function reportOf({ action, status, diagnostic, final_recipient, original_recipient }: Report): MailReport {
  return { action, status, diagnostic, finalRecipient: final_recipient, originalRecipient: original_recipient, server: undefined };
}

/** RFC 9457 */
function refuse(ctx: Context, status: number, title: string, detail: string): void {
  ctx.status = status;
  ctx.body = { type: "about:blank", title, status, detail };
  ctx.type = "application/problem+json";
}

function wordsOf({ issues }: z.ZodError): string {
  return issues.map(({ path: field, message }) => `${field.join(".") || "the body"}: ${message}`).join("; ");
}
