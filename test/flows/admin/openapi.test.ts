import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { expect } from "chai";
import { startWithAdmin } from "../../support/admin.ts";
import { operationsOf } from "../../support/admin-operations.ts";
import { Guestpass } from "../../support/guestpass.ts";

type Json = Record<string, unknown>;
interface Content {
  schema: Json;
  example?: unknown;
}
interface Operation {
  operationId: string;
  summary: string;
  security: Record<string, string[]>[];
  parameters: { name: string; schema: Json; example?: unknown }[];
  requestBody?: { content: Record<string, Content> };
  responses: Record<string, { content?: Record<string, Content> }>;
}
interface Document extends Json {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Json> };
}

describe("the OpenAPI document of the administration API", () => {
  let guestpass: Guestpass;
  let document: Document;
  let operations: Operation[];

  before(async () => {
    guestpass = await Guestpass.start();
    document = (await (await fetch(`${guestpass.issuer}/admin/openapi.json`)).json()) as Document;
    operations = Object.values(document.paths).flatMap((methods) => Object.values(methods));
  });
  after(() => guestpass.stop());

  it("is valid OpenAPI 3.1, and open to anyone", async () => {
    const result = await new Validator().validate(structuredClone(document));
    expect(result.errors).to.equal(undefined);
    expect(result.valid).to.equal(true);
    expect(document["openapi"]).to.match(/^3\.1\./);
  });

  it("contains nothing that generated clients and other validators reject: defaults of requests, patterns of Unicode categories", () => {
    const text = JSON.stringify(document);
    expect(text).not.to.match(/"default":/);
    expect(text).not.to.match(/\\\\[pP]\{/);
    const walk = (value: unknown, visit: (schema: Json) => void) => {
      if (typeof value !== "object" || value === null) return;
      visit(value as Json);
      for (const member of Object.values(value)) walk(member, visit);
    };
    let patterns = 0;
    walk(document, (schema) => {
      if (typeof schema["pattern"] !== "string") return;
      patterns++;
      // No look-around, no classes that mean something else elsewhere: what Python, Java, Go and Rust read alike.
      expect(schema["pattern"]).not.to.match(/\(\?[=!<]|\\[dwsDWSbu]/);
      expect(schema["format"], schema["pattern"]).to.equal(undefined);
    });
    expect(patterns).to.be.greaterThan(2);
  });

  it("describes what every operation takes, what it gives, who may call it and what can go wrong", () => {
    expect(operations.length).to.be.greaterThan(25);
    for (const { operationId, summary, security, responses } of operations) {
      expect(summary, operationId).to.match(/^[A-Z].{8,}/);
      expect(Object.values(security[0] ?? {})[0], operationId).to.have.length(1);
      expect(Object.keys(responses), operationId).to.include.members(["401", "403", "429"]);
      for (const [status, { content }] of Object.entries(responses)) {
        if (status >= "400") expect(content, `${operationId} ${status}`).to.have.property("application/problem+json");
      }
    }
  });

  it("has an example of every body and answer, and each follows its schema", () => {
    const ajv = new Ajv2020({ strict: true, allErrors: true, allowUnionTypes: true });
    formats.default(ajv);
    ajv.addVocabulary(["components"]);
    const check = (schema: Json, example: unknown, where: string) => {
      const validate = ajv.compile({ ...schema, components: document.components });
      expect(validate(example), `${where}: ${ajv.errorsText(validate.errors)}`).to.equal(true);
    };
    for (const { operationId, parameters, requestBody, responses } of operations) {
      for (const { name, schema, example } of parameters) {
        if (example !== undefined && schema["type"] === "string") check(schema, example, `${operationId} ${name}`);
      }
      const contents = [requestBody?.content, ...Object.values(responses).map(({ content }) => content)];
      for (const [type, { schema, example }] of contents.flatMap((content) => Object.entries(content ?? {}))) {
        expect(example, `${operationId} ${type} has an example`).not.to.equal(undefined);
        check(schema, example, `${operationId} ${type}`);
      }
    }
  });

  it("documents every answer that an operation gives about a missing record, and to a query that it does not know", async () => {
    const { admin } = await startWithAdmin(guestpass);
    for (const { id, method, path, json, csv } of await operationsOf(guestpass)) {
      const documented = operations.find(({ operationId }) => operationId === id)?.responses;
      for (const more of ["", "typing_mistake=1"]) {
        const { status } = await admin.send(method, path.replace("=files", "=nobody") + more, {
          json,
          ...(csv === undefined ? {} : { csv }),
        });
        expect(Object.keys(documented ?? {}), `${id} ${more}`).to.include(String(status));
      }
    }
  });

  it("is a page for people too, without inline script or style", async () => {
    const page = await guestpass.browser().open(`${guestpass.issuer}/admin/reference`);
    expect(page.status).to.equal(200);
    expect(page.title).to.equal("Administration API");
    for (const { operationId, summary } of operations) {
      const section = page.document.querySelector(`section#${operationId}`);
      expect(section?.querySelector("h2")?.text, operationId).to.equal(summary);
      const examples = section?.querySelectorAll("pre").map(({ text }) => text);
      expect(examples?.join("\n"), operationId).to.contain("curl -X");
    }
    for (const name of Object.keys(document.components.schemas))
      expect(page.document.querySelector(`#schema-${name}`), name).not.to.equal(null);
    const bulk = page.document.querySelector("section#createInvitations")?.text;
    expect(bulk, "what the rows of an answer say").to.contain("results[].row").and.contain("results[].problem.errors[].message");
    expect(bulk, "the example of a file").to.contain("A list; each entry has:").and.contain("email,name,target_url,label\nada@example.com");
    expect(page.body).not.to.match(/<style|<script|\sstyle=|\son\w+=/);
  });
});
