// Generators of clients are installed in a folder of their own: @hey-api/openapi-ts does not start where it finds our TypeScript 7.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect } from "chai";
import { tokenFor } from "../support/admin.ts";
import { databaseKind } from "../support/databases.ts";
import { Guestpass, type RegisteredApplication } from "../support/guestpass.ts";
import { systemFile } from "../support/relying-program.ts";

const packages = {
  "@hey-api/openapi-ts": "0.99.0",
  "@openapitools/openapi-generator-cli": "2.41.0",
  "openapi-fetch": "0.17.0",
  "openapi-typescript": "7.13.0",
  typescript: "5.9.3",
};
/** The generator itself is a Java program; its npm package fetches this version of it. */
const openApiGenerator = "7.25.0";

const openApiDocument = fileURLToPath(new URL("../../docs/openapi.json", import.meta.url));

// The generated clients are the same whatever Guestpass stores its data in: once is enough.
if (databaseKind === "sqlite") {
  describe("clients generated from the OpenAPI document", function () {
    this.timeout(300_000);
    const folder = mkdtempSync(join(tmpdir(), "guestpass-clients-"));
    let guestpass: Guestpass;

    before(async () => {
      writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: packages }));
      writeFileSync(join(folder, "openapitools.json"), JSON.stringify({ "generator-cli": { version: openApiGenerator } }));
      await run("npm", ["install", "--prefix", folder, "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]);
      guestpass = await Guestpass.start();
    });
    after(async () => {
      await guestpass?.stop();
      rmSync(folder, { recursive: true, force: true });
    });

    it("openapi-typescript and openapi-fetch: a program that gives only what is required compiles, invites, lists page by page and reads problems", async () => {
      mkdirSync(join(folder, "fetch"));
      expect(complaints(await npmProgram("openapi-typescript", openApiDocument, "-o", "fetch/schema.d.ts"))).to.deep.equal([]);
      await expectTypeScriptToInvite("fetch", [
        `import createClient from "openapi-fetch";`,
        `import type { paths } from "./schema";`,
        `const api = createClient<paths>({ baseUrl: ISSUER, headers: { authorization: "Bearer " + TOKEN } });`,
        `const invite = (email: string) => api.POST("/admin/invitations", { body: { email } });`,
        `const list = (query: { limit: number; cursor?: string }) => api.GET("/admin/invitations", { params: { query } });`,
        `// @ts-expect-error: an invitation needs an address`,
        `export const nobody = () => api.POST("/admin/invitations", { body: {} });`,
      ]);
    });

    it("@hey-api/openapi-ts: a program that gives only what is required compiles, invites, lists page by page and reads problems", async () => {
      expect(complaints(await npmProgram("openapi-ts", "-i", openApiDocument, "-o", "sdk"))).to.deep.equal([]);
      await expectTypeScriptToInvite("sdk", [
        `import { createInvitation, listInvitations } from ".";`,
        `import { client } from "./client.gen";`,
        `client.setConfig({ baseUrl: ISSUER, auth: TOKEN });`,
        `const invite = (email: string) => createInvitation({ body: { email } });`,
        `const list = (query: { limit: number; cursor?: string }) => listInvitations({ query });`,
        `// @ts-expect-error: an invitation needs an address`,
        `export const nobody = () => createInvitation({ body: {} });`,
      ]);
    });

    // Both have the same calls. The first one's models need pydantic 2.11 and Debian 12 has 1.10, so it is compiled and the second one runs.
    it("openapi-generator: its client in Python compiles", async () => {
      await generateInPython("python");
      const compiled = await run("/usr/bin/python3", ["-m", "compileall", "-f", "python/openapi_client"]);
      expect(compiled).to.include("invitations_api.py");
    });

    it("openapi-generator: a program with its client in Python for pydantic 1 invites, lists page by page and reads problems", async () => {
      await generateInPython("python-pydantic-v1");
      const application = await guestpass.register("python", { admission: "invited" });
      await expectToInvite(application, (environment) =>
        run("/usr/bin/python3", [systemFile("generated-client.py")], { PYTHONPATH: join(folder, "python-pydantic-v1"), ...environment }),
      );
    });

    async function generateInPython(generator: string): Promise<void> {
      const output = await npmProgram("openapi-generator-cli", "generate", "-g", generator, "-i", openApiDocument, "-o", generator);
      expect(complaints(output).filter((line) => !aboutItself.test(line))).to.deep.equal([]);
    }

    /** @returns what a program of the packages printed. @throws where it fails */
    function npmProgram(name: string, ...args: string[]): Promise<string> {
      return run(process.execPath, [join(folder, "node_modules/.bin", name), ...args]);
    }

    /** @param client in TypeScript: declares `invite` and `list` from the generated code in the folder, with ISSUER and TOKEN */
    async function expectTypeScriptToInvite(name: string, client: string[]): Promise<void> {
      const application = await guestpass.register(name, { admission: "invited" });
      const program = [
        `declare const process: { env: { ISSUER: string; TOKEN: string } };`,
        `const { ISSUER, TOKEN } = process.env;`,
        ...client,
        `(async () => {`,
        `  const invited = [await invite("ada@example.com"), await invite("bert@example.com")];`,
        `  const subs: (string | undefined)[] = invited.map((each) => each.data?.sub);`,
        `  const found: [string, string, string | null][] = [];`,
        `  let cursor: string | null | undefined;`,
        `  do {`,
        `    const { data } = await list(cursor ? { limit: 1, cursor } : { limit: 1 });`,
        `    found.push(...(data?.items ?? []).map((each): [string, string, string | null] => [each.email, each.state, each.label]));`,
        `    cursor = data?.next;`,
        `  } while (cursor);`,
        `  const refused = await invite("nobody");`,
        `  const title: string | undefined = refused.error?.title;`,
        `  const statuses = invited.map((each) => each.response?.status);`,
        `  console.log(JSON.stringify({ statuses, subs, found, problem: [refused.response?.status, title] }));`,
        `})();`,
      ];
      writeFileSync(join(folder, name, "program.ts"), program.join("\n"));
      const options = ["--strict", "--target", "es2022", "--module", "nodenext", "--outDir", "compiled"];
      await npmProgram("tsc", ...options, join(name, "program.ts"));
      await expectToInvite(application, (environment) => run(process.execPath, ["compiled/program.js"], environment));
    }

    /** @param program invites Ada and Bert, lists page by page with one in each, invites "nobody", and prints what came of it */
    async function expectToInvite(
      application: RegisteredApplication,
      program: (environment: Record<string, string>) => Promise<string>,
    ): Promise<void> {
      const knownSubs = [await guestpass.addGuest("ada@example.com"), await guestpass.addGuest("bert@example.com")];
      const { subs, ...others } = JSON.parse(await program({ ISSUER: guestpass.issuer, TOKEN: await tokenFor(guestpass, application) }));
      expect(others).to.deep.equal({
        statuses: [201, 201],
        found: [
          ["bert@example.com", "pending", null],
          ["ada@example.com", "pending", null],
        ],
        problem: [400, "Bad request"],
      });
      expect(subs).to.have.members(knownSubs);
    }

    /** Runs a program in the folder. @returns all that it printed. @throws with that where it fails */
    async function run(program: string, args: string[], environment: Record<string, string> = {}): Promise<string> {
      // The npm package of openapi-generator looks for its settings where these say, not where it runs.
      const env = { ...process.env, PWD: folder, INIT_CWD: folder, ...environment };
      const ended = promisify(execFile)(program, args, { cwd: folder, env, maxBuffer: 16 * 1024 * 1024 });
      const { stdout, stderr } = await ended.catch((error: Error & { stdout?: string }) => {
        throw new Error(`${error.message}\n${error.stdout ?? ""}`);
      });
      return stdout + stderr;
    }
  });
}

/** openapi-generator warns of these in every document: version 3.1, and properties that are not references (it looks up the name of each). */
const aboutItself = /WARN .* - (OpenAPI 3\.1 support is still in beta|Failed to get the schema name: null$)/;

function complaints(output: string): string[] {
  return output.split("\n").filter((line) => /\b(warn|warnings?|errors?|exception|invalid|unsupported|unable|failed)\b/i.test(line));
}
