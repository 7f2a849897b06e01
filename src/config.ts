// config/defaults.ts, then a JSON file (GUESTPASS_CONFIG), then the environment: one frozen, validated Config.
// The only reader of process.env.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { defaults } from "../config/defaults.ts";
import { InputError } from "./errors.ts";
import { randomToken } from "./secrets.ts";
import { type Config, Settings } from "./settings.ts";

export type { Config } from "./settings.ts";

const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);

const text = (value: string) => value;
const list = (value: string) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);

/** What is no JSON stays as it is: validation says what it should be. */
const json = (value: string): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

/** Environment variable -> where it goes, and how its text is read. */
export const environment: Record<string, [path: string, read: (value: string) => unknown]> = {
  GUESTPASS_MODE: ["mode", text],
  GUESTPASS_ISSUER: ["issuer", text],
  GUESTPASS_HOST: ["listen.host", text],
  GUESTPASS_PORT: ["listen.port", Number],
  GUESTPASS_DATA_DIR: ["dataDirectory", text],
  GUESTPASS_SECRET: ["secret", text],
  GUESTPASS_LOG_LEVEL: ["logLevel", text],
  GUESTPASS_ORGANISATION: ["organisation", text],
  GUESTPASS_TEXTS: ["texts", text],
  GUESTPASS_TRUSTED_PROXIES: ["trustedProxies", list],
  GUESTPASS_ALLOWED_NETWORKS: ["allowedNetworks", list],
  GUESTPASS_HEADERS_TIMEOUT_SECONDS: ["timeouts.headersSeconds", Number],
  GUESTPASS_REQUEST_TIMEOUT_SECONDS: ["timeouts.requestSeconds", Number],
  GUESTPASS_DATABASE_URL: ["database.url", text],
  GUESTPASS_DATABASE_POOL: ["database.poolSize", Number],
  GUESTPASS_MAIL_FROM: ["mail.from", text],
  GUESTPASS_MAIL_SUPPORT: ["mail.support", text],
  GUESTPASS_SMTP_URL: ["mail.smtpUrl", text],
  GUESTPASS_SMTP_ROUTES: ["mail.routes", json],
  GUESTPASS_PASSCODE_DIGITS: ["passcode.digits", Number],
  GUESTPASS_PASSCODE_MINUTES: ["passcode.minutes", Number],
  GUESTPASS_PASSCODE_WRONG_TRIES: ["passcode.wrongTries", Number],
  GUESTPASS_SESSION_DAYS: ["session.days", Number],
  GUESTPASS_SESSION_ABSOLUTE_DAYS: ["session.absoluteDays", Number],
  GUESTPASS_ACCESS_TOKEN_MINUTES: ["tokens.accessTokenMinutes", Number],
  GUESTPASS_REFRESH_TOKEN_DAYS: ["tokens.refreshTokenDays", Number],
  GUESTPASS_DEVELOPMENT_SMTP_PORT: ["development.smtpPort", Number],
};

type Tree = { [key: string]: unknown };

/**
 * @param env environment variables, process.env by default
 * @throws InputError one message that names everything that is wrong and how to put it right
 */
export function readConfig(env: Record<string, string | undefined> = process.env): Config {
  const tree = merge(structuredClone(defaults) as Tree, readFile(env["GUESTPASS_CONFIG"]));
  const unknown = Object.keys(env).filter((name) => name.startsWith("GUESTPASS_") && !(name in environment) && name !== "GUESTPASS_CONFIG");
  for (const [name, [path, read]] of Object.entries(environment)) {
    const value = env[name];
    if (value !== undefined && value !== "") set(tree, path, read(value));
  }
  fillIn(tree);
  const parsed = Settings.safeParse(tree, { reportInput: true });
  const problems = [
    ...unknown.map((name) => `${name} is not a setting of Guestpass`),
    ...(parsed.error?.issues ?? []).map(describe),
    ...together(tree),
  ];
  if (!parsed.success || problems.length > 0) {
    throw new InputError(
      `The configuration does not work:\n${problems.map((problem) => `  - ${problem}`).join("\n")}\nEvery setting is described in docs/configuration.md.`,
    );
  }
  return Object.freeze(parsed.data);
}

