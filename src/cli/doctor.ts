import { Resolver } from "node:dns/promises";
import { Command } from "commander";
import { type App, createApp } from "../app.ts";
import { type Config, developmentSmtpUrl, readConfig } from "../config.ts";
import { InputError } from "../errors.ts";
import { createLog } from "../log.ts";
import { exposedKeys, exposedLogins, mailRoutes, sender } from "../mail-routes.ts";
import { masked } from "./masked-config.ts";
import { DnsUnreachable, isReserved, problemsOf, problemsOfReturns } from "./sending-domain.ts";

interface Check {
  name: string;
  run(app: App): Promise<string>;
}

/** The check could not be made, and nothing is known to be wrong. */
class NotChecked extends Error {}

/** It works, though not as well as it could. */
class Limited extends Error {}

/** More than this (seconds) between two clocks breaks tokens. */
const tolerableSkew = 5;

const checks: Check[] = [
  { name: "database", run: checkDatabase },
  { name: "search", run: checkSearch },
  { name: "mail server", run: checkMail },
  { name: "DKIM keys", run: checkKeys },
  { name: "mail domain", run: checkDomain },
  { name: "bounces", run: checkBounces },
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
    const verdict = error instanceof NotChecked ? "skip" : error instanceof Limited ? "note" : "FAIL";
    console.log(`${verdict}  ${name} ${reason(error)}`);
    return verdict !== "FAIL";
  }
}

async function checkDatabase({ db, config }: App): Promise<string> {
  await db.raw("SELECT 1");
  return `${config.database.url.split(":")[0]} answers, the schema is up to date`;
}

async function checkSearch({ guests }: App): Promise<string> {
  if (await guests.hasSearchIndex()) return "the directory has an index for parts of addresses and names";
  throw new Limited(
    "PostgreSQL's extension pg_trgm is not there: by the beginning of an address the directory is searched as ever, by a part it is searched without an index, slowly where there are many guests. docs/configuration.md says how to make both",
  );
}

async function checkMail({ routes, config }: App): Promise<string> {
  if (isDevelopmentMailbox(config)) return checkDevelopmentMailbox(routes);
  const failures: string[] = [];
  for (const { name } of routes.health) {
    await routes
      .verify(name)
      .catch((error: unknown) => failures.push(routes.health.length > 1 ? `${name}: ${reason(error)}` : reason(error)));
  }
  if (failures.length > 0) throw new Error(failures.join("; "));
  const exposed = exposedLogins(config);
  if (exposed.length > 0) throw new Limited(exposed.join("; "));
  return routes.health.length > 1 ? "every route answers and lets Guestpass in" : "answers and lets Guestpass in";
}

function isDevelopmentMailbox({ mode, mail, development }: Config): boolean {
  return mode === "development" && mail.smtpUrl === developmentSmtpUrl(development.smtpPort);
}

async function checkDevelopmentMailbox(routes: App["routes"]): Promise<string> {
  for (const { name } of routes.health) {
    await routes.verify(name).catch((error: unknown) => {
      throw new NotChecked(`the development mailbox runs inside guestpass serve, and does not answer now (${reason(error)})`);
    });
  }
  return "the development mailbox answers: mail is shown on a page and goes nowhere else";
}

async function checkKeys({ config }: App): Promise<string> {
  const exposed = exposedKeys(config);
  if (exposed.length > 0) throw new Limited(exposed.join("; "));
  return mailRoutes(config).some(({ dkim }) => dkim) ? "can be read by nobody else" : "no route has one";
}

/** What recipients' servers look up about the sender. */
async function checkDomain({ config }: App): Promise<string> {
  const { domain } = sender(config);
  if (isReserved(domain)) {
    const why = `${domain} is a name that nobody can publish records for`;
    if (config.issuer.startsWith("http:")) throw new NotChecked(why);
    throw new Error(`${why}, so mail from it is refused or lost: set GUESTPASS_MAIL_FROM to an address at a domain of yours`);
  }
  const keys = mailRoutes(config).flatMap(({ dkim }) => (dkim ? [dkim] : []));
  await judge("MX, SPF, DKIM and DMARC", problemsOf(domain, keys, resolver()));
  return `${domain} has MX, SPF and DMARC records${keys.length > 0 ? " and publishes the DKIM keys" : "; no route signs with DKIM, so your mail server has to"}`;
}

/** Whether mail that comes back finds its way. */
async function checkBounces({ config }: App): Promise<string> {
  const { domain, webhookSecret } = config.bounces;
  if (domain === undefined) {
    if (webhookSecret !== undefined)
      return "the webhook takes them in; without GUESTPASS_BOUNCE_DOMAIN mail comes back to the sender's address";
    throw new Limited(
      "mail that comes back is not heard of, so a refusal that comes late marks no mailbox: docs/operations.md says how it is (GUESTPASS_BOUNCE_DOMAIN)",
    );
  }
  if (isReserved(domain)) throw new NotChecked(`${domain} is a name that nobody can publish records for`);
  await judge(`MX and SPF of ${domain}`, problemsOfReturns(domain, resolver()));
  return `${domain}, where mail comes back to, has MX and SPF records`;
}

function resolver(): Resolver {
  return new Resolver({ timeout: 3000, tries: 2 });
}

/** @throws where there are problems, and NotChecked where DNS cannot be asked for `what` */
async function judge(what: string, asked: Promise<string[]>): Promise<void> {
  const problems = await asked.catch((error: unknown) => {
    if (error instanceof DnsUnreachable) throw new NotChecked(`DNS cannot be asked from here (${error.message}): ${what} were not checked`);
    throw error;
  });
  if (problems.length > 0) throw new Error(problems.join("; "));
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

function reason(error: unknown): string {
  const { code, message, cause } = error as NodeJS.ErrnoException & { cause?: unknown };
  return cause instanceof Error ? reason(cause) : message || code || "unknown";
}
