// An API over HTTP: authentication, limits and authorization of every operation before its body is read, then
// validation.
import bodyParser from "@koa/bodyparser";
import Router from "@koa/router";
import type { Context, Next } from "koa";
import { z } from "zod";
import { isAway, retryAfter, UnknownOutcome } from "../database/away.ts";
import { jsonBody } from "../http/json-body.ts";
import { networkOf } from "../http/network.ts";
import type { Logger } from "../log.ts";
import { authorize, type Caller } from "./caller.ts";
import type { Idempotency } from "./idempotency.ts";
import { type Answer, type AnyOperation, type Api, perform } from "./operation.ts";
import { Problem, tooMany } from "./problem.ts";
import { validate } from "./validate.ts";

export interface RouterDeps {
  api: Api;
  idempotency: Idempotency;
  /** @returns the client and scopes of an access token for this API, or undefined if it is not good */
  authenticate(token: string): Promise<Omit<Caller, "actor"> | undefined>;
  /** Counts a request of the application. */
  throttle(clientId: string): Promise<Quota>;
  issuer: string;
  log: Logger;
}

/** How many requests an application has left. */
export interface Quota {
  /** How many there are in a window. */
  limit: number;
  remaining: number;
  /** Seconds until a new window begins. */
  reset: number;
  /** Seconds to wait, if this request was one too many. */
  wait?: number;
}

/** A mistyped filter, or an option of another operation, would silently change what is done. */
const noQuery = z.strictObject({});

/** A body that cannot be read is the caller's mistake, not an internal error. */
const onError = (error: Error, ctx: Context) => ctx.throw((error as { status?: number }).status ?? 400);
const json = jsonBody("1mb");
/** As binary: the bytes are kept as they are, whatever their encoding. */
const csvBody = bodyParser({ enableTypes: ["text"], textLimit: "10mb", extendTypes: { text: ["text/csv"] }, encoding: "binary", onError });

export function apiRoutes(deps: RouterDeps): Router {
  const router = new Router({ prefix: deps.api.prefix });
  router.use(problems(deps.log));
  for (const operation of deps.api.operations) {
    const admit = async (ctx: Context, next: Next) => {
      const caller = await authenticated(ctx, deps);
      try {
        authorize(caller, operation);
      } catch (error) {
        if (!caller.scopes.has(operation.scope))
          ctx.set("WWW-Authenticate", `Bearer error="insufficient_scope", scope="${operation.scope}"`);
        throw error;
      }
      ctx.state["caller"] = caller;
      await next();
    };
    router[operation.method](operation.path, admit, operation.csv ? csvOrJson : json, async (ctx) => {
      const answer = await call(ctx, operation, deps.idempotency);
      if (answer.status === 201 && operation.location)
        ctx.set("Location", `${deps.issuer}${deps.api.prefix}${operation.location(answer.body, ctx["params"])}`);
      send(ctx, answer);
    });
  }
  return router;
}

function csvOrJson(ctx: Context, next: Next): Promise<void> {
  return ctx.is("text/csv") ? csvBody(ctx, next) : Promise.resolve(json(ctx, next));
}

/** Answers everything else under the path: 405 if another method would be answered (RFC 9110, 15.5.6), 404 otherwise. */
export function unknownRoutes({ api, log }: Pick<RouterDeps, "api" | "log">): Router {
  const router = new Router({ prefix: api.prefix });
  const open = ["/openapi.json", "/reference"].map((path) => ({ path, method: "get" }));
  const known = [...open, ...api.operations].map(({ path, method }) => {
    const pattern = path.replace(/[.]/g, "\\.").replace(/:\w+/g, "[^/]+");
    return { method, matches: new RegExp(`^${api.prefix}${pattern}/?$`) };
  });
  router.use(problems(log));
  router.all("{/*path}", (ctx) => {
    const methods = known.filter(({ matches }) => matches.test(ctx.path)).map(({ method }) => method.toUpperCase());
    if (methods.length === 0) throw new Problem(404, "Not found", `There is no such operation. ${api.prefix}/reference lists them all.`);
    const allowed = [...new Set(methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])))].join(", ");
    ctx.set("Allow", allowed);
    throw new Problem(405, "Method not allowed", `This path accepts only ${allowed}.`);
  });
  return router;
}

function problems(log: Logger) {
  return async (ctx: Context, next: Next): Promise<void> => {
    ctx.set("Cache-Control", "no-store");
    ctx.state["programs"] = true;
    try {
      await next();
    } catch (error) {
      const problem = asProblem(error);
      if (!problem) throw error;
      if (problem.status === 503)
        log.error({ err: error, id: ctx.state["requestId"] }, "a request failed because the database cannot be reached");
      ctx.status = problem.status;
      const { retry_after: wait } = problem.extra as { retry_after?: number };
      if (wait !== undefined) ctx.set("Retry-After", String(wait));
      ctx.body = problem.document;
      ctx.type = "application/problem+json";
    }
  };
}

