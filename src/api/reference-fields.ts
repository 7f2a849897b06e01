// A JSON schema as rows for people: one for each field.
import type { Json } from "./json.ts";
import type { OpenApiDocument } from "./openapi.ts";

export interface FieldRow {
  name: string;
  type: string;
  required: boolean;
  about: string;
}

/** @param within the name of the field that they belong to, with what comes between */
export function fieldsOf(schema: Json, document: OpenApiDocument, within = ""): FieldRow[] {
  const resolved = resolve(schema, document);
  const items = resolved["items"] as Json | undefined;
  if (items) return fieldsOf(items, document, within);
  const { properties = {}, required = [] } = resolved as { properties?: Record<string, Json>; required?: string[] };
  return Object.entries(properties).flatMap(([name, field]) => [
    { name: within + name, type: typeOf(field), required: required.includes(name), about: String(field["description"] ?? "") },
    ...innerFields(field, document, within + name),
  ]);
}

/** The schema of an object, or of each entry of a list, that has no name and so is written here. */
function innerFields(field: Json, document: OpenApiDocument, name: string): FieldRow[] {
  return ((field["anyOf"] as Json[] | undefined) ?? [field]).flatMap((part) => {
    const items = part["items"] as Json | undefined;
    return nameOf(items ?? part) === undefined ? fieldsOf(items ?? part, document, `${name}${items ? "[]" : ""}.`) : [];
  });
}

function typeOf(field: Json): string {
  const {
    $ref: ref,
    type,
    anyOf,
    items,
    enum: values,
    default: otherwise,
  } = field as {
    $ref?: string;
    type?: string | string[];
    anyOf?: Json[];
    items?: Json;
    enum?: unknown[];
    default?: unknown;
  };
  const unless = otherwise === undefined || otherwise === null ? "" : `, ${JSON.stringify(otherwise)} unless given`;
  if (ref) return ref.split("/").at(-1) ?? "";
  if (anyOf) return anyOf.map(typeOf).join(" or ") + unless;
  if (items) return `list of ${typeOf(items)}${unless}`;
  if (values) return values.join(" | ") + unless;
  return `${field["format"] ?? [type ?? "anything"].flat().join(" or ")}${limits(field)}${unless}`;
}

function limits({ minimum, maximum, exclusiveMinimum, maxLength }: Json): string {
  const said = [
    ...(minimum === undefined ? [] : [`at least ${minimum}`]),
    ...(exclusiveMinimum === undefined ? [] : [`more than ${exclusiveMinimum}`]),
    ...(maximum === undefined ? [] : [`at most ${maximum}`]),
    ...(maxLength === undefined ? [] : [`at most ${maxLength} characters`]),
  ];
  return said.length > 0 ? ` (${said.join(", ")})` : "";
}

/** The name of the schema, where it has one. */
export function nameOf(schema: Json): string | undefined {
  return /^#\/components\/schemas\/(.+)$/.exec(String(schema["$ref"] ?? ""))?.[1];
}

function resolve(schema: Json, document: OpenApiDocument): Json {
  const name = nameOf(schema);
  return name === undefined ? schema : (document.components.schemas[name] ?? {});
}
