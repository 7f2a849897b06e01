import { Command } from "commander";
import { type App, createApp } from "../app.ts";
import { type Config, readConfig } from "../config.ts";
import { InputError } from "../errors.ts";
import { createLog } from "../log.ts";

interface Check {
  name: string;
  run(app: App): Promise<string>;
}

/** More than this (seconds) between two clocks breaks tokens. */
const tolerableSkew = 5;

const checks: Check[] = [
  { name: "database", run: checkDatabase },
  { name: "mail server", run: checkMail },
  { name: "issuer", run: checkIssuer },
  { name: "clock", run: checkClock },
];

export function doctorCommand(): Command {
  const doctor = new Command("doctor").description("print the configuration in force and check what it depends on");
  return doctor.addHelpText("after", "\nExample:\n  guestpass doctor").action(async () => {
    const config = readConfig();
    console.log(JSON.stringify(masked(config), null, 2));
    const app = await createApp(config, { log: createLog("silent") }).catch((error: unknown) => {
      throw new InputError(`FAIL  ${"start".padEnd(12)} ${error instanceof InputError ? error.message : reason(error)}`);
    });
    const results = [];
    for (const check of checks) results.push(await runCheck(check, app));
    await app.close();
    if (results.includes(false)) throw new InputError("Something needs attention.");
  });
}

async function runCheck(check: Check, app: App): Promise<boolean> {
  const name = check.name.padEnd(12);
  try {
    console.log(`ok    ${name} ${await check.run(app)}`);
    return true;
  } catch (error) {
    console.log(`FAIL  ${name} ${reason(error)}`);
    return false;
  }
}

async function checkDatabase({ db, config }: App): Promise<string> {
  await db.raw("SELECT 1");
  return `${config.database.url.split(":")[0]} answers, the schema is up to date`;
}

async function checkMail({ transport, config }: App): Promise<string> {
  if (config.mode === "development") return "the development mailbox, which runs inside guestpass serve";
  await transport.verify();
  return "answers and lets Guestpass in";
}

async function checkIssuer({ config }: App): Promise<string> {
  const { issuer } = (await (await discover(config)).json()) as { issuer: string };
  if (issuer !== config.issuer) throw new Error(`answers as ${issuer}`);
  return "answers with its discovery document";
}

async function checkClock({ config, db }: App): Promise<string> {
  const skews = [await databaseSkew(db), await issuerSkew(config)].filter((skew) => skew !== undefined);
  const worst = Math.max(0, ...skews);
  if (worst > tolerableSkew) throw new Error(`differs by ${Math.round(worst)} s from the database's or the issuer's: synchronise it (NTP)`);
  return `agrees with ${skews.length === 0 ? "itself: nothing else could be asked" : "what could be asked"}`;
}

/** Seconds between this clock and PostgreSQL's; SQLite has none of its own. */
async function databaseSkew(db: App["db"]): Promise<number | undefined> {
  if (db.client.config.client !== "pg") return undefined;
  const { rows } = await db.raw("SELECT extract(epoch FROM clock_timestamp())::float8 AS now");
  return Math.abs(rows[0].now - Date.now() / 1000);
}

async function issuerSkew(config: Config): Promise<number | undefined> {
  try {
    const date = (await discover(config)).headers.get("date");
    return date ? Math.abs(Date.parse(date) - Date.now()) / 1000 : undefined;
  } catch {
    return undefined;
  }
}

async function discover({ issuer }: Config): Promise<Response> {
  const url = `${issuer}/.well-known/openid-configuration`;
  const response = await fetch(url, { signal: AbortSignal.timeout(5000), redirect: "error" }).catch((cause: Error) => {
    throw new Error(`${url} does not answer (${reason(cause)}): is guestpass serve running, and does the proxy lead to it?`);
  });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response;
}

/** The configuration without what must stay secret: the master key, and passwords inside URLs. */
function masked(config: Config): object {
  return {
    ...config,
    secret: "***",
    database: { ...config.database, url: withoutPassword(config.database.url) },
    mail: { ...config.mail, smtpUrl: withoutPassword(config.mail.smtpUrl) },
  };
}

function withoutPassword(text: string): string {
  if (text.startsWith("sqlite:")) return text;
  const url = URL.parse(text);
  if (!url) return "***";
  if (url.password) url.password = "***";
  if (url.searchParams.has("password")) url.searchParams.set("password", "***");
  return url.href;
}

function reason(error: unknown): string {
  const { code, message, cause } = error as NodeJS.ErrnoException & { cause?: unknown };
  return cause instanceof Error ? reason(cause) : message || code || "unknown";
}