/** A body that the parser refuses is the caller's mistake too. */
function asProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error;
  if (error instanceof UnknownOutcome)
    return new Problem(
      503,
      "Unavailable",
      "The connection to the database was lost before it answered. Check whether the change was made before you send it again.",
      {
        retry_after: retryAfter,
      },
    );
  if (isAway(error))
    return new Problem(503, "Unavailable", "The database cannot be reached right now. Send the request again in a few seconds.", {
      retry_after: retryAfter,
    });
  const { status } = error as { status?: number };
  if (status === 413) return new Problem(413, "Too large", "The request is too large. Send it in parts.");
  if (status === 400) return new Problem(status, "Bad request", "The body is not valid JSON, although its Content-Type says so.");
  if (status === 415) return new Problem(status, "Bad request", "The Content-Encoding of the body is not supported.");
  return undefined;
}

async function authenticated(ctx: Context, deps: RouterDeps): Promise<Caller> {
  const token = /^Bearer ([\w.~+/=-]+)$/i.exec(ctx.get("authorization"))?.[1];
  const found = token === undefined ? undefined : await deps.authenticate(token);
  if (!found) {
    ctx.set("WWW-Authenticate", token === undefined ? "Bearer" : 'Bearer error="invalid_token"');
    throw new Problem(401, "Sign in", "Send an access token for this API as a bearer token: docs/admin-api.md says how to get one.");
  }
  const { clientId } = found;
  const { limit, remaining, reset, wait } = await deps.throttle(clientId);
  ctx.set({ "RateLimit-Limit": String(limit), "RateLimit-Remaining": String(remaining), "RateLimit-Reset": String(reset) });
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
  const key = operation.creates ? ctx.req.headers["idempotency-key"] : undefined;
  if (key === undefined) return run();
  // An empty key too: its sender expects protection against repetition, and would get none.
  if (typeof key !== "string" || !/^[\x21-\x7e]{1,200}$/.test(key))
    throw new Problem(400, "Bad request", "An Idempotency-Key must be 1 to 200 printable ASCII characters.");
  const request = `${ctx.method} ${ctx.url}\n${ctx.request.rawBody ?? ""}`;
  return idempotency.once(caller.clientId, key, request, run, operation.restore as ((kept: unknown) => unknown) | undefined);
}

/** @throws Problem 415 for a body that is neither JSON nor, where accepted, CSV; 400 for JSON that is not in UTF-8 */
function uploadedCsv(ctx: Context, { csv, body }: AnyOperation): Uint8Array | undefined {
  if (csv && typeof ctx.request.body === "string" && ctx.is("text/csv")) return Buffer.from(ctx.request.body, "binary");
  const readable = body ? ctx.is("json") : false;
  if ((ctx.request.length ?? 0) > 0 && (body || csv) && !readable)
    throw new Problem(
      415,
      "Bad request",
      `Send it with Content-Type: ${[...(body ? ["application/json"] : []), ...(csv ? ["text/csv"] : [])].join(" or ")}.`,
    );
  if (csv && !body) throw new Problem(400, "Bad request", "Send the file as the body, with Content-Type: text/csv.");
  // Bytes that are not UTF-8 were read as U+FFFD, which would be stored as part of a name (RFC 8259, 8.1).
  if (ctx.request.rawBody?.includes("\ufffd")) throw new Problem(400, "Bad request", "The body is not in UTF-8, which JSON requires.");
  return undefined;
}

/**
 * An ETag holds the version in quotation marks (RFC 9110, 8.8.3). A proxy that compresses makes it a weak one, of the same version.
 * @throws Problem 400 for one that is not ours, and for a condition that the operation does not use
 */
function versionIn(ifMatch: string, { method, versioned }: AnyOperation): number | undefined {
  if (ifMatch === "" || ifMatch === "*" || method === "get") return undefined;
  if (!versioned)
    throw new Problem(400, "Bad request", "This operation takes no If-Match: it is carried out even if something has changed.");
  const version = /^(?:W\/)?"(\d{1,16})"$/.exec(ifMatch)?.[1];
  if (version === undefined)
    throw new Problem(400, "Bad request", "If-Match takes the ETag of the last answer, including the quotation marks.");
  return Number(version);
}

function send(ctx: Context, { status, body, version }: Answer<unknown>): void {
  ctx.status = status;
  if (version !== undefined) ctx.set("ETag", `"${version}"`);
  if (body !== undefined) ctx.body = body;
}
