// Requests made from an OpenAPI document, by seed: likely ones, ones that are nearly so, and nonsense; and whether the answers are among
// those that the document tells of.
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import fc from "fast-check";

type Json = Record<string, unknown>;

interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  schema: Json;
  example?: unknown;
}

interface Described {
  operationId: string;
  parameters: Parameter[];
  requestBody?: { content: Record<string, { schema: Json; example?: unknown }> };
  responses: Record<string, { content?: Record<string, { schema: Json }> }>;
}

export interface Contract {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Json> } & Json;
}

export interface ContractRequest {
  operation: string;
  method: string;
  /** With its query. */
  path: string;
  headers: Record<string, string>;
  body: string | undefined;
}

interface Made {
  schemas: Record<string, Json>;
  /** Values that mean something, by the name of the field or parameter. */
  known: Record<string, readonly unknown[]>;
  /** Whether texts are likely ones: what their name says, or an example. Otherwise they are whatever the schema allows. */
  likely: boolean;
}

/** @returns for each operation what makes requests to it */
export function requestsOf({ paths, components: { schemas } }: Contract, known: Made["known"]): fc.Arbitrary<ContractRequest>[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, described]) => {
      const likely = requestOf({ schemas, known, likely: true }, path, method, described);
      const odd = requestOf({ schemas, known, likely: false }, path, method, described);
      return fc.oneof({ weight: 2, arbitrary: likely }, { weight: 1, arbitrary: odd });
    }),
  );
}

function requestOf(made: Made, path: string, method: string, { operationId, parameters, requestBody }: Described) {
  const oneOf = ({ name, schema, example }: Parameter) => {
    const value = valueFor(made, schema, name, example);
    return made.likely ? value : fc.oneof(value, fc.string({ minLength: 1, maxLength: 40 }));
  };
  const of = (place: Parameter["in"]) => parameters.filter((each) => each.in === place);
  const required = (each: Parameter[]) => fc.record(Object.fromEntries(each.map((one) => [one.name, oneOf(one)])));
  const few = (each: Parameter[]) => fc.subarray(each, { maxLength: Math.min(2, each.length) }).chain(required);
  return fc
    .tuple(required(of("path")), few(of("query")), few(of("header")), bodyFor(made, requestBody))
    .map(([params, query, headers, body]): ContractRequest => {
      const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(wellFormed(params[name])));
      const search = new URLSearchParams(Object.entries(query).map(([name, value]) => [name, wellFormed(value)]));
      return {
        operation: operationId,
        method: method.toUpperCase(),
        path: search.size > 0 ? `${filled}?${search}` : filled,
        headers: {
          ...Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, wellFormed(value).replace(/[^\x20-\x7e]/g, "?")])),
          ...(body ? { "content-type": body.type } : {}),
        },
        body: body?.text,
      };
    });
}

/** A path of `.` or `..` would be another path. */
function wellFormed(value: unknown): string {
  return String(value)
    .toWellFormed()
    .replace(/^\.{0,2}$/, "nothing");
}

interface Body {
  type: string;
  text: string;
}

function bodyFor(made: Made, requestBody: Described["requestBody"]): fc.Arbitrary<Body | undefined> {
  if (!requestBody) return fc.constant(undefined);
  const kinds = Object.entries(requestBody.content).map(([type, { schema, example }]) => {
    if (type === "text/csv") return csvLike(String(example)).map((text) => ({ type, text }));
    const value = valueFor(made, schema, "", example);
    return (made.likely ? value : fc.oneof(value, value.chain(nearly))).map((one) => ({ type, text: JSON.stringify(one) ?? "null" }));
  });
  return made.likely ? fc.oneof(...kinds) : fc.oneof({ weight: 4, arbitrary: fc.oneof(...kinds) }, { weight: 1, arbitrary: nonsense });
}

const nonsense = fc.oneof(
  fc.constantFrom<Body | undefined>(
    undefined,
    { type: "application/json", text: "{" },
    { type: "application/json", text: "null" },
    { type: "application/xml", text: "<a/>" },
    { type: "text/csv", text: "a,b\n1,2\n" },
    { type: "text/csv", text: "" },
  ),
  fc.json().map((text) => ({ type: "application/json", text })),
);

const odd = fc.oneof(fc.constantFrom(null, "", -1, 1e21, [], {}, true, "x".repeat(5000), "\u0000", "\u202e"), fc.string());

/** One thing in it is not as it should be. */
function nearly(value: unknown): fc.Arbitrary<unknown> {
  if (Array.isArray(value)) return odd.map((other) => [...(value as unknown[]), other]);
  if (typeof value !== "object" || value === null) return odd;
  const name = fc.constantFrom(...Object.keys(value), "typing_mistake");
  const changed = fc.tuple(name, odd).map(([one, other]) => ({ ...value, [one]: other }));
  const missing = name.map((one) => Object.fromEntries(Object.entries(value).filter(([each]) => each !== one)));
  return fc.oneof(changed, changed, missing);
}

