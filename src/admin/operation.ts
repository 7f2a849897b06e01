// An operation of the administration API: one declaration from which the route, the validation, the authorization and the
// OpenAPI document are made.
import type { z } from "zod";
import type { ApiScope } from "../applications/api-scopes.ts";
import type { Caller } from "./caller.ts";

export interface Answer<Body> {
  status: number;
  body?: Body;
  /** The version of what is answered; the caller sends it back in If-Match. */
  version?: number;
  /** What a repeated request with the same Idempotency-Key gets, where the answer itself is not kept: it holds a secret. */
  kept?: Body;
}

export interface Operation<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType, Result extends z.ZodType> {
  /** The operation's name in the OpenAPI document. */
  id: string;
  method: "get" | "post" | "patch" | "delete";
  /** With :names for what `params` describes. */
  path: string;
  summary: string;
  details?: string;
  scope: ApiScope;
  /** Whether an application's own client may call it, for itself. */
  own: boolean;
  /** Takes an Idempotency-Key. */
  creates?: boolean;
  /** Takes If-Match. */
  versioned?: boolean;
  params?: Params;
  query?: Query;
  body?: Body;
  /** What the document says of the body, where `body` leaves the rows to `run`. */
  documentedBody?: z.ZodType;
  /** text/csv is taken too, or alone where there is no `body`, and given to `run` as text. */
  csv?: { description: string; example: string };
  result?: Result;
  status: number;
  example: { params?: Record<string, string>; query?: object; body?: z.input<Body>; result?: z.input<Result> };
  run(call: {
    caller: Caller;
    params: z.output<Params>;
    query: z.output<Query>;
    body: z.output<Body>;
    /** What was uploaded as text/csv. */
    csv: string | undefined;
    /** The version in If-Match. */
    ifMatch: number | undefined;
    /** Told how far it has come, where it takes many rows. */
    progress?: ((done: number, total: number) => void) | undefined;
  }): Promise<Answer<z.output<Result>>>;
}

export type AnyOperation = Operation<z.ZodType, z.ZodType, z.ZodType, z.ZodType>;

/** Keeps the types of one declaration together while it is written. */
export function operation<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType, Result extends z.ZodType>(
  declared: Operation<Params, Query, Body, Result>,
): AnyOperation {
  return declared as unknown as AnyOperation;
}
