import { Command } from "commander";
import { collect, given, jsonOption, requireChange, toNumber, yesOption } from "./options.ts";
import { type Format, printJson, printRecord } from "./output.ts";
import { confirmIfStricter, previewed } from "./policy.ts";
import { withApp } from "./with-app.ts";

/** Options and their names in the administration API. */
const names = {
  reverificationDays: "reverification_days",
  invitationDays: "invitation_days",
  allowDomain: "allow_domains",
  denyDomain: "deny_domains",
};

export function settingsCommands(): Command {
  const settings = new Command("settings").description("settings for all applications");
  settings
    .command("show")
    .description("show the settings")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass settings show")
    .action(show);
  settings
    .command("set")
    .description('change settings; options that you leave out stay as they are, "" empties a list')
    .option("--reverification-days <days>", "how often a guest must prove the mailbox again, unless a stricter rule applies", toNumber)
    .option("--invitation-days <days>", "how many days a new invitation can be redeemed", toNumber)
    .option("--allow-domain <domain>", "invite and sign in only addresses at this domain, at any application; repeatable", collect)
    .option("--deny-domain <domain>", "do not invite or sign in addresses at this domain; repeatable", collect)
    .addOption(yesOption())
    .addHelpText(
      "after",
      '\nExamples:\n  guestpass settings set --reverification-days 14\n  guestpass settings set --deny-domain "*.example.net" --allow-domain ""',
    )
    .action(set);
  return settings;
}

async function show(format: Format): Promise<void> {
  await withApp(async ({ admin }) => {
    const { body } = await admin("readSettings");
    if (format.json) printJson(body);
    else printRecord(body);
  });
}

async function set(options: { yes: boolean }): Promise<void> {
  const change = given(options, names);
  requireChange(change);
  await withApp(
    async (app) => {
      await confirmIfStricter(app, undefined, change["reverification_days"], options);
      await app.admin("updateSettings", { body: change });
      console.log("Set. It holds at the next use of any session or token.");
    },
    { ...names, ...previewed },
  );
}
