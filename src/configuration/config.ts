// config/defaults.ts, then a JSON file (GUESTPASS_CONFIG), then the environment: one frozen, validated Config.
// The only reader of process.env.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { defaultLimits, defaults, developmentLimits } from "../../config/defaults.ts";
import { InputError } from "../errors.ts";
import { randomToken } from "../secrets.ts";
import { inWords } from "../texts/in-words.ts";
import { environment, json, secretVariables } from "./environment.ts";
import { isLoopback } from "./loopback.ts";
import { problemsOf } from "./problems.ts";
import { type Config, readIssuer, Settings, type Source } from "./shape.ts";
import { at, branch, isTree, merge, set, type Tree } from "./tree.ts";

export type { Config } from "./shape.ts";

/**
 * @param env environment variables, process.env by default
 * @throws InputError one message that names everything that is wrong and how to put it right
 */
export function readConfig(given: Record<string, string | undefined> = process.env): Config {
  const env = withFiles(given);
  const file = readFile(env["GUESTPASS_CONFIG"]);
  const tree = merge(structuredClone(defaults) as Tree, file);
  const sources: Partial<Record<string, Source>> = {};
  const unknown = Object.keys(env).filter((name) => name.startsWith("GUESTPASS_") && !(name in environment) && name !== "GUESTPASS_CONFIG");
  for (const [name, [path, read]] of Object.entries(environment)) {
    const value = env[name];
    if (at(file, path) !== undefined) sources[name] = "file";
    if (value === undefined || value === "") continue;
    sources[name] = "environment";
    set(tree, path, read(value));
  }
  fillIn(tree);
  // Read once, so compiling a validator first would cost more than it saves.
  const parsed = Settings.safeParse(tree, { error: inWords, jitless: true });
  const problems = [...unknown.map((name) => `${name} is not a setting of Guestpass`), ...problemsOf(tree, parsed.error?.issues ?? [])];
  if (!parsed.success || problems.length > 0) {
    throw new InputError(
      `The configuration is not valid:\n${problems.map((problem) => `  - ${problem}`).join("\n")}\nEvery setting is described in docs/configuration.md.`,
    );
  }
  return Object.freeze({ ...parsed.data, sources });
}

/** Sets NAME to the content of the file that NAME_FILE names, without the white space at its end. */
function withFiles(given: Record<string, string | undefined>): Record<string, string | undefined> {
  const env = { ...given };
  for (const name of secretVariables) {
    const path = env[`${name}_FILE`];
    delete env[`${name}_FILE`];
    if (!path) continue;
    if (env[name]) throw new InputError(`${name} and ${name}_FILE set the same value: use only one of them.`);
    try {
      env[name] = readFileSync(path, "utf8").trim();
    } catch (cause) {
      throw new InputError(`${name}_FILE names ${path}, which cannot be read: ${(cause as Error).message}.`, { cause });
    }
  }
  return env;
}

/** Settings that are derived from others unless given. */
function fillIn(tree: Tree): void {
  const issuer = readIssuer(tree["issuer"]);
  tree["mode"] ??= issuer && isLoopback(issuer) ? "development" : "production";
  const development = tree["mode"] === "development";
  const listen = branch(tree, "listen");
  listen["host"] ??= development ? "127.0.0.1" : "0.0.0.0";
  listen["port"] ??= Number(development && issuer?.port ? issuer.port : 3000);
  const data = resolve(String(tree["dataDirectory"]));
  tree["dataDirectory"] = data;
  branch(tree, "database")["url"] ??= `sqlite:${join(data, "guestpass.db")}`;
  const limits = branch(tree, "limits");
  for (const [name, rates] of Object.entries(development ? { ...defaultLimits, ...developmentLimits } : defaultLimits))
    limits[name] ??= rates;
  if (!development) return;
  const { smtpPort } = branch(tree, "development");
  const mail = branch(tree, "mail");
  if (mail["routes"] === undefined) mail["smtpUrl"] ??= developmentSmtpUrl(Number(smtpPort) || defaults.development.smtpPort);
  if (issuer && isLoopback(issuer)) tree["secret"] ??= generatedSecret(data);
}

/** Where the development mailbox accepts mail. */
export function developmentSmtpUrl(port: number): string {
  return `smtp://127.0.0.1:${port}`;
}

/** The development secret: made once and kept in a file that only its owner can read. */
function generatedSecret(directory: string): string {
  const file = join(directory, "secret");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(file, randomToken(), { mode: 0o600, flag: "wx" });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw unusable("kept", cause);
  }
  try {
    return readFileSync(file, "utf8").trim();
  } catch (cause) {
    throw unusable("read", cause);
  }
}

function unusable(how: string, cause: unknown): InputError {
  return new InputError(`The secret cannot be ${how}: ${(cause as Error).message}. Use GUESTPASS_DATA_DIR to choose another directory.`, {
    cause,
  });
}

function readFile(path: string | undefined): Tree {
  if (!path) return {};
  const refuse = (why: string) => new InputError(`GUESTPASS_CONFIG names ${path}, which ${why}.`);
  let content: string;
  try {
    content = readFileSync(path, "utf8");
  } catch (error) {
    throw refuse(`cannot be read: ${(error as Error).message}`);
  }
  const tree = json(content);
  if (!isTree(tree)) throw refuse('is not one JSON object, such as { "issuer": "https://guests.example.com" }');
  return tree;
}
