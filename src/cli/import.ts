import { readFileSync } from "node:fs";
import { Command } from "commander";
import { InputError } from "../errors.ts";
import { findApplication } from "./lookups.ts";
import { jsonOption } from "./options.ts";
import { type Format, printJson, printRows, type Row } from "./output.ts";
import { progressBar } from "./progress.ts";
import { withApp } from "./with-app.ts";

interface ImportOptions extends Format {
  app: string;
  mail: boolean;
}

export function importCommands(): Command {
  const group = new Command("import").description("invite many people at once, from a file");
  group
    .command("invitations")
    .description("invite every address in a CSV file, whose first row names the columns (only email is required), or in a JSON export")
    .argument("<file>", "the file, or - for standard input")
    .requiredOption("--app <client id>", "the application, for rows that name none in client_id")
    .option("--no-mail", "send nothing")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
The columns are email, name, given_name, family_name, locale, client_id, target_url, label, sponsor_name, sponsor_email, message,
reverification_days, redeem_by, access_ends_at, send_mail. Dates look like 2027-06-30 or 2027-06-30T12:00:00Z; send_mail is yes or no.
The file is UTF-8 with commas, semicolons or tabs, Unicode text as Excel saves it, or an export of guestpass. Refused rows are listed; correct them and import them again.

Example:
  guestpass import invitations guests.csv --app files`,
    )
    .action(importInvitations);
  group
    .command("sharepoint")
    .description("invite the external people in a SharePoint sharing report to one application")
    .argument("<file>", "the report as SharePoint wrote it, or - for standard input")
    .requiredOption("--app <client id>", "the application")
    .option("--base-url <url>", "where the paths of the report lie now, such as https://files.example.com/")
    .option("--dry-run", "only report what would happen", false)
    .option("--no-mail", "send nothing")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExample:\n  guestpass import sharepoint report.csv --app files --base-url https://files.example.com/ --dry-run",
    )
    .action(importSharePoint);
  return group;
}

interface Refusal {
  detail: string;
  errors?: { field: string; message: string }[];
}
interface Outcome {
  outcome: string;
  problem?: Refusal;
}
type BulkRow = Outcome & { row: number; email?: string };
interface BulkAnswer {
  invited: number;
  extended: number;
  refused: number;
  results: BulkRow[];
}
/** As many as one request accepts. */
const jsonRows = 1000;

async function importInvitations(file: string, options: ImportOptions): Promise<void> {
  const content = read(file);
  const rows = jsonIn(content, file);
  await withApp(async (app) => {
    await findApplication(app, options.app);
    const query = { client_id: options.app, ...(options.mail ? {} : { send_mail: "false" }) };
    const invite = async (input: { csv: Uint8Array } | { body: unknown[] }) =>
      (await app.admin("createInvitations", { query, ...input, progress: progressBar() })).body as unknown as BulkAnswer;
    const answer = rows === undefined ? await invite({ csv: content }) : await inPieces(rows, (body) => invite({ body }));
    const refused = answer.results.filter(({ outcome }) => outcome === "refused");
    if (options.json) printJson(answer);
    else {
      console.log(`${answer.invited} invited, ${answer.extended} invited before and extended, ${refused.length} refused.`);
      if (refused.length > 0)
        printRows(
          refused.map(({ row, email, problem }) => ({ row, email, reason: reasonOf(problem) })),
          ["row", "email", "reason"],
          {},
          "",
        );
    }
    failFor(refused.length, answer.results.length, "rows");
  });
}

/** @returns the rows of a file that is JSON; undefined where it is CSV. @throws InputError where it is JSON of another kind */
function jsonIn(content: Uint8Array, file: string): unknown[] | undefined {
  const text = new TextDecoder().decode(content).trimStart();
  if (!/^\[\s*[{\]]/.test(text) && !text.startsWith("{")) return undefined;
  let rows: unknown;
  try {
    rows = JSON.parse(text);
  } catch (cause) {
    throw new InputError(`${file} cannot be read as JSON: ${(cause as Error).message}`, { cause });
  }
  if (!Array.isArray(rows) || rows.length === 0)
    throw new InputError(`${file} has no rows: JSON is a list of them, as guestpass export writes it.`);
  return rows;
}

/** Rows are counted from 1 through all pieces. */
async function inPieces(rows: unknown[], invite: (piece: unknown[]) => Promise<BulkAnswer>): Promise<BulkAnswer> {
  const all: BulkAnswer = { invited: 0, extended: 0, refused: 0, results: [] };
  for (let start = 0; start < rows.length; start += jsonRows) {
    const { invited, extended, refused, results } = await invite(rows.slice(start, start + jsonRows));
    all.invited += invited;
    all.extended += extended;
    all.refused += refused;
    all.results.push(...results.map((result) => ({ ...result, row: start + result.row })));
  }
  return all;
}

async function importSharePoint(file: string, options: ImportOptions & { baseUrl?: string; dryRun: boolean }): Promise<void> {
  const csv = read(file);
  await withApp(
    async (app) => {
      await findApplication(app, options.app);
      const query = {
        client_id: options.app,
        dry_run: String(options.dryRun),
        send_mail: String(options.mail),
        ...(options.baseUrl === undefined ? {} : { base_url: options.baseUrl }),
      };
      const { body } = await app.admin("importSharePointReport", { query, csv, progress: progressBar() });
      const invitations = body["invitations"] as (Outcome & Row)[];
      const skipped = body["skipped"] as { row: number; why: string; user_name: string; user_email: string; resource_path: string }[];
      const refused = invitations.filter(({ outcome }) => outcome === "refused").length;
      if (options.json) printJson(body);
      else {
        const rows = [
          ...invitations.map((each) => ({ ...each, reason: reasonOf(each.problem) })),
          ...skipped.map(({ row, why, user_email: email, user_name: name, resource_path: path }) => {
            return { rows: [row], outcome: "skipped", email: email || name, label: path, reason: why };
          }),
        ];
        printRows(rows, ["rows", "outcome", "email", "label", "target_url", "reason"], {}, "The report is empty.");
        const silent = invitations.filter(({ mailed }) => mailed === false).length;
        const good = `${invitations.length - refused} ${options.dryRun ? "would be invited" : "invited"}`;
        console.log(
          `\n${good}, ${refused} refused, ${skipped.length} ${skipped.length === 1 ? "row" : "rows"} skipped.${options.dryRun ? " Nothing was changed." : ""}`,
        );
        if (options.mail && silent > 0) console.log(`${silent} without a mail, because the address has reached its hourly limit.`);
      }
      failFor(refused, invitations.length, "invitations");
    },
    { baseUrl: "base_url" },
  );
}

function read(file: string): Uint8Array {
  try {
    return readFileSync(file === "-" ? 0 : file);
  } catch (cause) {
    throw new InputError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function reasonOf(problem: Refusal | undefined): string {
  return problem?.errors?.map(({ field, message }) => `${field}: ${message}`).join("; ") ?? problem?.detail ?? "";
}

/** The good ones are imported; scripts still have to know about the rest. @throws InputError */
function failFor(refused: number, all: number, what: string): void {
  if (refused > 0) throw new InputError(`${refused} of ${all} ${what} were refused.`);
}
