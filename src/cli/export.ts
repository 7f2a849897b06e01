import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Command, Option } from "commander";
import type { App } from "../app.ts";
import { InputError } from "../errors.ts";
import { aliasRow } from "./alias.ts";
import { csvRow } from "./csv.ts";
import type { Row } from "./output.ts";
import { everyItem } from "./pages.ts";
import { withApp } from "./with-app.ts";

interface ExportOptions {
  format: "csv" | "json";
  output?: string;
}

const guestFields =
  "sub,state,email,aliases,name,given_name,family_name,locale,external_id,notes,suspended_reason,reverification_days,expires_at,verified_at,undeliverable_since,created_at,updated_at";
const invitationFields =
  "id,state,client_id,sub,email,target_url,label,sponsor_name,sponsor_email,message,reverification_days,created_at,updated_at,redeem_by,access_ends_at,redeemed_at,revoked_at";

export function exportCommands(): Command {
  const group = new Command("export").description("write everything to a file");
  exportCommand(group, "guests")
    .description("write all guests with all their addresses")
    .action((options: ExportOptions) => write(options, guestFields.split(","), everyGuest));
  exportCommand(group, "invitations")
    .description("write all invitations")
    .action((options: ExportOptions) => write(options, invitationFields.split(","), (app) => everyItem(app, "searchInvitations")));
  return group;
}

function exportCommand(group: Command, what: string): Command {
  return group
    .command(what)
    .addOption(new Option("--format <format>").choices(["csv", "json"]).default("csv"))
    .option("--output <file>", "where to, readable for you alone (to standard output otherwise)")
    .addHelpText("after", `\nExample:\n  guestpass export ${what} --format json --output ${what}.json`);
}

async function* everyGuest(app: App): AsyncGenerator<Row> {
  for await (const guest of everyItem(app, "searchGuests"))
    yield { ...guest, aliases: (await app.guests.aliases(String(guest["sub"]))).map(aliasRow) };
}

async function write({ format, output }: ExportOptions, fields: string[], rows: (app: App) => AsyncIterable<Row>): Promise<void> {
  await withApp(async (app) => {
    const lines = Readable.from(format === "json" ? jsonLines(rows(app)) : csvLines(rows(app), fields));
    await written(lines, output).catch((error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") return;
      if (error.syscall !== undefined) throw new InputError(`${output} cannot be written: ${error.message}`, { cause: error });
      throw error;
    });
  });
}

/** Personal data, readable only by the person who exports it: an existing file loses wider permissions. */
async function written(lines: Readable, output: string | undefined): Promise<void> {
  if (output === undefined) return pipeline(lines, process.stdout, { end: false });
  const file = await open(output, "w", 0o600);
  if ((await file.stat()).isFile()) await file.chmod(0o600);
  await pipeline(lines, file.createWriteStream());
}

async function* jsonLines(rows: AsyncIterable<Row>): AsyncGenerator<string> {
  let before = "[\n";
  for await (const row of rows) {
    yield `${before}${JSON.stringify(row)}`;
    before = ",\n";
  }
  yield before === "[\n" ? "[]\n" : "\n]\n";
}

async function* csvLines(rows: AsyncIterable<Row>, fields: string[]): AsyncGenerator<string> {
  // Without this mark, Excel reads a file in the encoding of the machine.
  yield `\ufeff${csvRow(fields)}`;
  for await (const row of rows) yield csvRow(fields.map((name) => (name === "aliases" ? addresses(row) : row[name])));
}

function addresses({ aliases }: Row): string {
  return (aliases as { address: string }[]).map(({ address }) => address).join(" ");
}
