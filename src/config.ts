// config/defaults.ts, then a JSON file (GUESTPASS_CONFIG), then the environment: one frozen, validated Config.
// The only reader of process.env.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { defaults } from "../config/defaults.ts";
import { InputError } from "./errors.ts";
import { randomToken } from "./secrets.ts";

const loopbackHosts = new Set(["localhost", "127.0.0.1", "[::1]"]);

const Issuer = z.url({ protocol: /^https?$/, error: "must be an http(s) address" }).refine((value) => {
  const url = URL.parse(value);
  return url !== null && url.origin === value;
}, "must be an origin alone, such as https://guests.example.com (no path, no slash at the end)");

const days = (most: number) => z.number().positive().max(most);

const Network = z.string().refine((value) => ipaddr.isValidCIDR(value), "must be networks such as 10.0.0.0/8 or fd00::/8");

const Settings = z.strictObject({
  mode: z.enum(["development", "production"]),
  issuer: Issuer,
  listen: z.strictObject({ host: z.string().min(1), port: z.int().min(0).max(65535) }),
  dataDirectory: z.string().min(1),
  secret: z.string().min(32, "must have at least 32 characters (openssl rand -base64 32 makes one)"),
  logLevel: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]),
  organisation: z.string().min(1).max(100),
  /** A JSON file with the operator's own texts (src/text-overrides.ts). */
  texts: z.string().min(1).optional(),
  trustedProxies: z.array(z.string().min(1)),
  /** Special-use networks that an application's jwks_uri and back-channel logout URI may lie in. */
  allowedNetworks: z.array(Network),
  /** How long a client may take to send the headers of a request, and the whole of it. */
  timeouts: z.strictObject({ headersSeconds: z.number().positive().max(300), requestSeconds: z.number().positive().max(300) }),
  database: z.strictObject({
    url: z.string().regex(/^(sqlite:.+|postgres(ql)?:\/\/.+)/, "must begin with sqlite: or postgres://"),
    poolSize: z.int().min(1).max(200),
  }),
  mail: z.strictObject({
    from: z.string().min(3),
    /** Where guests who need help are told to write. */
    support: z.email("must be an email address").optional(),
    smtpUrl: z.string().regex(/^smtps?:\/\/.+/, "must begin with smtp:// or smtps://"),
  }),
  passcode: z.strictObject({
    digits: z.int().min(6).max(8),
    minutes: z.number().positive().max(10, "OWASP ASVS 6.5.5 allows no more than 10 minutes"),
    wrongTries: z.int().min(1).max(10),
  }),
  interaction: z.strictObject({ minutes: z.number().positive().max(60) }),
  session: z.strictObject({ days: days(365) }),
  tokens: z.strictObject({ accessTokenMinutes: z.number().positive().max(1440), refreshTokenDays: days(365) }),
  development: z.strictObject({ smtpPort: z.int().min(0).max(65535) }),
});

export type Config = Readonly<z.infer<typeof Settings>>;

const text = (value: string) => value;
const list = (value: string) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);

/** Environment variable -> where it goes, and how its text is read. */
const environment: Record<string, [path: string, read: (value: string) => unknown]> = {
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
  GUESTPASS_PASSCODE_DIGITS: ["passcode.digits", Number],
  GUESTPASS_PASSCODE_MINUTES: ["passcode.minutes", Number],
  GUESTPASS_PASSCODE_WRONG_TRIES: ["passcode.wrongTries", Number],
  GUESTPASS_SESSION_DAYS: ["session.days", Number],
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
  const parsed = Settings.safeParse(tree);
  const problems = [
    ...unknown.map((name) => `${name} is not a setting of Guestpass`),
    ...(parsed.success ? together(parsed.data) : parsed.error.issues.map(describe)),
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
  const listen = (tree["listen"] ??= {}) as Tree;
  listen["host"] ??= development ? "127.0.0.1" : "0.0.0.0";
  listen["port"] ??= Number(development && issuer?.port ? issuer.port : 3000);
  const data = resolve(String(tree["dataDirectory"]));
  tree["dataDirectory"] = data;
  (tree["database"] as Tree)["url"] ??= `sqlite:${join(data, "guestpass.db")}`;
  if (!development) return;
  const smtpPort = (tree["development"] as Tree)["smtpPort"];
  (tree["mail"] as Tree)["smtpUrl"] ??= `smtp://127.0.0.1:${String(smtpPort)}`;
  if (issuer && loopbackHosts.has(issuer.hostname)) tree["secret"] ??= generatedSecret(data);
}

/** What only shows when settings are seen together. */
function together(config: Config): string[] {
  const issuer = new URL(config.issuer);
  const loopback = loopbackHosts.has(issuer.hostname);
  const problems: string[] = [];
  if (config.mode === "development" && !loopback) {
    problems.push(
      `GUESTPASS_MODE=development shows every mailed code to anyone who can open the page, so it needs a loopback issuer, not ${config.issuer}`,
    );
  }
  if (config.mode === "production" && !loopback && issuer.protocol !== "https:") {
    problems.push("GUESTPASS_ISSUER must begin with https:// unless it is a loopback address");
  }
  if (issuer.protocol === "https:" && config.trustedProxies.length === 0) {
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
  mkdirSync(directory, { recursive: true });
  try {
    writeFileSync(file, randomToken(), { mode: 0o600, flag: "wx" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
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

function set(tree: Tree, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop() as string;
  let at = tree;
  for (const key of keys) at = (at[key] ??= {}) as Tree;
  at[last] = value;
}
