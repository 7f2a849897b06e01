// Proves the package: packed here, installed in an empty folder, it starts there with nothing but its defaults, signs a guest in and stops
// cleanly; guestpass/testing serves a relying application's test, with its types; and an old Node.js is told so.
import { match, strictEqual } from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, posix, resolve } from "node:path";
import * as oidc from "openid-client";
import { Browser } from "../test/support/browser.ts";
import { eventually } from "../test/support/eventually.ts";
import { freePort } from "../test/support/guestpass.ts";
import { run, whileRunning } from "./program.ts";

const mostBytes = 1024 * 1024;
const folder = mkdtempSync(join(tmpdir(), "guestpass-package-"));
try {
  await provePackage(pack(folder), join(folder, "empty"));
  proveTestKit(join(folder, "empty"));
  tellOldNode(join(folder, "empty"));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @returns the tarball */
function pack(into: string): string {
  run(`npm pack --loglevel=warn --pack-destination ${into}`, { cwd: "." });
  const tarball = join(into, readdirSync(into)[0] as string);
  const files = execFileSync("tar", ["tzf", tarball], { encoding: "utf8" }).trim().split("\n");
  const expected =
    /^package\/(dist\/(src|interactions|migrations|config)\/.+\.js|dist\/src\/testing\/[^/]+\.d\.ts|deploy\/.+|docs\/.+\.(md|json|webp)|examples\/file-share\/.+|[A-Z]+(\.md)?|package\.json)$/;
  const strangers = files.filter((file) => !expected.test(file) || file.includes(".test."));
  if (strangers.length > 0) throw new Error(`These do not belong in the package: ${strangers.join(", ")}`);
  const dead = files.filter((file) => file.endsWith(".md")).flatMap((file) => deadLinks(file, files));
  if (dead.length > 0) throw new Error(`These links lead out of the package: ${dead.join(", ")}`);
  const { size } = statSync(tarball);
  if (size > mostBytes) throw new Error(`The package has ${size} bytes, more than ${mostBytes}.`);
  console.log(`${files.length} files, ${Math.round(size / 1024)} KiB`);
  return tarball;
}

/** @returns the links of a packed document that lead to no packed file or folder */
function deadLinks(document: string, files: string[]): string[] {
  const prose = readFileSync(document.replace("package/", ""), "utf8").replace(/^ *```[\s\S]*?^ *```/gm, "");
  return [...prose.matchAll(/(?:\]\(|src=")(?![a-z]+:|#)([^)#"\s]+)/g)]
    .map(([, link]) => posix.join(posix.dirname(document), link as string).replace(/\/$/, ""))
    .filter((link) => !files.some((file) => file === link || file.startsWith(`${link}/`)))
    .map((link) => `${document} -> ${link}`);
}

async function provePackage(tarball: string, cwd: string): Promise<void> {
  mkdirSync(cwd);
  run("npm init -y --loglevel=warn", { cwd });
  run("npm pkg set allowScripts.sqlite3=true --json", { cwd });
  run(`npm install ${tarball}`, { cwd });
  const issuer = `http://localhost:${await freePort()}`;
  const place = { cwd, env: { GUESTPASS_ISSUER: issuer, GUESTPASS_DEVELOPMENT_SMTP_PORT: String(await freePort()) } };
  await whileRunning("npx guestpass serve", place, async (program) => {
    const discovery = JSON.parse(await program.answer(`${issuer}/.well-known/openid-configuration`)) as { issuer: string };
    strictEqual(discovery.issuer, issuer);
    await program.answer(`${issuer}/readyz`);
    await program.answer(`${issuer}/development/mailbox`);
    run("npx guestpass doctor", place);
    await signIn(issuer, place);
  });
  // npx does not pass its program's exit code on when a signal ends it; this does.
  const code = await whileRunning(join(cwd, "node_modules/.bin/guestpass serve"), place, async (program) => {
    await program.answer(`${issuer}/healthz`);
  });
  strictEqual(code, 0, "SIGTERM must end guestpass serve with exit code 0");
  console.log("The package starts in an empty folder, and stops.");
}

/** As a new application and its first guest do, with nothing but the installed package. */
async function signIn(issuer: string, { cwd, env }: { cwd: string; env: Record<string, string> }): Promise<void> {
  const callback = "http://localhost:4100/callback";
  const added = ["guestpass", "app", "add", "Demo", "--redirect-uri", callback, "--admission", "anyone", "--first-party", "--json"];
  const printed = execFileSync("npx", added, { cwd, env: { ...process.env, ...env }, encoding: "utf8" });
  const { client_id: clientId, client_secret: secret } = JSON.parse(printed) as { client_id: string; client_secret: string };
  const client = await oidc.discovery(new URL(issuer), clientId, secret, undefined, { execute: [oidc.allowInsecureRequests] });
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const code_challenge = await oidc.calculatePKCECodeChallenge(pkceCodeVerifier);
  const request = { redirect_uri: callback, scope: "openid email", code_challenge, code_challenge_method: "S256" };
  const browser = new Browser({ stopAt: [new URL(callback).origin] });
  const asked = await browser.open(oidc.buildAuthorizationUrl(client, request).href);
  const waiting = await browser.submit(asked, "/email", { email: "guest@example.com" });
  let code: string | undefined;
  await eventually("the code is in the mailbox", async () => {
    code = (await new Browser().open(`${issuer}/development/mailbox?to=guest@example.com`)).document.querySelector(".code")?.text;
    return code !== undefined;
  });
  const entered = await browser.submit(waiting, "/passcode", { code: code as string });
  const tokens = await oidc.authorizationCodeGrant(client, new URL(entered.location), { pkceCodeVerifier, idTokenExpected: true });
  const { email } = await oidc.fetchUserInfo(client, tokens.access_token, tokens.claims()?.sub as string);
  strictEqual(email, "guest@example.com");
  console.log("The package signs a guest in.");
}

/** Runs if the machine has an outdated Node.js of its own, which our scripts do not use. */
function tellOldNode(cwd: string): void {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter((each) => !each.includes("node_modules"));
  const node = folders.map((each) => join(each, "node")).find((file) => existsSync(file));
  if (!node || !/^v(1\d|2[01])\./.test(execFileSync(node, ["--version"], { encoding: "utf8" }))) return;
  const { status, stderr } = spawnSync(node, [join(cwd, "node_modules/guestpass/dist/src/cli/main.js"), "serve"], { encoding: "utf8" });
  match(stderr, /^Guestpass needs Node\.js \S+ or later; this is Node\.js \S+\.\n$/);
  strictEqual(status, 1);
  console.log("An old Node.js is told so in one sentence.");
}

/** The declarations are checked too: an application may have `skipLibCheck` off. Its @types/node are ours here. */
function proveTestKit(cwd: string): void {
  copyFileSync(new URL("consumer.ts", import.meta.url), join(cwd, "consumer.mts"));
  const types = `--types node --typeRoots ${resolve("node_modules/@types")}`;
  const compiler = resolve("node_modules/.bin/tsc");
  run(`${compiler} --noEmit --strict --exactOptionalPropertyTypes --module nodenext --target es2023 ${types} consumer.mts`, { cwd });
  run("node consumer.mts", { cwd });
}
