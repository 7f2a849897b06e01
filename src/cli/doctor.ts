import { Resolver } from "node:dns/promises";
import { Command } from "commander";
import { type App, createApp } from "../app.ts";
import { day, hour, systemClock } from "../clock.ts";
import { type Config, developmentSmtpUrl, readConfig } from "../configuration/config.ts";
import { masked } from "../configuration/masked.ts";
import { InputError } from "../errors.ts";
import { createLog } from "../log.ts";
import { askOperators } from "../outbound/outbound.ts";
import { exposedKeys, exposedLogins, mailRoutes, sender } from "../outbox/configured-routes.ts";
import { counted } from "../texts/in-words.ts";
import { DnsUnreachable, isReserved, problemsOf, problemsOfReturns } from "./sending-domain.ts";

interface Check {
  name: string;
  run(app: App): Promise<string>;
}

/** The check could not be made, and nothing is known to be wrong. */
class NotChecked extends Error {}

/** It works, but not as well as it could. */
class Limited extends Error {}

/** A difference of more than this (seconds) between two clocks breaks tokens. */
const tolerableSkew = 5;

const checks: Check[] = [
  { name: "database", run: checkDatabase },
  { name: "search", run: checkSearch },
  { name: "mail server", run: checkMail },
  { name: "mail login", run: checkLogin },
  { name: "DKIM keys", run: checkKeys },
  { name: "mail domain", run: checkDomain },
  { name: "bounces", run: checkBounces },
  { name: "issuer", run: checkIssuer },
  { name: "passkeys", run: checkPasskeys },
  { name: "console", run: checkConsoleProvider },
  { name: "secret", run: checkSecret },
  { name: "signing keys", run: checkSigningKeys },
  { name: "profiles", run: checkProfiles },
  { name: "clock", run: checkClock },
];

