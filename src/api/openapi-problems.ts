// The problem documents (RFC 9457) that an operation may answer with.
import { z } from "zod";
import type { Json } from "./json.ts";
import type { AnyOperation } from "./operation.ts";
import { FieldError } from "./row-problem.ts";

const ProblemDocument = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.number(),
    detail: z.string().describe("What is wrong, and what to do about it"),
    errors: z.array(FieldError).optional().describe("The fields that are wrong"),
    sub: z.string().optional().describe("The other guest, if an address is taken"),
    retry_after: z.number().optional().describe("Seconds to wait"),
  })
  .meta({ id: "Problem" });

interface Possible {
  status: number;
  description: string;
  when: (operation: AnyOperation) => unknown;
  example: Json;
  headers?: Json;
}

const always = () => true;
const problem = (status: number, title: string, detail: string, extra: Json = {}) => ({
  type: "about:blank",
  title,
  status,
  detail,
  ...extra,
});

const possible: Possible[] = [
  {
    status: 400,
    description: "The request is invalid; each wrong field is named",
    when: always,
    example: problem(400, "Bad request", "Correct the body and send it again.", {
      errors: [{ field: "email", in: "body", message: "must be an email address such as name@example.com" }],
    }),
  },
  {
    status: 401,
    description: "The access token is missing or not valid for this API",
    when: always,
    example: problem(401, "Sign in", "Send an access token for this API as a bearer token: docs/admin-api.md says how to get one."),
  },
  {
    status: 403,
    description: "The token's scope, or the application, does not allow it",
    when: always,
    example: problem(403, "Not allowed", "The access token needs the scope guests:write."),
  },
  {
    status: 404,
    description: "Not found, or not visible to the caller",
    when: ({ params, problems }) => params || problems?.includes(404),
    example: problem(404, "Not found", "There is no such guest."),
  },
  {
    status: 409,
    description: "The request conflicts with the current state",
    when: ({ method }) => method === "post" || method === "patch",
    example: problem(409, "Address taken", "The address already belongs to a guest. An address belongs to one guest at most.", {
      sub: "1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11",
    }),
  },
  {
    status: 412,
    description: "Changed since the version in If-Match",
    when: ({ versioned }) => versioned,
    example: problem(
      412,
      "Changed meanwhile",
      "It has changed since you read it. Read it again, and send the change with the new ETag in If-Match.",
    ),
  },
  {
    status: 413,
    description: "More than 1 MiB of JSON, or 10 MiB of CSV",
    when: ({ body, csv }) => body || csv,
    example: problem(413, "Too large", "The request is too large. Send it in parts."),
  },
  {
    status: 415,
    description: "The content is of the wrong type, or its Content-Type header is",
    when: ({ body, csv }) => body || csv,
    example: problem(415, "Bad request", "Send it with Content-Type: application/json."),
  },
  {
    status: 422,
    description: "The request is valid but cannot be carried out",
    when: ({ creates, problems }) => creates || problems?.includes(422),
    example: problem(
      422,
      "Foreign target",
      "The target URL is under none of the application's registered target origins. Register its origin first.",
    ),
  },
  {
    status: 429,
    description: "Too many requests; Retry-After says how many seconds to wait",
    when: always,
    example: problem(429, "Too many requests", "The application made too many requests. Wait 30 seconds.", { retry_after: 30 }),
    headers: { "Retry-After": { description: "Seconds", schema: { type: "integer" } } },
  },
  {
    status: 503,
    description: "The database cannot be reached; Retry-After says how many seconds to wait",
    when: always,
    example: problem(503, "Unavailable", "The database cannot be reached right now. Send the request again in a few seconds.", {
      retry_after: 5,
    }),
    headers: { "Retry-After": { description: "Seconds", schema: { type: "integer" } } },
  },
];

export function problemsOf(operation: AnyOperation, toSchema: (schema: z.ZodType, io: "output") => Json): Record<string, Json> {
  const schema = toSchema(ProblemDocument, "output");
  return Object.fromEntries(
    possible
      .filter(({ when }) => when(operation))
      .map(({ status, description, example, headers }) => [
        status,
        { description, ...(headers ? { headers } : {}), content: { "application/problem+json": { schema, example } } },
      ]),
  );
}