function csvLike(example: string): fc.Arbitrary<string> {
  const part = fc.constantFrom('"', ";", "\n", "\t", "sep=;\n", "# ", "\ufeff", ",,,,,,,,,,", "urn:spo:guest#");
  const broken = fc.tuple(fc.nat(example.length), part).map(([at, one]) => example.slice(0, at) + one + example.slice(at));
  return fc.oneof(fc.constant(example), broken);
}

/** @param name of the field or parameter @param example what the document has for it */
function valueFor(made: Made, schema: Json, name: string, example: unknown): fc.Arbitrary<unknown> {
  const values = made.known[name];
  if (values && made.likely) return fc.constantFrom(...values);
  const generated = generate(made, schema, name, example);
  const simple = example === undefined || typeof example === "object" ? [] : [fc.constant(example)];
  return fc.oneof(generated, ...simple, ...(values ? [fc.constantFrom(...values)] : []));
}

function generate(made: Made, schema: Json, name: string, example: unknown): fc.Arbitrary<unknown> {
  if (typeof schema["$ref"] === "string")
    return valueFor(made, made.schemas[schema["$ref"].split("/").at(-1) as string] as Json, name, example);
  const choices = (schema["anyOf"] ?? schema["oneOf"]) as Json[] | undefined;
  if (choices) return fc.oneof(...choices.map((each) => valueFor(made, each, name, example)));
  if (Array.isArray(schema["enum"])) return fc.constantFrom(...(schema["enum"] as unknown[]));
  const number = (key: string, otherwise: number) => (typeof schema[key] === "number" ? schema[key] : otherwise);
  const [min, max] = [number("minimum", -5), number("maximum", 1000)];
  switch (schema["type"]) {
    case "string":
      return text(made, schema, number("minLength", 0), number("maxLength", 100));
    case "integer":
      return fc.integer({ min, max });
    case "number":
      return fc.double({ min, max, noNaN: true });
    case "boolean":
      return fc.boolean();
    case "null":
      return fc.constant(null);
    case "array": {
      const item = valueFor(made, (schema["items"] ?? {}) as Json, name, (example as unknown[] | undefined)?.[0]);
      return fc.array(item, { minLength: number("minItems", 0), maxLength: Math.min(3, number("maxItems", 3)) });
    }
    case "object":
      return objectOf(made, schema, example as Json | undefined);
    default:
      return fc.anything({ maxDepth: 1 });
  }
}

/** What is required, and a few of the others. */
function objectOf(made: Made, schema: Json, example: Json | undefined): fc.Arbitrary<Json> {
  const properties = (schema["properties"] ?? {}) as Record<string, Json>;
  const required = (schema["required"] ?? []) as string[];
  const others = Object.keys(properties).filter((name) => !required.includes(name));
  return fc
    .subarray(others, { maxLength: Math.min(5, others.length) })
    .chain((more) =>
      fc.record(
        Object.fromEntries([...required, ...more].map((name) => [name, valueFor(made, properties[name] as Json, name, example?.[name])])),
      ),
    );
}

function text({ likely }: Made, { format, pattern }: Json, minLength: number, maxLength: number): fc.Arbitrary<string> {
  if (format === "date-time")
    return fc.date({ min: new Date("2027-01-01"), max: new Date("2199-01-01"), noInvalidDate: true }).map((date) => date.toISOString());
  if (format === "date") return fc.constantFrom("2099-06-30", "2098-02-28");
  if (typeof pattern === "string") return fc.stringMatching(new RegExp(pattern)).filter(({ length }) => length <= maxLength);
  if (likely) return fc.constantFrom("Plan", "Ada Lovelace");
  const length = { minLength, maxLength: Math.min(maxLength, 60) };
  return fc.oneof(fc.string(length), fc.string({ ...length, unit: "grapheme" }), fc.constant("x".repeat(Math.min(maxLength, 300))));
}

/** @returns what looks at an answer, and says what of it the document does not tell of */
export function undocumented(contract: Contract): (request: ContractRequest, response: Response) => Promise<string | undefined> {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  const operations = Object.values(contract.paths).flatMap((methods) => Object.values(methods));
  const described = Object.fromEntries(operations.map((each) => [each.operationId, each]));
  const validators = new Map<string, ValidateFunction>();
  return async ({ operation }, response) => {
    const told = described[operation]?.responses[String(response.status)];
    const body = await response.text();
    if (!told) return `status ${response.status}: ${body.slice(0, 300)}`;
    const type = response.headers.get("content-type")?.split(";")[0] ?? "";
    if (!told.content) return body === "" ? undefined : `a body where none is told of: ${body.slice(0, 300)}`;
    const content = told.content[type];
    if (!content) return `type ${type} with status ${response.status}`;
    const key = `${operation} ${response.status} ${type}`;
    const validate = validators.get(key) ?? ajv.compile({ ...content.schema, components: contract.components });
    validators.set(key, validate);
    return validate(JSON.parse(body)) ? undefined : `a body that does not follow its schema: ${ajv.errorsText(validate.errors)}`;
  };
}
