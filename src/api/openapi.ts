// The OpenAPI 3.1 document, made from the declarations and schemas that also route and validate.
import { z } from "zod";
import type { Json } from "./json.ts";
import { problemsOf } from "./openapi-problems.ts";
import type { AnyOperation, Api } from "./operation.ts";

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

export function openApiDocument({ prefix, title, description, scopes, operations }: Api, issuer: string): OpenApiDocument {
  const schemas: Record<string, Json> = {};
  const paths: OpenApiDocument["paths"] = {};
  for (const operation of operations) {
    const path = prefix + operation.path.replace(/:(\w+)/g, "{$1}");
    (paths[path] ??= {})[operation.method] = describe(operation, (schema, io) => hoist(schema, io, schemas));
  }
  return {
    openapi: "3.1.0",
    info: { title, version: "1", description },
    servers: [{ url: issuer }],
    paths,
    components: {
      headers: {
        "RateLimit-Limit": { description: "Requests allowed to the application in each window", schema: { type: "integer" } },
        "RateLimit-Remaining": { description: "Requests left in this window", schema: { type: "integer" } },
        "RateLimit-Reset": { description: "Seconds until a new window begins", schema: { type: "integer" } },
      },
      schemas: Object.fromEntries(Object.entries(schemas).sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        applicationCredentials: {
          type: "oauth2",
          flows: {
            clientCredentials: {
              tokenUrl: `${issuer}/token`,
              scopes,
            },
          },
        },
      },
    },
  };
}

const quotaHeaders = Object.fromEntries(
  ["RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"].map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

type ToSchema = (schema: z.ZodType, io: "input" | "output") => Json;

function describe(operation: AnyOperation, toSchema: ToSchema): OpenApiOperation {
  const { id, method, path, summary, details, scope, narrower, own, status, result, example, versioned, creates, location } = operation;
  const who = own ? "An application may also call it, for itself." : "For an administrator's client.";
  const body = requestBody(operation, toSchema);
  const content = result && {
    content: { "application/json": { schema: toSchema(result, "output"), ...(example.result ? { example: example.result } : {}) } },
  };
  const hasVersion = result && (versioned || creates || (method === "get" && path.includes(":")));
  const headers = (answer: number) => ({
    headers: {
      ...(hasVersion ? { ETag: { description: "The version of the resource", schema: { type: "string" } } } : {}),
      ...(answer === 201 && location ? { Location: { description: "The URL of the new resource", schema: { type: "string" } } } : {}),
      ...quotaHeaders,
    },
  });
  return {
    operationId: id,
    summary,
    description: [details, who].filter(Boolean).join(" "),
    tags: [path.split("/")[1] as string],
    security: [scope, ...(narrower === undefined ? [] : [narrower])].map((name) => ({ applicationCredentials: [name] })),
    "x-own-application": own,
    parameters: [...parametersOf(operation, toSchema), ...headersOf(operation)],
    ...(body ? { requestBody: body } : {}),
    responses: {
      [status]: { description: status === 204 ? "Done" : summary, ...headers(status), ...content },
      ...(creates && status === 201 ? { 200: { description: "It existed already", ...headers(200), ...content } } : {}),
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
            "A key of your choice, up to 200 characters. A request repeated with it within a day gets the first answer",
          ),
        ]
      : []),
    ...(versioned ? [header("If-Match", "The ETag that you read. The change is made only if nothing has changed since")] : []),
  ];
}

/** Schemas with a name are written once and referred to. */
function hoist(schema: z.ZodType, io: "input" | "output", schemas: Record<string, Json>): Json {
  const {
    $schema: _dialect,
    $defs: named = {},
    ...own
  } = z.toJSONSchema(schema, { io, unrepresentable: "any", override: ({ jsonSchema }) => plain(jsonSchema as Json, io) }) as Json & {
    $defs?: Record<string, Json>;
  };
  const { id, ...rest } = own as Json & { id?: string };
  const rewritten = (value: Json) => JSON.parse(JSON.stringify(value).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
  for (const [name, { id: _name, ...definition }] of Object.entries(named)) schemas[name] = rewritten(definition);
  if (id === undefined) return rewritten(rest);
  schemas[id] = rewritten(rest);
  return { $ref: `#/components/schemas/${id}` };
}

/**
 * Leaves out what client generators and other validators reject. A format says all that its pattern would; a pattern of
 * Unicode categories is understood by few; and TypeScript clients demand request fields that have a default.
 */
function plain(schema: Json, io: "input" | "output"): void {
  const {
    pattern,
    format,
    default: otherwise,
    description: text,
  } = schema as { pattern?: string; format?: string; default?: unknown } & Json;
  if (pattern !== undefined && (format !== undefined || /\\p\{/i.test(pattern))) delete schema["pattern"];
  if (io === "output" || otherwise === undefined) return;
  delete schema["default"];
  schema["description"] = [text, `Default: ${JSON.stringify(otherwise)}.`].filter(Boolean).join(". ");
}
