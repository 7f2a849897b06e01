// The OpenAPI 3.1 document, made from the declarations and schemas that also route and validate.
import { z } from "zod";
import { apiScopes } from "../applications/api-scopes.ts";
import type { Json } from "./json.ts";
import { problemsOf } from "./openapi-problems.ts";
import type { AnyOperation } from "./operation.ts";

export interface OpenApiOperation extends Json {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  parameters: Json[];
  requestBody?: Json;
  responses: Record<string, Json>;
}

export interface OpenApiDocument extends Json {
  paths: Record<string, Record<string, OpenApiOperation>>;
  components: { schemas: Record<string, Json> } & Json;
}

const description = `Administrators run the guest directory, and applications invite guests and see their own.

Send an access token as a bearer token: the token endpoint gives one to an application for its own credentials (RFC 6749, 4.4). An administrator's client may use every scope for every application; any other confidential application may hold \`invitations:read\`, \`invitations:write\` and \`guests:read\`, for itself only.

Problems are answered as RFC 9457 describes. Answers about one thing carry an \`ETag\`; send it back in \`If-Match\` and a change is made only if nothing was changed meanwhile. Creates take an \`Idempotency-Key\`: a request repeated with it within a day gets the first answer. More than 600 requests a minute are answered 429, with the seconds to wait in \`Retry-After\`.`;

/** @param prefix under which the paths lie */
export function openApiDocument(operations: AnyOperation[], { issuer, prefix }: { issuer: string; prefix: string }): OpenApiDocument {
  const schemas: Record<string, Json> = {};
  const paths: OpenApiDocument["paths"] = {};
  for (const operation of operations) {
    const path = prefix + operation.path.replace(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[operation.method] = describe(operation, (schema, io) => hoist(schema, io, schemas));
  }
  return {
    openapi: "3.1.0",
    info: { title: "Guestpass administration API", version: "1", description },
    servers: [{ url: issuer }],
    paths,
    components: {
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        applicationCredentials: {
          type: "oauth2",
          flows: {
            clientCredentials: {
              tokenUrl: `${issuer}/token`,
              scopes: Object.fromEntries(apiScopes.map((scope) => [scope, scopeMeans(scope)])),
            },
          },
        },
      },
    },
  };
}

type ToSchema = (schema: z.ZodType, io: "input" | "output") => Json;

function describe(operation: AnyOperation, toSchema: ToSchema): OpenApiOperation {
  const { id, method, path, summary, details, scope, own, status, result, example, versioned, creates } = operation;
  const who = own ? "An application's own client may call it, for itself." : "For an administrator's client.";
  const body = requestBody(operation, toSchema);
  const content = result && {
    content: { "application/json": { schema: toSchema(result, "output"), ...(example.result ? { example: example.result } : {}) } },
  };
  const etag =
    result && (versioned || creates || (method === "get" && path.includes(":")))
      ? { headers: { ETag: { description: "The version", schema: { type: "string" } } } }
      : {};
  return {
    operationId: id,
    summary,
    description: [details, who].filter(Boolean).join(" "),
    tags: [path.split("/")[1] as string],
    security: [{ applicationCredentials: [scope] }],
    "x-own-application": own,
    parameters: [...parametersOf(operation, toSchema), ...headersOf(operation)],
    ...(body ? { requestBody: body } : {}),
    responses: {
      [status]: { description: status === 204 ? "Done" : summary, ...etag, ...content },
      ...(creates && status === 201 ? { 200: { description: "It was there already", ...etag, ...content } } : {}),
      ...problemsOf(operation, toSchema),
    },
  };
}

function requestBody({ body, documentedBody, csv, example }: AnyOperation, toSchema: ToSchema): Json | undefined {
  const schema = documentedBody ?? body;
  if (!schema && !csv) return undefined;
  return {
    required: true,
    content: {
      ...(schema ? { "application/json": { schema: toSchema(schema, "input"), example: example.body } } : {}),
      ...(csv ? { "text/csv": { schema: { type: "string", description: csv.description }, example: csv.example } } : {}),
    },
  };
}

function parametersOf({ params, query, example }: AnyOperation, toSchema: ToSchema): Json[] {
  const of = (schema: z.ZodType | undefined, where: string, examples: object = {}) => {
    const { properties = {}, required = [] } = (schema ? toSchema(schema, "input") : {}) as {
      properties?: Record<string, Json>;
      required?: string[];
    };
    return Object.entries(properties).map(([name, { description: text, ...rest }]) => ({
      name,
      in: where,
      required: where === "path" || required.includes(name),
      ...(text ? { description: text } : {}),
      schema: rest,
      ...(name in examples ? { example: (examples as Json)[name] } : {}),
    }));
  };
  return [...of(params, "path", example.params), ...of(query, "query", example.query)];
}

function headersOf({ creates, versioned }: AnyOperation): Json[] {
  const header = (name: string, text: string) => ({ name, in: "header", required: false, description: text, schema: { type: "string" } });
  return [
    ...(creates
      ? [
          header(
            "Idempotency-Key",
            "Of your choice, 200 characters at the most: a request repeated with it within a day gets the first answer",
          ),
        ]
      : []),
    ...(versioned ? [header("If-Match", "The ETag of what you read: the change is made only if nothing was changed meanwhile")] : []),
  ];
}

/** Schemas that have a name are told once, for all that refer to them. */
function hoist(schema: z.ZodType, io: "input" | "output", schemas: Record<string, Json>): Json {
  const {
    $schema: _dialect,
    $defs: named = {},
    ...own
  } = z.toJSONSchema(schema, { io, unrepresentable: "any" }) as Json & { $defs?: Record<string, Json> };
  const { id, ...rest } = own as Json & { id?: string };
  const rewritten = (value: Json) => JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
  for (const [name, { id: _name, ...definition }] of Object.entries(named)) schemas[name] = rewritten(definition);
  if (id === undefined) return rewritten(rest);
  schemas[id] = rewritten(rest);
  return { $ref: `#/components/schemas/${id}` };
}

function scopeMeans(scope: string): string {
  const [what, how] = scope.split(":");
  return `${how === "read" ? "See" : "Change"} ${what === "audit" ? "the audit trail" : what}`;
}
