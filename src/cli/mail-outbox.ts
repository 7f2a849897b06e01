// What became of each mail. Addresses are shown to the operator at the terminal; they never reach a log.
import { Command, Option } from "commander";
import { InputError } from "../errors.ts";
import type { Attempt, MailRecord } from "../outbox/records.ts";
import { toAddress } from "./lookups.ts";
import { jsonOption, toCount } from "./options.ts";
import { type Format, printJson, printRecord, printRows, type Row, time } from "./output.ts";
import { withApp } from "./with-app.ts";

const columns = ["id", "state", "kind", "recipient", "attempts", "last_route", "last_reply", "created_at"];
const attemptColumns = ["attempt", "at", "route", "outcome", "reply", "duration_ms"];

interface ListOptions extends Format {
  state?: string;
  to?: string;
  limit: number;
}

export function listCommand(): Command {
  return new Command("list")
    .description("mails of the last 30 days, the newest first")
    .addOption(new Option("--state <state>", "only these").choices(["queued", "sent", "failed", "parked", "expired"]))
    .option("--to <address>", "only to this address")
    .addOption(new Option("--limit <count>", "how many at the most").default(50).argParser(toCount))
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass mail list --state parked")
    .action(list);
}

export function showCommand(): Command {
  return new Command("show")
    .description("show a mail and every attempt to send it; its text is never shown")
    .argument("<id>")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass mail show 2f1c9a4e-6a3d-4d0e-9a57-3f1b8a0c5d21")
    .action(show);
}

export function retryCommand(): Command {
  return new Command("retry")
    .description("send mails now that are parked or wait for their next attempt")
    .argument("<id...>")
    .addHelpText("after", "\nExample:\n  guestpass mail retry 2f1c9a4e-6a3d-4d0e-9a57-3f1b8a0c5d21")
    .action(retry);
}

async function list({ state, to, limit, json = false }: ListOptions): Promise<void> {
  await withApp(async ({ outbox }) => {
    const mails = await outbox.list({ ...(state ? { state } : {}), ...(to ? { recipient: toAddress(to).typed } : {}), most: limit });
    printRows(mails.map(toRow), columns, { json }, "No mails.");
  });
}

async function show(id: string, { json = false }: Format): Promise<void> {
  await withApp(async ({ outbox }) => {
    const shown = await outbox.show(id);
    if (!shown) throw new InputError(`There is no mail ${id}.`);
    const attempts = shown.attempts.map(toAttemptRow);
    if (json) return printJson({ ...toRow(shown.mail), history: attempts });
    printRecord(toRow(shown.mail));
    console.log();
    printRows(attempts, attemptColumns, { json }, "Not tried yet.");
  });
}

async function retry(ids: string[]): Promise<void> {
  await withApp(async ({ outbox }) => {
    const problems: string[] = [];
    for (const id of ids) {
      const result = await outbox.retry(id);
      if (result.outcome === "queued") console.log(`${id} is sent by the server that runs, or by the next that starts.`);
      else if (result.outcome === "unknown") problems.push(`There is no mail ${id}.`);
      else if (result.outcome === "over") problems.push(`${id} is about something that is over.`);
      else problems.push(`${id} is ${result.state}${result.state === "queued" ? " and being sent" : ": its text is not kept"}.`);
    }
    if (problems.length > 0) throw new InputError(problems.join("\n"));
  });
}

function toRow(mail: MailRecord): Row {
  return {
    id: mail.id,
    state: mail.state,
    kind: mail.kind,
    recipient: mail.recipient,
    message_id: mail.messageId,
    attempts: mail.attempts,
    last_route: mail.lastRoute,
    last_reply: mail.lastReply,
    created_at: time(mail.createdAt),
    next_attempt_at: mail.state === "queued" ? time(mail.nextAttemptAt) : null,
    expires_at: time(mail.expiresAt),
    settled_at: time(mail.settledAt),
    bounced_at: time(mail.bouncedAt),
  };
}

function toAttemptRow({ attempt, at, route, outcome, reply, ms }: Attempt): Row {
  return { attempt, at: time(at), route, outcome, reply, duration_ms: ms };
}