/** What follows from other settings unless it was given. */
function fillIn(tree: Tree): void {
  const issuer = URL.parse(String(tree["issuer"]));
  tree["mode"] ??= issuer && loopbackHosts.has(issuer.hostname) ? "development" : "production";
  const development = tree["mode"] === "development";
  const listen = branch(tree, "listen");
  listen["host"] ??= development ? "127.0.0.1" : "0.0.0.0";
  listen["port"] ??= Number(development && issuer?.port ? issuer.port : 3000);
  const data = resolve(String(tree["dataDirectory"]));
  tree["dataDirectory"] = data;
  branch(tree, "database")["url"] ??= `sqlite:${join(data, "guestpass.db")}`;
  if (!development) return;
  const { smtpPort } = branch(tree, "development");
  const mail = branch(tree, "mail");
  if (mail["routes"] === undefined) mail["smtpUrl"] ??= `smtp://127.0.0.1:${String(smtpPort)}`;
  if (issuer && loopbackHosts.has(issuer.hostname)) tree["secret"] ??= generatedSecret(data);
}

/** What only shows when settings are seen together; what is wrong with each of them by itself is said elsewhere. */
function together(tree: Tree): string[] {
  return [...aboutIssuer(tree), ...aboutMail(tree)];
}

function aboutMail(tree: Tree): string[] {
  const { smtpUrl, routes } = branch(tree, "mail");
  if (smtpUrl === undefined && routes === undefined) return ["GUESTPASS_SMTP_URL (mail.smtpUrl): is missing"];
  if (smtpUrl !== undefined && routes !== undefined) {
    return ["GUESTPASS_SMTP_URL and GUESTPASS_SMTP_ROUTES (mail.routes) are two ways to say the same: set one of them"];
  }
  return [];
}

function aboutIssuer({ mode, issuer: origin, trustedProxies }: Tree): string[] {
  const issuer = URL.parse(String(origin));
  if (!issuer) return [];
  const loopback = loopbackHosts.has(issuer.hostname);
  const problems: string[] = [];
  if (mode === "development" && !loopback) {
    problems.push(
      `GUESTPASS_MODE=development shows every mailed code to anyone who can open the page, so it needs a loopback issuer, not ${issuer.origin}`,
    );
  }
  if (mode === "production" && !loopback && issuer.protocol === "http:") {
    problems.push("GUESTPASS_ISSUER must begin with https:// unless it is a loopback address");
  }
  if (issuer.protocol === "https:" && Array.isArray(trustedProxies) && trustedProxies.length === 0) {
    problems.push(
      "GUESTPASS_TRUSTED_PROXIES must name the addresses (such as 10.0.0.5 or 10.0.0.0/8) of the proxy that terminates TLS: Guestpass itself speaks plain HTTP",
    );
  }
  return problems;
}

function describe(issue: z.core.$ZodIssue): string {
  const path = issue.path.join(".");
  const name = Object.entries(environment).find(([, [target]]) => target === path)?.[0];
  const missing = issue.code === "invalid_type" && issue.input === undefined;
  return `${name ? `${name} (${path})` : path || "the configuration"}: ${missing ? "is missing" : issue.message}`;
}

/** The development secret: made once and kept in a file that only its owner can read. */
function generatedSecret(directory: string): string {
  const file = join(directory, "secret");
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(file, randomToken(), { mode: 0o600, flag: "wx" });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== "EEXIST")
      throw new InputError(`The secret cannot be kept: ${message}. GUESTPASS_DATA_DIR names another directory.`, { cause });
  }
  return readFileSync(file, "utf8").trim();
}

function readFile(path: string | undefined): Tree {
  if (!path) return {};
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    throw new InputError(`GUESTPASS_CONFIG names ${path}, which cannot be read as a JSON object: ${(cause as Error).message}`, { cause });
  }
}

function merge(base: Tree, over: Tree): Tree {
  for (const [key, value] of Object.entries(over)) {
    const both = isTree(base[key]) && isTree(value);
    base[key] = both ? merge(base[key] as Tree, value as Tree) : value;
  }
  return base;
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The settings below a key; where a file put something else there, ones that nobody looks at: validation says what is wrong. */
function branch(tree: Tree, key: string): Tree {
  const below = (tree[key] ??= {});
  return isTree(below) ? below : {};
}

function set(tree: Tree, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop() as string;
  let at = tree;
  for (const key of keys) at = branch(at, key);
  at[last] = value;
}
