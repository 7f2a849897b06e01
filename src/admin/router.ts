// The administration API over HTTP: authentication, limits and authorization of every operation before its body is read, then
// validation.
import bodyParser from "@koa/bodyparser";
import Router from "@koa/router";
import type { Context, Next } from "koa";
import { z } from "zod";
import { networkOf } from "../http/network.ts";
import { authorize, type Caller } from "./caller.ts";
import type { Idempotency } from "./idempotency.ts";
import { type Answer, type AnyOperation, perform } from "./operation.ts";
import { Problem } from "./problem.ts";
import { tooMany } from "./throttle.ts";
import { validate } from "./validate.ts";

export interface AdminRouterDeps {
  operations: AnyOperation[];
  idempotency: Idempotency;
  /** @returns the client and scopes of an access token for this API, or undefined where it is not good */
  authenticate(token: string): Promise<Omit<Caller, "actor"> | undefined>;
  /** Counts a request of the application. @returns the seconds to wait where it made too many */
  throttle(clientId: string): Promise<number | undefined>;
}

export const adminPath = "/admin";

/** A filter with a typing mistake, or an option of another operation, would change what is done without a word. */
const noQuery = z.strictObject({});

/** A body that cannot be read is the caller's mistake, not a fault of ours. */
const onError = (error: Error, ctx: Context) => ctx.throw((error as { status?: number }).status ?? 400);
const jsonBody = bodyParser({ enableTypes: ["json"], jsonLimit: "1mb", onError });
const csvBody = bodyParser({
  enableTypes: ["json", "text"],
  jsonLimit: "1mb",
  textLimit: "10mb",
  extendTypes: { text: ["text/csv"] },
  onError,
});

export function adminRoutes(deps: AdminRouterDeps): Router {
  const router = new Router({ prefix: adminPath });
  router.use(problems);
  for (const operation of deps.operations) {
    const admit = async (ctx: Context, next: Next) => {
      const caller = await authenticated(ctx, deps);
      if (!caller.scopes.has(operation.scope)) ctx.set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="${operation.scope}"`);
      authorize(caller, operation);
      ctx.state["caller"] = caller;
      await next();
    };
    router[operation.method](operation.path, admit, operation.csv ? csvBody : jsonBody, async (ctx) => {
      send(ctx, await call(ctx, operation, deps.idempotency));
    });
  }
  return router;
}

/** What nothing else under the path answers. */
export function unknownAdminRoutes(): Router {
  const router = new Router({ prefix: adminPath });
  router.use(problems);
  router.all("{/*path}", () => {
    throw new Problem(404, "Not found", "There is no such operation: /admin/reference lists them.");
  });
  return router;
}

async function problems(ctx: Context, next: Next): Promise<void> {
  ctx.set("Cache-Control", "no-store");
  ctx.state["programs"] = true;
  try {
    await next();
  } catch (error) {
    const problem = asProblem(error);
    if (!problem) throw error;
    ctx.status = problem.status;
    const { retry_after: wait } = problem.extra as { retry_after?: number };
    if (wait !== undefined) ctx.set("Retry-After", String(wait));
    ctx.body = problem.document;
    ctx.type = "application/problem+json";
  }
}

/** What the body parser refuses is the caller's mistake too. */
function asProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  const { status } = error as { status?: number };
  if (status === 413) return new Problem(413, "Too large", "The request is too large. Send it in parts.");
  if (status === 400) return new Problem(status, "Bad request", "The body cannot be read as JSON, which its Content-Type says it is.");
  if (status === 415) return new Problem(status, "Bad request", "The Content-Encoding of the body is not one that can be read here.");
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
  if (wait !== undefined) throw tooMany(wait, "The application made too many requests.");
  return { ...found, actor: { who: `application:${clientId}`, channel: "api", network: networkOf(ctx.ip) } };
}

async function call(ctx: Context, operation: AnyOperation, idempotency: Idempotency): Promise<Answer<unknown>> {
  const caller = ctx.state["caller"] as Caller;
  const csv = uploadedCsv(ctx, operation);
  const params = operation.params && validate(operation.params, ctx["params"], "path");
  const query = validate(operation.query ?? noQuery, ctx.query, "query");
  const body = operation.body && csv === undefined ? validate(operation.body, ctx.request.body, "body") : undefined;
  const ifMatch = versionIn(ctx.get("if-match"), operation);
  const run = (freshId?: string) => perform(operation, { caller, params, query, body, csv, ifMatch, freshId });
  const key = operation.creates ? ctx.get("idempotency-key") : "";
  if (key === "") return run();
  if (!/^[\x21-\x7e]{1,200}$/.test(key))
    throw new Problem(400, "Bad request", "An Idempotency-Key is 1 to 200 printable ASCII characters.");
  return idempotency.once(caller.application.clientId, key, `${ctx.method} ${ctx.url}\n${ctx.request.rawBody ?? ""}`, run);
}

/** @throws Problem 415 for a body that is neither JSON nor, where that is taken, CSV; 400 for JSON that is not in UTF-8 */
function uploadedCsv(ctx: Context, { csv, body }: AnyOperation): string | undefined {
  if (csv && typeof ctx.request.body === "string" && ctx.is("text/csv")) return ctx.request.body;
  const readable = body ? ctx.is("json") : false;
  if ((ctx.request.length ?? 0) > 0 && (body || csv) && !readable)
    throw new Problem(
      415,
      "Bad request",
      `Send it with Content-Type: ${[...(body ? ["application/json"] : []), ...(csv ? ["text/csv"] : [])].join(" or ")}.`,
    );
  if (csv && !body) throw new Problem(400, "Bad request", "Send the file as the body, with Content-Type: text/csv.");
  // What is not UTF-8 has been read as that sign: a name would be kept with it (RFC 8259, 8.1).
  if (ctx.request.rawBody?.includes("\ufffd")) throw new Problem(400, "Bad request", "The body is not in UTF-8, which JSON has to be.");
  return undefined;
}

/**
 * An ETag holds the version in quotation marks (RFC 9110, 8.8.3). A proxy that compresses makes it a weak one, of the same version.
 * @throws Problem 400 for one that is not ours, and for a condition that would not be looked at
 */
function versionIn(ifMatch: string, { method, versioned }: AnyOperation): number | undefined {
  if (ifMatch === "" || ifMatch === "*" || method === "get") return undefined;
  if (!versioned) throw new Problem(400, "Bad request", "This takes no If-Match: it is done whatever was changed meanwhile.");
  const version = /^(?:W\/)?"(\d{1,16})"$/.exec(ifMatch)?.[1];
  if (version === undefined) throw new Problem(400, "Bad request", "If-Match takes the ETag of the last answer, quotation marks included.");
  return Number(version);
}

function send(ctx: Context, { status, body, version }: Answer<unknown>): void {
  ctx.status = status;
  if (version !== undefined) ctx.set("ETag", `"${version}"`);
  if (body !== undefined) ctx.body = body;
}
