import { randomUUID } from "node:crypto";
import { Command } from "commander";
import type { App } from "../app.ts";
import { withoutPassword } from "../configuration/server-url.ts";
import { InputError } from "../errors.ts";
import { html } from "../http/html.ts";
import { mailRoutes, sender, tlsOf } from "../outbox/configured-routes.ts";
import type { Letter } from "../outbox/transport.ts";
import { toAddress } from "./lookups.ts";
import { jsonOption } from "./options.ts";
import { type Format, printRows, type Row, time } from "./output.ts";
import { withApp } from "./with-app.ts";

const routeColumns = ["name", "server", "tls", "dkim", "domains", "per_minute", "accepted", "not_accepted", "last_accepted", "last_failed"];
const testColumns = ["route", "outcome", "reply", "duration_ms", "words"];

export function routesCommand(): Command {
  return new Command("routes")
    .description("list the mail routes in order of preference, and what each did in the last 24 hours on all instances")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass mail routes --json")
    .action(routes);
}

export function testCommand(): Command {
  return new Command("test")
    .description("send a test mail by each route now, and print the servers' answers")
    .argument("<address>", "where to")
    .option("--route <name>", "only by this route")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass mail test you@example.com")
    .action(test);
}

async function routes({ json = false }: Format): Promise<void> {
  await withApp(async ({ config, outbox }) => {
    const records = await outbox.routeRecords();
    const rows = mailRoutes(config).map(({ name, smtpUrl, tls, dkim, domains, perMinute }): Row => {
      const record = records.find(({ route }) => route === name);
      return {
        name,
        server: withoutPassword(smtpUrl),
        tls: tlsOf(smtpUrl, tls),
        dkim: dkim ? `${dkim.selector}._domainkey.${dkim.domain}` : null,
        domains: domains ?? null,
        per_minute: perMinute ?? null,
        accepted: record?.accepted ?? 0,
        not_accepted: record?.notAccepted ?? 0,
        last_accepted: time(record?.lastAcceptedAt ?? null),
        last_failed: time(record?.lastFailedAt ?? null),
      };
    });
    printRows(rows, routeColumns, { json }, "No routes.");
  });
}

async function test(typed: string, { route, json = false }: Format & { route?: string }): Promise<void> {
  const { typed: recipient } = toAddress(typed);
  await withApp(async (app) => {
    const names = app.routes.health.map(({ name }) => name).filter((name) => route === undefined || name === route);
    if (names.length === 0) throw new InputError(`There is no route ${route}. guestpass mail routes lists them.`);
    const rows: Row[] = [];
    for (const name of names) {
      const { outcome, reply, ms, words } = await app.routes.deliverBy(name, testMail(app, name, recipient));
      rows.push({ route: name, outcome, reply, duration_ms: ms, words });
    }
    printRows(rows, testColumns, { json }, "");
    if (rows.some(({ outcome }) => outcome !== "accepted")) throw new InputError("Not every route accepted the mail.");
  });
}

function testMail({ config }: App, route: string, recipient: string): Letter {
  const text = `This is a test of the mail route "${route}" of ${config.organisation} (${config.issuer}). You do not have to do anything.`;
  const content = { subject: `Test of the mail route ${route}`, text, html: html`<p>${text}</p>`.toString(), language: "en" };
  const id = randomUUID();
  return {
    id,
    recipient,
    content: JSON.stringify(content),
    messageId: `<${id}@${sender(config).domain}>`,
    expiresAt: Number.MAX_SAFE_INTEGER,
  };
}
