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
  const group = new Command("import").description("many invitations at once, from a file");
  group
    .command("invitations")
    .description("invite every address of a CSV file; the first row names the columns, of which only email is needed")
    .argument("<file>", "or - for standard input")
    .requiredOption("--app <client id>", "the application, for rows that name none in client_id")
    .option("--no-mail", "send nothing")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
The columns: email, name, locale, client_id, target_url, label, sponsor_name, sponsor_email, message, reverification_days,
redeem_by, access_ends_at, send_mail. Dates are such as 2027-06-30 or 2027-06-30T12:00:00Z; send_mail is yes or no.
The file is UTF-8, with commas, semicolons or tabs. Rows that are refused are named, and can be put right and imported again.

Example:
  guestpass import invitations guests.csv --app files`,
    )
    .action(importInvitations);
  group
    .command("sharepoint")
    .description("invite the external people of a SharePoint sharing report to one application")
    .argument("<file>", "the report as SharePoint wrote it, or - for standard input")
    .requiredOption("--app <client id>", "the application")
    .option("--base-url <url>", "where the paths of the report lie now, such as https://files.example.com/")
    .option("--dry-run", "only say what would happen", false)
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

async function importInvitations(file: string, options: ImportOptions): Promise<void> {
  const csv = read(file);
  await withApp(async (app) => {
    await findApplication(app, options.app);
    const query = { client_id: options.app, ...(options.mail ? {} : { send_mail: "false" }) };
    const { body } = await app.admin("createInvitations", { query, csv, progress: progressBar() });
    const results = body["results"] as (Outcome & { row: number })[];
    const refused = results.filter(({ outcome }) => outcome === "refused");
    if (options.json) printJson(body);
    else {
      console.log(`${body["invited"]} invited, ${body["extended"]} invited before and extended, ${refused.length} refused.`);
      if (refused.length > 0)
        printRows(
          refused.map(({ row, problem }) => ({ row, reason: reasonOf(problem) })),
          ["row", "reason"],
          {},
          "",
        );
    }
    failFor(refused.length, results.length, "rows");
  });
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
      const skipped = body["skipped"] as { row: number; why: string }[];
      const refused = invitations.filter(({ outcome }) => outcome === "refused").length;
      if (options.json) printJson(body);
      else {
        const rows = [
          ...invitations.map((each) => ({ ...each, reason: reasonOf(each.problem) })),
          ...skipped.map(({ row, why }) => ({ rows: [row], outcome: "skipped", reason: why })),
        ];
        printRows(rows, ["rows", "outcome", "email", "label", "target_url", "reason"], {}, "Nothing is in the report.");
        const silent = invitations.filter(({ mailed }) => mailed === false).length;
        const good = `${invitations.length - refused} ${options.dryRun ? "would be invited" : "invited"}`;
        console.log(
          `\n${good}, ${refused} refused, ${skipped.length} ${skipped.length === 1 ? "row" : "rows"} skipped.${options.dryRun ? " Nothing was changed." : ""}`,
        );
        if (options.mail && silent > 0) console.log(`${silent} without a mail: the address has had as many as it gets in an hour.`);
      }
      failFor(refused, invitations.length, "invitations");
    },
    { baseUrl: "base_url" },
  );
}

function read(file: string): string {
  try {
    return readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (cause) {
    throw new InputError(`${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

function reasonOf(problem: Refusal | undefined): string {
  return problem?.errors?.map(({ field, message }) => `${field}: ${message}`).join("; ") ?? problem?.detail ?? "";
}

/** The good ones are in; scripts still have to know. @throws InputError */
function failFor(refused: number, all: number, what: string): void {
  if (refused > 0) throw new InputError(`${refused} of ${all} ${what} were refused.`);
}
