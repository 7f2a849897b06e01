// The reference page of an API: every operation of the OpenAPI document, with its input and result.
import { type Html, html } from "../http/html.ts";
import type { Json } from "./json.ts";
import type { OpenApiDocument, OpenApiOperation } from "./openapi.ts";
import { type FieldRow, fieldsOf, nameOf } from "./reference-fields.ts";

interface Entry {
  method: string;
  path: string;
  operation: OpenApiOperation;
}

export function referenceBody(document: OpenApiDocument, { issuer, prefix }: { issuer: string; prefix: string }): Html {
  const entries = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const tags = [...new Set(entries.flatMap(({ operation }) => operation.tags))];
  const { description } = document["info"] as { description: string };
  return html`${description.split("\n\n").map((paragraph) => html`<p>${marked(paragraph)}</p>`)}
<p>The same for machines: <a href="${prefix}/openapi.json">OpenAPI 3.1</a>.</p>
<nav aria-label="Operations">${tags.map((tag) => contents(tag, entries))}</nav>
${entries.map((entry) => section(entry, document, issuer))}
<h2 id="schemas">Schemas</h2>
${Object.entries(document.components.schemas).map(
  ([name, schema]) => html`<h3 id="schema-${name}">${name}</h3>
${fieldTable(fieldsOf(schema, document))}`,
)}`;
}

function contents(tag: string, entries: Entry[]): Html {
  const own = entries.filter(({ operation }) => operation.tags.includes(tag));
  return html`<h2>${tag.charAt(0).toUpperCase()}${tag.slice(1)}</h2>
<ul>${own.map(({ operation }) => html`<li><a href="#${operation.operationId}">${operation.summary}</a></li>`)}</ul>`;
}

function section({ method, path, operation }: Entry, document: OpenApiDocument, issuer: string): Html {
  const scopes = (operation["security"] as { applicationCredentials: string[] }[]).flatMap(
    ({ applicationCredentials }) => applicationCredentials,
  );
  const body = (operation.requestBody as { content: Record<string, Json> } | undefined)?.content ?? {};
  const [[status, answer]] = Object.entries(operation.responses)
    .filter(([code]) => code.startsWith("2"))
    .reverse() as [[string, Json]];
  const result = (answer["content"] as Record<string, { schema: Json; example?: unknown }> | undefined)?.["application/json"];
  return html`<section id="${operation.operationId}">
<h2>${operation.summary}</h2>
<p><code>${method} ${path}</code></p>
<p>${marked(operation.description)} Scope: ${marked(scopes.map((scope) => `\`${scope}\``).join(" or "))}.</p>
${operation.parameters.length > 0 && html`<h3>Parameters</h3>${fieldTable(operation.parameters.map((each) => parameterRow(each, document)))}`}
${Object.entries(body).map(([type, content]) => bodyPart(type, content, document))}
<h3>Example</h3>
<pre tabindex="0">${curl(issuer, { method, path, operation })}</pre>
<h3>Answer ${status}</h3>
${result ? html`${answerPart(result.schema, document)}<pre tabindex="0">${JSON.stringify(result.example, null, 2)}</pre>` : html`<p>No body.</p>`}
<h3>Problems</h3>
<ul>${Object.entries(operation.responses)
    .filter(([code]) => code >= "400")
    .map(([code, { description }]) => html`<li><strong>${code}</strong> ${String(description)}</li>`)}</ul>
</section>`;
}

function answerPart(schema: Json, document: OpenApiDocument): Html {
  const name = nameOf(schema);
  if (name !== undefined) return html`<p><a href="#schema-${name}">${name}</a></p>`;
  return fieldTable(fieldsOf(schema, document).map((row) => ({ ...row, required: false })));
}

function bodyPart(type: string, content: Json, document: OpenApiDocument): Html {
  const schema = content["schema"] as Json;
  const rows = fieldsOf(schema, document);
  return html`<h3>Body: ${type}</h3>
${schema["items"] !== undefined && rows.length > 0 && html`<p>A list; each entry has:</p>`}
${rows.length > 0 ? fieldTable(rows) : html`<p>${String(schema["description"] ?? "")}</p>`}
${typeof content["example"] === "string" && html`<pre tabindex="0">${content["example"]}</pre>`}`;
}

function parameterRow(parameter: Json, document: OpenApiDocument): FieldRow {
  const schema = {
    type: "object",
    properties: { [String(parameter["name"])]: parameter["schema"] },
    required: parameter["required"] ? [parameter["name"]] : [],
  };
  const [row] = fieldsOf(schema, document) as [FieldRow];
  return { ...row, type: `${row.type}, ${String(parameter["in"])}`, about: String(parameter["description"] ?? "") };
}

function fieldTable(rows: FieldRow[]): Html {
  return html`<dl>${rows.map(
    ({ name, type, required, about }) => html`<dt><code>${name}</code> <span class="quiet">${type}${required && ", required"}</span></dt>
<dd>${marked(about)}</dd>`,
  )}</dl>`;
}

function curl(issuer: string, { method, path, operation }: Entry): string {
  const value = (where: string) =>
    operation.parameters
      .filter((each) => each["in"] === where && each["example"] !== undefined)
      .map((each) => [String(each["name"]), String(each["example"])] as const);
  const filled = value("path").reduce((url, [name, text]) => url.replace(`{${name}}`, encodeURIComponent(text)), path);
  const query = new URLSearchParams(Object.fromEntries(value("query"))).toString();
  const content = (operation.requestBody as { content: Record<string, { example?: unknown }> } | undefined)?.content;
  const json = content?.["application/json"];
  const lines = [
    `curl -X ${method} '${issuer}${filled}${query && `?${query}`}'`,
    `  -H "Authorization: Bearer $TOKEN"`,
    ...(json ? ["  -H 'Content-Type: application/json'", `  -d '${JSON.stringify(json.example)}'`] : []),
    ...(content && !json ? ["  -H 'Content-Type: text/csv'", "  --data-binary @report.csv"] : []),
  ];
  return lines.join(" \\\n");
}

/** `code` within a text. */
function marked(text: string): Html[] {
  return text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : html`${part}`));
}