export function doctorCommand(): Command {
  const doctor = new Command("doctor").description("print the present configuration and check everything it depends on");
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

/** A browser offers a passkey to the host that it was made for, and to no other. */
async function checkPasskeys({ config, passkeys }: App): Promise<string> {
  const { hostname } = new URL(config.issuer);
  const elsewhere = await passkeys.madeElsewhere();
  if (elsewhere > 0)
    throw new Limited(
      `${counted(elsewhere, "passkey")} of guests ${elsewhere === 1 ? "was" : "were"} made for another host than ${hostname}: their guests sign in with a code, and can make new ones`,
    );
  return config.passkeys === "off" ? "guests sign in with a code alone (GUESTPASS_PASSKEYS)" : `guests may have one, for ${hostname}`;
}

async function checkDatabase({ db, config }: App): Promise<string> {
  await db.raw("SELECT 1");
  return `${config.database.url.split(":")[0]} answers, and its schema matches this version`;
}

async function checkSearch({ guests }: App): Promise<string> {
  if (await guests.hasSearchIndex()) return "the directory has an index for parts of addresses and names";
  throw new Limited(
    "PostgreSQL's extension pg_trgm is missing, so searching the directory by part of an address or name is slow if there are many guests. docs/configuration.md says how to add the extension and its index",
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

/** nodemailer continues without a login if none is offered, and many servers then accept mail for nobody but themselves. */
async function checkLogin({ routes, config }: App): Promise<string> {
  const names = mailRoutes(config)
    .filter(({ smtpUrl }) => new URL(smtpUrl).username !== "")
    .map(({ name }) => name);
  if (names.length === 0) throw new NotChecked("no route has a login");
  const missing: string[] = [];
  for (const name of names) {
    const words = await routes.missingLogin(name).catch((error: unknown) => {
      throw new NotChecked(`the route ${name} cannot be asked (${reason(error)})`);
    });
    if (words) missing.push(words);
  }
  if (missing.length > 0) throw new Limited(missing.join("; "));
  return "every server that Guestpass has a login for offers to log in";
}

function isDevelopmentMailbox({ mode, mail, development }: Config): boolean {
  return mode === "development" && mail.smtpUrl === developmentSmtpUrl(development.smtpPort);
}

async function checkDevelopmentMailbox(routes: App["routes"]): Promise<string> {
  for (const { name } of routes.health) {
    await routes.verify(name).catch((error: unknown) => {
      throw new NotChecked(`the development mailbox, which runs inside guestpass serve, does not answer (${reason(error)})`);
    });
  }
  return "the development mailbox answers: mail is shown on a page and sent nowhere else";
}

async function checkKeys({ config }: App): Promise<string> {
  const exposed = exposedKeys(config);
  if (exposed.length > 0) throw new Limited(exposed.join("; "));
  return mailRoutes(config).some(({ dkim }) => dkim) ? "nobody else can read them" : "no route has one";
}

/** Checks the DNS records of the sender that recipients' servers look up. */
async function checkDomain({ config }: App): Promise<string> {
  const { domain } = sender(config);
  if (isReserved(domain)) {
    const why = `DNS records cannot be published for ${domain}`;
    if (config.issuer.startsWith("http:")) throw new NotChecked(why);
    throw new Error(`${why}, so mail from it is refused or lost: set GUESTPASS_MAIL_FROM to an address at a domain of yours`);
  }
  const keys = mailRoutes(config).flatMap(({ dkim }) => (dkim ? [dkim] : []));
  await judge("MX, SPF, DKIM and DMARC", problemsOf(domain, keys, resolver()));
  return `${domain} has MX, SPF and DMARC records${keys.length > 0 ? " and publishes the DKIM keys" : "; no route signs with DKIM, so your mail server has to"}`;
}

/** Checks that returned mail finds its way. */
async function checkBounces({ config }: App): Promise<string> {
  const { domain, webhookSecret } = config.bounces;
  if (domain === undefined) {
    if (webhookSecret !== undefined)
      return "bounces are reported by webhook; without GUESTPASS_BOUNCE_DOMAIN, bounced mail returns to the sender's address";
    throw new Limited(
      "Guestpass does not receive bounces, so a late refusal marks no mailbox. docs/operations.md says how to receive them (GUESTPASS_BOUNCE_DOMAIN)",
    );
  }
  if (isReserved(domain)) throw new NotChecked(`DNS records cannot be published for ${domain}`);
  await judge(`MX and SPF of ${domain}`, problemsOfReturns(domain, resolver()));
  return `${domain}, the bounce domain, has MX and SPF records`;
}

function resolver(): Resolver {
  return new Resolver({ timeout: 3000, tries: 2 });
}

/** @throws if there are problems, and NotChecked if DNS cannot be asked for `what` */
async function judge(what: string, asked: Promise<string[]>): Promise<void> {
  const problems = await asked.catch((error: unknown) => {
    if (error instanceof DnsUnreachable)
      throw new NotChecked(`DNS cannot be queried from here (${error.message}), so ${what} were not checked`);
    throw error;
  });
  if (problems.length > 0) throw new Error(problems.join("; "));
}

async function checkIssuer({ config }: App): Promise<string> {
  const { issuer } = (await (await discover(config)).json()) as { issuer: string };
  if (issuer !== config.issuer) throw new Error(`answers as ${issuer}`);
  return "answers with its discovery document";
}

/** Where administrators sign in at the organisation's own provider: what the console needs of its discovery document. */
async function checkConsoleProvider({ config }: App): Promise<string> {
  if (!config.consoleProvider) throw new NotChecked("administrators sign in with a passkey alone: no provider is configured");
  const { issuer } = config.consoleProvider;
  const document = (await askedJson(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`)) as Record<string, unknown>;
  if (document["issuer"] !== issuer)
    throw new Error(`${issuer} answers as ${String(document["issuer"]).slice(0, 200)}: set GUESTPASS_CONSOLE_PROVIDER_ISSUER to that`);
  const missing = ["authorization_endpoint", "token_endpoint", "jwks_uri"].filter((name) => typeof document[name] !== "string");
  if (missing.length > 0) throw new Error(`the discovery document of ${issuer} has no ${missing.join(", no ")}`);
  const { keys } = (await askedJson(String(document["jwks_uri"]))) as { keys?: unknown };
  if (!Array.isArray(keys) || keys.length === 0) throw new Error(`${issuer} publishes no keys`);
  return `${issuer} answers with its discovery document and its keys`;
}

async function askedJson(url: string): Promise<object> {
  const response = await askOperators(url).catch((cause: Error) => {
    throw new Error(`${url} does not answer (${reason(cause)}), so administrators cannot sign in there`);
  });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  const answer: unknown = await response.json().catch(() => undefined);
  if (typeof answer !== "object" || answer === null) throw new Error(`${url} does not answer with JSON`);
  return answer;
}

/** Applications that are held to a security profile, which keeps its promises only over https (FAPI 2.0 Security Profile, 5.2.1). */
async function checkProfiles({ applications, config }: App): Promise<string> {
  const held: string[] = [];
  for (let page = await applications.list(); page.length > 0; page = await applications.list(page.at(-1)?.clientId))
    held.push(...page.flatMap(({ clientId, policy }) => (policy.profile === null ? [] : [`${clientId} to ${policy.profile}`])));
  if (held.length === 0) return "no application is bound to a profile";
  const shown = held.length > 20 ? `${held.slice(0, 20).join(", ")} and ${held.length - 20} more` : held.join(", ");
  if (!config.issuer.startsWith("https:")) throw new Limited(`held: ${shown}; the profile asks for an https issuer`);
  return `held: ${shown}`;
}

/** Whether a change of the master key is under way, and when the former one is no longer needed. */
async function checkSecret({ masterKeys }: App): Promise<string> {
  const { inUse, since, knowsPrevious, unsealed } = await masterKeys.state();
  const days = counted(Math.floor((systemClock.now() - since) / day), "day");
  if (inUse === "previous") {
    const next = "guestpass secrets rotate changes to GUESTPASS_SECRET, once every instance has both";
    throw new Limited(`the database is written under GUESTPASS_SECRET_PREVIOUS: ${next}`);
  }
  if (unsealed > 0)
    throw new Limited(`${unsealed} of what is stored is sealed under another secret: finish the change with guestpass secrets rotate`);
  if (knowsPrevious)
    throw new Limited("GUESTPASS_SECRET_PREVIOUS is no longer needed: remove it, and keep it with backups from before the change");
  return `GUESTPASS_SECRET has been in use for ${days}`;
}

/** The age of the signing keys, and what keeps the next ones from taking over. */
async function checkSigningKeys({ signingKeys, config }: App): Promise<string> {
  const now = systemClock.now();
  const every = await signingKeys.list();
  const current = every.filter(({ state }) => state === "current");
  const shown = current.map(({ alg, since }) => `${alg} has signed for ${counted(Math.floor((now - since) / day), "day")}`).join(", ");
  const { algorithms, rotateDays } = config.keys;
  const unused = current.filter(({ alg }) => !algorithms.some((each) => each === alg)).map(({ alg }) => alg);
  if (unused.length > 0)
    throw new Limited(`${shown}; ${unused.join(", ")} is published but not used: remove it with guestpass keys revoke`);
  if (rotateDays === 0) throw new Limited(`${shown}; they do not rotate by age (GUESTPASS_KEY_ROTATE_DAYS)`);
  // The server looks every ten minutes, and a next key has to be published first.
  const overdue = current.filter(({ since }) => now - since > rotateDays * day + config.keys.publishHours * hour + hour);
  if (overdue.length > 0)
    throw new Error(`${shown}; they should have rotated after ${counted(rotateDays, "day")}: is guestpass serve running?`);
  return shown;
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
  return Math.abs(rows[0].now - systemClock.now() / 1000);
}

async function issuerSkew(config: Config): Promise<number | undefined> {
  try {
    const date = (await discover(config)).headers.get("date");
    return date ? Math.abs(Date.parse(date) - systemClock.now()) / 1000 : undefined;
  } catch {
    return undefined;
  }
}

async function discover({ issuer }: Config): Promise<Response> {
  const url = `${issuer}/.well-known/openid-configuration`;
  const response = await askOperators(url).catch((cause: Error) => {
    throw new Error(`${url} does not answer (${reason(cause)}). Is guestpass serve running, and does the proxy lead to it?`);
  });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response;
}

function reason(error: unknown): string {
  const { code, message, cause } = error as NodeJS.ErrnoException & { cause?: unknown };
  return cause instanceof Error ? reason(cause) : message || code || "unknown";
}
