// The fate of each mail. Addresses are shown to the operator at the terminal; they never reach a log.
import { Command, Option } from "commander";
import { InputError } from "../errors.ts";
import { type MailState, mailStates } from "../outbox/records.ts";
import { toAddress } from "./lookups.ts";
import { jsonOption, toCount } from "./options.ts";
import { type Format, printJson, printRecord, printRows, type Row } from "./output.ts";
import { everyItem, firstItems } from "./pages.ts";
import { withApp } from "./with-app.ts";

const columns = ["id", "state", "kind", "recipient", "attempts", "last_route", "last_reply", "created_at"];
const attemptColumns = ["attempt", "at", "route", "outcome", "reply", "duration_ms", "words"];

interface ListOptions extends Format {
  state?: MailState;
  to?: string;
  limit: number;
}

export function listCommand(): Command {
  return new Command("list")
    .description("list the mails of the last 30 days, newest first")
    .addOption(new Option("--state <state>", "only these").choices(mailStates))
    .option("--to <address>", "only to this address")
    .addOption(new Option("--limit <count>", "how many at most").default(50).argParser(toCount))
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
    .description("send parked or waiting mails now")
    .argument("<id...>")
    .addHelpText("after", "\nExample:\n  guestpass mail retry 2f1c9a4e-6a3d-4d0e-9a57-3f1b8a0c5d21")
    .action(retry);
}

async function list({ state, to, limit, json = false }: ListOptions): Promise<void> {
  await withApp(async (app) => {
    const filter = { ...(state ? { state } : {}), ...(to ? { email: toAddress(to).typed } : {}) };
    printRows(await firstItems(everyItem(app, "searchMail", filter), limit), columns, { json }, "No mails.");
  });
}

async function show(id: string, { json = false }: Format): Promise<void> {
  await withApp(async ({ admin }) => {
    const { body } = await admin("readMail", { params: { id } });
    if (json) return printJson(body);
    const { history, ...mail } = body;
    printRecord(mail);
    console.log();
    printRows(history as Row[], attemptColumns, {}, "Not tried yet.");
  });
}

/** One by one: a mail that cannot be resent does not stop the others. */
async function retry(ids: string[]): Promise<void> {
  await withApp(async ({ admin }) => {
    const problems: string[] = [];
    for (const id of ids) {
      try {
        await admin("retryMail", { params: { id } });
        console.log(`${id} will be sent by a running server, or by the next one that starts.`);
      } catch (error) {
        if (!(error instanceof InputError)) throw error;
        problems.push(error.message.includes(id) ? error.message : `${id}: ${error.message}`);
      }
    }
    if (problems.length > 0) throw new InputError(problems.join("\n"));
  });
}
