// The administration API over HTTP: authentication, authorization and validation of every operation, in this order.
import bodyParser from "@koa/bodyparser";
import Router from "@koa/router";
import type { Context, Next } from "koa";
import type { z } from "zod";
import { networkOf } from "../http/network.ts";
import { authorize, type Caller } from "./caller.ts";
import type { Idempotency } from "./idempotency.ts";
import type { Answer, AnyOperation } from "./operation.ts";
import { Problem } from "./problem.ts";

export interface AdminRouterDeps {
  operations: AnyOperation[];
  idempotency: Idempotency;
  /** @returns the client and scopes of an access token for this API, or undefined where it is not good */
  authenticate(token: string): Promise<Omit<Caller, "actor"> | undefined>;
  /** Counts a request of the token. @returns the seconds to wait where it made too many */
  throttle(clientId: string): Promise<number | undefined>;
}

export const adminPath = "/admin";

const jsonBody = bodyParser({ enableTypes: ["json"], jsonLimit: "1mb" });
const csvBody = bodyParser({ enableTypes: ["json", "text"], jsonLimit: "1mb", textLimit: "10mb", extendTypes: { text: ["text/csv"] } });

export function adminRoutes(deps: AdminRouterDeps): Router {
  const router = new Router({ prefix: adminPath });
  router.use(problems);
  for (const operation of deps.operations) {
    router[operation.method](operation.path, operation.acceptsCsv ? csvBody : jsonBody, async (ctx) => {
      const caller = await authenticated(ctx, deps);
      authorize(caller, operation);
      send(ctx, await call(ctx, operation, caller, deps.idempotency));
    });
  }
  return router;
}

async function problems(ctx: Context, next: Next): Promise<void> {
  ctx.set("Cache-Control", "no-store");
  try {
    await next();
  } catch (error) {
    const problem = asProblem(error);
    if (!problem) throw error;
    ctx.status = problem.status;
    ctx.body = problem.document;
    ctx.type = "application/problem+json";
  }
}

/** What the body parser refuses is the caller's mistake too. */
function asProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  const { status } = error as { status?: number };
  if (status === 413) return new Problem(413, "Too large", "The request is too large. Send it in parts.");
  if (status === 400 || status === 415)
    return new Problem(status, "Bad request", "The body cannot be read. Send JSON, with Content-Type: application/json.");
  return undefined;
}

async function authenticated(ctx: Context, deps: AdminRouterDeps): Promise<Caller> {
  const token = /^Bearer ([\w.~+/=-]+)$/i.exec(ctx.get("authorization"))?.[1];
  const found = token === undefined ? undefined : await deps.authenticate(token);
  if (!found) {
    ctx.set("WWW-Authenticate", token === undefined ? "Bearer" : 'Bearer error="invalid_token"');
    throw new Problem(401, "Sign in", "Send an access token for this API as a bearer token: docs/admin-api.md says how to get one.");
  }
  const { clientId } = found.application;
  const wait = await deps.throttle(clientId);
  if (wait !== undefined) {
    ctx.set("Retry-After", String(wait));
    throw new Problem(429, "Too many requests", `Wait ${wait} seconds.`);
  }
  return { ...found, actor: { who: `application:${clientId}`, channel: "api", network: networkOf(ctx.ip) } };
}

async function call(ctx: Context, operation: AnyOperation, caller: Caller, idempotency: Idempotency): Promise<Answer<unknown>> {
  const params = validate(operation.params, ctx["params"], "path");
  const query = validate(operation.query, ctx.query, "query");
  const body = validate(operation.body, ctx.request.body, "body");
  const run = () => operation.run({ caller, params, query, body, ifMatch: versionIn(ctx.get("if-match")) });
  const key = operation.method === "post" ? ctx.get("idempotency-key") : "";
  if (key === "") return run();
  if (key.length > 200) throw new Problem(400, "Bad request", "An Idempotency-Key has 200 characters at the most.");
  return idempotency.once(caller.application.clientId, key, `${ctx.method} ${ctx.path}\n${ctx.request.rawBody ?? ""}`, run);
}

function validate(schema: z.ZodType | undefined, input: unknown, where: string): unknown {
  if (!schema) return undefined;
  const parsed = schema.safeParse(input ?? {});
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({ field: issue.path.join("."), in: where, message: issue.message }));
  throw new Problem(400, "Bad request", `Put right what is wrong in the ${where} and send it again.`, { errors });
}

/** A strong ETag holds the version in quotation marks (RFC 9110, 8.8.3). @throws Problem 400 for one that is not ours */
function versionIn(ifMatch: string): number | undefined {
  if (ifMatch === "" || ifMatch === "*") return undefined;
  const version = /^"(\d+)"$/.exec(ifMatch)?.[1];
  if (version === undefined) throw new Problem(400, "Bad request", "If-Match takes the ETag of the last answer, quotation marks included.");
  return Number(version);
}

function send(ctx: Context, { status, body, version }: Answer<unknown>): void {
  ctx.status = status;
  if (version !== undefined) ctx.set("ETag", `"${version}"`);
  if (body !== undefined) ctx.body = body;
}
