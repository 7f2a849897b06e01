// An operation of an API: one declaration from which the route, the validation, the authorization and the OpenAPI document are made.
import type { z } from "zod";
import type { Caller } from "./caller.ts";
import { changedMeanwhile, Problem } from "./problem.ts";

export interface Answer<Body> {
  status: number;
  body?: Body;
  /** The version of what is answered; the caller sends it back in If-Match. */
  version?: number;
  /** The answer kept for a repeated request with the same Idempotency-Key, if the answer itself holds a secret. */
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
  scope: string;
  /** A scope that allows this and little else: it is enough. */
  narrower?: string;
  /** Whether an application's own client may call it, for itself. */
  own: boolean;
  /** Takes an Idempotency-Key. */
  creates?: boolean;
  /** Takes If-Match. */
  versioned?: boolean;
  params?: Params;
  query?: Query;
  body?: Body;
  /** The document's description of the body, if `body` leaves the rows to `run`. */
  documentedBody?: z.ZodType;
  /** Accepts text/csv too, or only that if there is no `body`. `run` gets it as it was sent: `readCsv` finds its encoding. */
  csv?: { description: string; example: string };
  result?: Result;
  /** The path of what was made (status 201), under the API's prefix. */
  location?(made: z.output<Result>, params: z.output<Params>): string;
  /** Puts back into a kept answer what can be made again and is not written down. */
  restore?(kept: z.output<Result>): z.output<Result>;
  status: number;
  /** Problems that the document lists for it beside those that follow from the declaration. */
  problems?: (404 | 422)[];
  example: { params?: Record<string, string>; query?: object; body?: z.input<Body>; result?: z.input<Result> };
  run(call: Call<Params, Query, Body>): Promise<Answer<z.output<Result>>>;
}

interface Call<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType> {
  caller: Caller;
  params: z.output<Params>;
  query: z.output<Query>;
  body: z.output<Body>;
  /** The upload, if it is text/csv. */
  csv: Uint8Array | undefined;
  /** The version in If-Match. */
  ifMatch: number | undefined;
  /** The id for what it makes, if the request has an Idempotency-Key: the same again when the request is repeated because no answer was kept. */
  freshId?: string | undefined;
  /** Reports progress, if it takes many rows. */
  progress?: ((done: number, total: number) => void) | undefined;
}

export type AnyOperation = Operation<z.ZodType, z.ZodType, z.ZodType, z.ZodType>;

/** Operations under one path, and what their document says about all of them. */
export interface Api {
  /** Begins with a slash: "/admin". */
  prefix: string;
  title: string;
  /** Paragraphs, with `code`. */
  description: string;
  /** The permission that each scope gives. */
  scopes: Record<string, string>;
  operations: AnyOperation[];
}

/** Keeps the types of one declaration together while it is written. */
export function operation<Params extends z.ZodType, Query extends z.ZodType, Body extends z.ZodType, Result extends z.ZodType>(
  declared: Operation<Params, Query, Body, Result>,
): AnyOperation {
  return declared as unknown as AnyOperation;
}

/** Each retry means that somebody else's change was made. */
const mostTries = 10;

/**
 * Runs it. A change without If-Match applies to the latest version: if another change came between its reading and its writing,
 * it is tried again.
 * @throws Problem 409 if others are quicker every time
 */
export async function perform(
  { run, versioned = false }: AnyOperation,
  call: Call<z.ZodType, z.ZodType, z.ZodType>,
): Promise<Answer<unknown>> {
  if (!versioned || call.ifMatch !== undefined) return run(call);
  for (let tries = 0; tries < mostTries; tries++) {
    try {
      return await run(call);
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== changedMeanwhile().status) throw error;
    }
  }
  throw new Problem(409, "Busy", "Others are changing it right now. Try again.");
}
