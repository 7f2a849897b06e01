// The contracts that others build on, written out so that a diff shows when one changes. `npm run contracts` writes them; with
// --check, which is part of `npm run check`, it only says which of them are stale, and exits with 1.
import { readFileSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { defaultLimits, defaults } from "../config/defaults.ts";
import { adminDescription } from "../src/admin/description.ts";
import { type AdminDeps, adminOperations } from "../src/admin/operations.ts";
import { openApiDocument } from "../src/api/openapi.ts";
import { environment } from "../src/configuration/environment.ts";
import { Settings } from "../src/configuration/shape.ts";

type Json = Record<string, unknown>;

const contracts: Record<string, () => string> = {
  "docs/openapi.json": () => asText(adminApi()),
  "docs/configuration.schema.json": () => asText(configuration()),
  "src/testing/requests.ts": () => requestTypes(adminApi()),
};

function asText(contract: Json): string {
  return `${JSON.stringify(contract, null, 2)}\n`;
}

/** Declaring an operation uses nothing of what it works with. */
function adminApi(): Json {
  return openApiDocument({ ...adminDescription, operations: adminOperations({} as AdminDeps) }, "https://guests.example.com");
}

/** JSON Schema of the file that GUESTPASS_CONFIG names, and of the environment variables that set the same. */
function configuration(): Json {
  const variables = new Map(Object.entries(environment).map(([name, [path]]) => [path, name]));
  const schema = z.toJSONSchema(Settings, { io: "input" }) as Json;
  return { ...describe(schema, "", variables, { ...defaults, limits: defaultLimits }), title: "Configuration of Guestpass" };
}

/** Nothing has to be in the file: what is left out comes from the environment or the defaults. */
function describe(schema: Json, path: string, variables: Map<string, string>, value: unknown): Json {
  const properties = schema["properties"] as Record<string, Json> | undefined;
  const variable = variables.get(path);
  const { required: _required, ...open } = schema;
  if (!properties) return { ...schema, ...(variable ? { description: variable } : {}), ...(value === undefined ? {} : { default: value }) };
  const described = Object.entries(properties).map(([name, each]) => {
    const inner = (value as Json | undefined)?.[name];
    return [name, describe(each, path === "" ? name : `${path}.${name}`, variables, inner)];
  });
  return { ...open, properties: Object.fromEntries(described) };
}

interface Declared {
  operationId: string;
  parameters?: { in: string; name: string; required?: boolean; schema: Json }[];
  requestBody?: { content: Record<string, { schema: Json }> };
}

/** The types of the test kit's `admin`, so that the compiler refuses a field that an operation does not have. */
function requestTypes(document: Json): string {
  const { schemas } = document["components"] as { schemas: Record<string, Json> };
  const operations = Object.values(document["paths"] as Record<string, Record<string, Declared>>).flatMap((path) => Object.values(path));
  const lines = operations.map(({ operationId, parameters = [], requestBody }) => {
    const among = (place: string) => parameters.filter((parameter) => parameter.in === place);
    const parts = [["params", "path"] as const, ["query", "query"] as const].flatMap(([part, place]) => {
      const fields = among(place).map(({ name, required, schema }) => `${name}${required ? "" : "?"}: ${typeOf(schema, schemas)}`);
      return fields.length === 0 ? [`${part}?: Record<string, never>`] : [`${part}?: { ${fields.join("; ")} }`];
    });
    const body = requestBody?.content["application/json"]?.schema;
    return `  ${operationId}: { ${[...parts, `body?: ${body ? typeOf(body, schemas) : "undefined"}`].join("; ")} };`;
  });
  return [
    "// Made by `npm run contracts` from what the administration API declares: do not edit.",
    "/** The input of each operation, by its name in docs/openapi.json. */",
    "export interface Requests {",
    ...lines,
    "}\n",
  ].join("\n");
}

/** A JSON Schema as a type, as far as the document uses it. */
function typeOf(schema: Json, schemas: Record<string, Json>): string {
  const inner = (each: unknown) => typeOf(each as Json, schemas);
  if (schema["$ref"]) return inner(schemas[String(schema["$ref"]).replace("#/components/schemas/", "")]);
  if (schema["enum"]) return (schema["enum"] as unknown[]).map((each) => JSON.stringify(each)).join(" | ");
  if (schema["anyOf"]) return [...new Set((schema["anyOf"] as Json[]).map(inner))].join(" | ");
  if (schema["type"] === "array") return `(${inner(schema["items"])})[]`;
  if (schema["type"] !== "object") return schema["type"] === "integer" ? "number" : String(schema["type"] ?? "unknown");
  const required = (schema["required"] ?? []) as string[];
  const fields = Object.entries((schema["properties"] ?? {}) as Record<string, Json>).map(
    ([name, each]) => `${JSON.stringify(name)}${required.includes(name) ? "" : "?"}: ${inner(each)}`,
  );
  return fields.length > 0 ? `{ ${fields.join("; ")} }` : `Record<string, ${inner(schema["additionalProperties"] || {})}>`;
}

const check = process.argv.includes("--check");
const stale = Object.entries(contracts).filter(([file, make]) => {
  const text = make();
  if (readIfThere(file) === text) return false;
  if (!check) writeFileSync(file, text);
  return true;
});
for (const [file] of stale) console.log(check ? `${file} is stale: npm run contracts renews it.` : `${file} was renewed.`);
if (check && stale.length > 0) process.exit(1);

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
