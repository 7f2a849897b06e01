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
import { Guestpass } from "../support/guestpass.ts";

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

    it("openapi-typescript and openapi-fetch: a program that gives only what is required compiles, invites and lists", async () => {
      mkdirSync(join(folder, "fetch"));
      expect(complaints(await npmProgram("openapi-typescript", openApiDocument, "-o", "fetch/schema.d.ts"))).to.deep.equal([]);
      await expectToInvite("fetch", [
        `import createClient from "openapi-fetch";`,
        `import type { paths } from "./schema";`,
        `const api = createClient<paths>({ baseUrl: ISSUER, headers: { authorization: "Bearer " + TOKEN } });`,
        `const invite = () => api.POST("/admin/invitations", { body: { email: "ada@example.com" } });`,
        `const list = () => api.GET("/admin/invitations");`,
        `// @ts-expect-error: an invitation needs an address`,
        `export const nobody = () => api.POST("/admin/invitations", { body: {} });`,
      ]);
    });

    it("@hey-api/openapi-ts: a program that gives only what is required compiles, invites and lists", async () => {
      expect(complaints(await npmProgram("openapi-ts", "-i", openApiDocument, "-o", "sdk"))).to.deep.equal([]);
      await expectToInvite("sdk", [
        `import { createInvitation, listInvitations } from ".";`,
        `import { client } from "./client.gen";`,
        `client.setConfig({ baseUrl: ISSUER, auth: TOKEN });`,
        `const invite = () => createInvitation({ body: { email: "ada@example.com" } });`,
        `const list = () => listInvitations();`,
        `// @ts-expect-error: an invitation needs an address`,
        `export const nobody = () => createInvitation({ body: {} });`,
      ]);
    });

    // The client needs pydantic 2.11 and Debian 12 has 1.10, so the test cannot run it.
    it("openapi-generator: its client in Python compiles", async () => {
      const output = await npmProgram("openapi-generator-cli", "generate", "-g", "python", "-i", openApiDocument, "-o", "python");
      expect(complaints(output).filter((line) => !aboutItself.test(line))).to.deep.equal([]);
      const compiled = await run("/usr/bin/python3", ["-m", "compileall", "-f", "python/openapi_client"]);
      expect(compiled).to.include("invitations_api.py");
    });

    /** @returns what a program of the packages printed. @throws where it fails */
    function npmProgram(name: string, ...args: string[]): Promise<string> {
      return run(process.execPath, [join(folder, "node_modules/.bin", name), ...args]);
    }

    /** @param client in TypeScript: declares `invite` and `list` from the generated code in the folder, with ISSUER and TOKEN */
    async function expectToInvite(name: string, client: string[]): Promise<void> {
      const application = await guestpass.register(name, { admission: "invited" });
      const program = [
        `declare const process: { env: { ISSUER: string; TOKEN: string } };`,
        `const { ISSUER, TOKEN } = process.env;`,
        ...client,
        `(async () => {`,
        `  const invited = await invite();`,
        `  const listed = await list();`,
        `  const sub: string | undefined = invited.data?.sub;`,
        `  const next: string | null | undefined = listed.data?.next;`,
        `  const found: [string, string, string | null][] | undefined = listed.data?.items.map((each) => [each.email, each.state, each.label]);`,
        `  console.log(JSON.stringify({ status: invited.response?.status, sub: typeof sub, found, next }));`,
        `})();`,
      ];
      writeFileSync(join(folder, name, "program.ts"), program.join("\n"));
      const options = ["--strict", "--target", "es2022", "--module", "nodenext", "--outDir", "compiled"];
      await npmProgram("tsc", ...options, join(name, "program.ts"));
      const printed = await run(process.execPath, ["compiled/program.js"], {
        ISSUER: guestpass.issuer,
        TOKEN: await tokenFor(guestpass, application),
      });
      const found = [["ada@example.com", "pending", null]];
      expect(JSON.parse(printed)).to.deep.equal({ status: 201, sub: "string", found, next: null });
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
