import { Command, Option } from "commander";
import { aliasAddCommand, aliasColumns, aliasRow } from "./alias.ts";
import { guestStateCommands } from "./guest-states.ts";
import { findApplication, findGuest, toAddress } from "./lookups.ts";
import { given, jsonOption, limitOption, requireChange, toNumberOrNothing, toTime, toTimeOrNever } from "./options.ts";
import { type Format, printJson, printRecord, printRows, type Row } from "./output.ts";
import { everyItem, firstItems } from "./pages.ts";
import { withApp } from "./with-app.ts";

const guestColumns = ["sub", "state", "email", "name", "locale", "verified_at", "undeliverable_since"];

/** Options and their names in the administration API. */
const details = {
  name: "name",
  givenName: "given_name",
  familyName: "family_name",
  locale: "locale",
  externalId: "external_id",
  notes: "notes",
  reverificationDays: "reverification_days",
  expires: "expires_at",
};
const filters = {
  state: "state",
  app: "client_id",
  domain: "domain",
  address: "email",
  sponsor: "sponsor_email",
  externalId: "external_id",
  provenBefore: "verified_before",
  undeliverable: "undeliverable",
  erasureAsked: "erasure_asked",
  dueBefore: "due_before",
  search: "search",
};

export function guestCommands(): Command {
  const guest = new Command("guest").description("the guest directory");
  withDetails(guest.command("add"))
    .description("record a guest, or find the guest who has the address")
    .argument("<address>")
    .addOption(jsonOption())
    .addHelpText("after", '\nExample:\n  guestpass guest add ada@example.com --name "Ada Lovelace"')
    .action(add);
  guest
    .command("list")
    .description("list guests, newest first")
    .addOption(new Option("--state <state>").choices(["invited", "active", "suspended"]))
    .option("--app <client id>", "invited to this application")
    .option("--domain <domain>", "with an address of this domain")
    .option("--address <address>", "with this address")
    .option("--sponsor <address>", "invited by this sponsor")
    .option("--external-id <id>", "with this identifier of your own directory")
    .option("--proven-before <time>", "guests whose primary mailbox was last proven before then, or never", toTime)
    .option("--undeliverable", "with a mailbox that permanently refuses mail")
    .option("--erasure-asked", "guests who asked to be erased")
    .option("--due-before <time>", "guests who must prove a mailbox again before then (at --app, or at any application)", toTime)
    .option("--search <text>", "part of an address or of a name")
    .addOption(limitOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExamples:\n  guestpass guest list --state suspended\n  guestpass guest list --search lovelace --json")
    .action(list);
  guest
    .command("show")
    .description("show a guest and all its addresses")
    .argument("<address or sub>")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass guest show ada@example.com")
    .action(show);
  guest
    .command("why")
    .description("explain why a guest or an unknown address can or cannot sign in to an application, and what to do about it")
    .argument("<address or sub>")
    .requiredOption("--app <client id>", "the application")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass guest why ada@example.com --app files")
    .action(why);
  withDetails(guest.command("update"))
    .description('change a guest; options that you leave out stay as they are, "" clears a value')
    .argument("<address or sub>")
    .addHelpText("after", '\nExample:\n  guestpass guest update ada@example.com --reverification-days 7 --notes ""')
    .action(update);
  for (const command of guestStateCommands()) guest.addCommand(command);
  guest.addCommand(new Command("alias").description("same as guestpass alias").addCommand(aliasAddCommand()));
  return guest;
}

function withDetails(command: Command): Command {
  return command
    .option("--name <name>", "the full name")
    .option("--given-name <name>", "the given name")
    .option("--family-name <name>", "the family name")
    .option("--locale <tag>", "the guest's language, such as de")
    .option("--external-id <id>", "the guest's identifier in your own directory")
    .option("--notes <text>", "for administrators only")
    .option("--reverification-days <days>", "how often the guest must prove the mailbox again; the strictest rule wins", toNumberOrNothing)
    .option("--expires <time>", "from then on the guest is as good as suspended", toTimeOrNever);
}

async function add(typed: string, options: Format): Promise<void> {
  await withApp(async ({ admin }) => {
    const { status, body } = await admin("createGuest", { body: { email: toAddress(typed).typed, ...given(options, details) } });
    const created = status === 201;
    const sub = body["sub"];
    if (options.json) return printJson({ sub, created });
    console.log(created ? `Recorded. sub: ${sub}` : `A guest already has that address. sub: ${sub}`);
  }, details);
}

async function list(options: Format & { app?: string; limit: number }): Promise<void> {
  await withApp(async (app) => {
    const filter = given(options, filters);
    if (options.app !== undefined) await findApplication(app, options.app);
    const rows = await firstItems(everyItem(app, "searchGuests", filter), options.limit);
    const filtered = Object.keys(filter).length > 0;
    const columns = "due_before" in filter ? [...guestColumns, "due", "decided_by"] : guestColumns;
    printRows(
      options.json ? rows : rows.map(withDeadline),
      columns,
      options,
      filtered ? "No guests match." : "No guests yet. Record one with guestpass guest add.",
    );
  }, filters);
}

/** In a table a deadline is two columns. */
function withDeadline(row: Row): Row {
  const { deadline, ...rest } = row as Row & { deadline?: { at: string; decided_by: string } };
  return deadline ? { ...rest, due: deadline.at, decided_by: deadline.decided_by } : rest;
}

async function show(who: string, { json = false }: Format): Promise<void> {
  await withApp(async (app) => {
    const { sub } = await findGuest(app, who);
    const { body } = await app.admin("readGuest", { params: { sub } });
    if (json) return printJson(body);
    const { aliases: _listed, look_alikes: alike, invitations: invited, ...guest } = body;
    printRecord(guest);
    console.log("");
    printRows((await app.guests.aliases(sub)).map(aliasRow), aliasColumns, {}, "");
    if ((invited as Row[]).length > 0) {
      console.log("\nThe newest invitations and their mails:");
      printRows((invited as Row[]).map(toInvitationRow), ["id", "state", "client_id", "mail", "by", "words"], {}, "");
    }
    if ((alike as Row[]).length === 0) return;
    console.log("\nGuests with similar addresses, who may be the same person:");
    printRows(alike as Row[], ["address", "sub"], {}, "");
  });
}

async function why(who: string, { app: clientId, json = false }: Format & { app: string }): Promise<void> {
  await withApp(async (app) => {
    await findApplication(app, clientId);
    const asked = who.includes("@") ? { email: toAddress(who).typed } : { sub: (await findGuest(app, who)).sub };
    const { body } = await app.admin("explainAccess", { body: { ...asked, client_id: clientId } });
    if (json) return printJson(body);
    const { sentence, rule, remedy } = body as unknown as { sentence: string; rule: string; remedy: { words: string } | null };
    console.log([sentence, rule, ...(remedy ? [remedy.words] : [])].join("\n"));
  });
}

function toInvitationRow({ mail, ...invitation }: Row): Row {
  const { state, by, words } = (mail ?? {}) as Row;
  return { ...invitation, mail: state, by, words };
}

async function update(who: string, options: object): Promise<void> {
  const change = given(options, details);
  requireChange(change);
  await withApp(async (app) => {
    const { sub, email } = await findGuest(app, who);
    await app.admin("updateGuest", { params: { sub }, body: change });
    console.log(`${email} was changed.`);
  }, details);
}
