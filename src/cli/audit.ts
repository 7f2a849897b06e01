import { Command, Option } from "commander";
import { auditActions } from "../audit/actions.ts";
import { InputError } from "../errors.ts";
import { counted } from "../texts/in-words.ts";
import { findGuest } from "./lookups.ts";
import { given, jsonOption, limitOption, toTime } from "./options.ts";
import { type Format, printJson, printRows } from "./output.ts";
import { everyItem, firstItems } from "./pages.ts";
import { withApp } from "./with-app.ts";

const columns = ["at", "action", "actor", "channel", "network", "client_id", "sub"];
/** Options and their names in the administration API. */
const filters = { app: "client_id", action: "action", actor: "actor", since: "since", until: "until" };

export function auditCommands(): Command {
  const audit = new Command("audit").description("who did what to whom");
  audit
    .command("list")
    .description("read the audit trail, newest first")
    .option("--guest <address or sub>", "about this guest; for an erased guest, give the sub")
    .option("--app <client id>", "at this application")
    .addOption(new Option("--action <action>", "what was done").choices(auditActions))
    .option("--actor <actor>", "operator, system, application:CLIENT_ID or guest:SUB")
    .option("--since <time>", "from then on", toTime)
    .option("--until <time>", "before then", toTime)
    .addOption(limitOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExamples:\n  guestpass audit list --guest ada@example.com\n  guestpass audit list --since 2027-06-01 --json")
    .action(list);
  audit
    .command("verify")
    .description("check the audit trail for rows that were changed, removed, added or moved")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass audit verify")
    .action(verify);
  return audit;
}

async function list(options: Format & { guest?: string; limit: number }): Promise<void> {
  await withApp(async (app) => {
    const { guest } = options;
    // An erased guest has no address any more, and a sub that only the trail knows.
    const sub = guest?.includes("@") ? (await findGuest(app, guest)).sub : guest;
    const filter = { ...given(options, filters), ...(sub === undefined ? {} : { sub }) };
    printRows(
      await firstItems(everyItem(app, "listAudit", filter), options.limit),
      columns,
      options,
      "The audit trail has no matching entries.",
    );
  }, filters);
}

async function verify(format: Format): Promise<void> {
  await withApp(async ({ audit }) => {
    const result = await audit.verify();
    if (format.json) printJson(result);
    if (result.outcome === "broken") throw new InputError(`The audit trail is broken at row ${result.position}: ${result.why}.`);
    if (!format.json) console.log(`The audit trail is intact: ${counted(result.rows, "row")}. Its head: ${result.head}`);
  });
}
