import { readFileSync } from "node:fs";
import { Command, Option } from "commander";
import { InputError } from "../errors.ts";
import { confirm } from "./confirm.ts";
import { findGuest } from "./lookups.ts";
import { collect, given, jsonOption, requireChange, yesOption } from "./options.ts";
import { type Format, printJson, printRecord, printRows } from "./output.ts";
import { withApp } from "./with-app.ts";

const names = { label: "label", clientId: "client_id", scope: "scope", domain: "domains", firstFor: "first_for", grade: "grade" };
const namesToAdd = { ...names, issuer: "issuer", tenant: "tenant" };

interface Options extends Format {
  clientSecretFile?: string;
}

interface Shown {
  domain_records: { name: string; value: string; state: string }[];
}

export function upstreamCommands(): Command {
  const upstream = new Command("upstream").description("OpenID providers where guests may sign in");
  withOptions(
    upstream
      .command("add")
      .description("register a provider and print the redirect URI to enter there")
      .argument("<id>")
      .requiredOption("--issuer <url>", "the issuer, as the provider's discovery document has it")
      .option("--tenant <id>", "the tenant that accounts have to be of, where the issuer does not say it"),
    { adding: true },
  )
    .addHelpText(
      "after",
      "\nExample:\n  guestpass upstream add partner --issuer https://login.partner.example --label Partner --client-id guestpass --client-secret-file secret.txt --domain partner.example --grade proves-the-mailbox",
    )
    .action(add);
  upstream
    .command("list")
    .description("list the providers")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass upstream list")
    .action(list);
  upstream
    .command("show")
    .description("show a provider and its redirect URI")
    .argument("<id>")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass upstream show partner")
    .action(show);
  withOptions(upstream.command("update").description("change a provider; options that you leave out keep their value").argument("<id>"), {
    adding: false,
  })
    .addHelpText("after", "\nExample:\n  guestpass upstream update partner --grade off")
    .action(update);
  upstream
    .command("check")
    .description("look up the DNS records that confirm a provider's domains")
    .argument("<id>")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass upstream check partner")
    .action(check);
  upstream
    .command("remove")
    .description("remove a provider and the accounts there that guests sign in with")
    .argument("<id>")
    .addOption(yesOption())
    .addHelpText("after", "\nExample:\n  guestpass upstream remove partner")
    .action(remove);
  upstream
    .command("accounts")
    .description("list a guest's accounts at the providers")
    .argument("<address or sub>")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass upstream accounts ada@partner.example")
    .action(accounts);
  upstream
    .command("unlink")
    .description("remove a guest's account at a provider")
    .argument("<address or sub>")
    .argument("<id>")
    .addOption(yesOption())
    .addHelpText("after", "\nExample:\n  guestpass upstream unlink ada@partner.example 5d2f0c1e-8a53-4c0f-9d7b-3c1e0f6a7b21")
    .action(unlink);
  return upstream;
}

function withOptions(command: Command, { adding }: { adding: boolean }): Command {
  const option = (flags: string, description: string) => new Option(flags, description).makeOptionMandatory(adding);
  return command
    .addOption(option("--label <words>", "what guests read"))
    .addOption(option("--client-id <id>", "Guestpass's client id at the provider"))
    .addOption(option("--client-secret-file <file>", "the file with the client's secret; - reads standard input"))
    .addOption(option("--domain <domain...>", "a domain whose addresses are offered it").argParser(collect))
    .addOption(
      option("--grade <grade>", "the most that signing in there is worth").choices(["proves-the-mailbox", "proves-the-person", "off"]),
    )
    .option("--first-for <domain...>", "one of these domains where it comes before other providers", collect)
    .option("--scope <scopes>", "what the provider is asked for (openid email profile)")
    .addOption(jsonOption());
}

async function add(id: string, options: Options): Promise<void> {
  const body = { id, ...given(options, namesToAdd), ...secretIn(options) };
  await withApp(async (app) => {
    const made = (await app.admin("createUpstream", { body })).body;
    if (options.json) return printJson(made);
    console.log(`Registered. Enter this redirect URI at the provider:\n${made["redirect_uri"]}`);
    printRecords(made as unknown as Shown);
    for (const warning of (made["warnings"] ?? []) as string[]) console.error(`Warning: ${warning}`);
  }, namesToAdd);
}

async function list(format: Format): Promise<void> {
  await withApp(async (app) => {
    const { items } = (await app.admin("listUpstreams")).body;
    const columns = ["id", "label", "grade", "domains", "issuer"];
    printRows(items as Record<string, unknown>[], columns, format, "No provider is registered: guests sign in with a code.");
  });
}

async function show(id: string, format: Format): Promise<void> {
  await withApp(async (app) => {
    const { body } = await app.admin("readUpstream", { params: { id } });
    if (format.json) return printJson(body);
    const { domain_records: _, ...rest } = body;
    printRecord(rest);
    printRecords(body as unknown as Shown);
  });
}

async function check(id: string, format: Format): Promise<void> {
  await withApp(async (app) => {
    const { body } = await app.admin("checkUpstreamDomains", { params: { id } });
    if (format.json) return printJson(body);
    const { domain_records: records } = body as unknown as Shown;
    const columns = ["domain", "state", "confirmed", "found_since", "last_found_at"];
    printRows(records as unknown as Record<string, unknown>[], columns, format, "Its domains need no record.");
    printRecords({ domain_records: records });
  });
}

/** The records that are still to be published. */
function printRecords({ domain_records: records }: Shown): void {
  const wanted = records.filter(({ state }) => state !== "found");
  if (wanted.length === 0) return;
  console.log("\nUntil DNS has these records, the provider proves no mailbox:");
  for (const { name, value } of wanted) console.log(`${name}. TXT "${value}"`);
}

async function update(id: string, options: Options): Promise<void> {
  const change = { ...given(options, names), ...secretIn(options) };
  requireChange(change);
  await withApp(async (app) => {
    const { body } = await app.admin("updateUpstream", { params: { id }, body: change });
    if (options.json) printJson(body);
    else console.log("Changed.");
  }, names);
}

async function remove(id: string, options: { yes: boolean }): Promise<void> {
  await withApp(async (app) => {
    const { body } = await app.admin("readUpstream", { params: { id } });
    await confirm(`Guests will no longer sign in at ${body["label"]}, and their accounts there are forgotten.`, options);
    await app.admin("removeUpstream", { params: { id } });
    console.log("Removed.");
  });
}

async function accounts(who: string, format: Format): Promise<void> {
  await withApp(async (app) => {
    const { sub, email } = await findGuest(app, who);
    const { items } = (await app.admin("listUpstreamAccounts", { params: { sub } })).body;
    const columns = ["id", "provider", "email", "created_at", "last_used_at"];
    printRows(items as Record<string, unknown>[], columns, format, `${email} has no account at a provider.`);
  });
}

async function unlink(who: string, id: string, options: { yes: boolean }): Promise<void> {
  await withApp(async (app) => {
    const { sub, email } = await findGuest(app, who);
    await confirm(`The account of ${email} will be forgotten.`, options);
    await app.admin("removeUpstreamAccount", { params: { sub, id } });
    console.log("Removed.");
  });
}

/** Never an argument: other users of the machine see those. */
function secretIn({ clientSecretFile: file }: Options): { client_secret?: string } {
  if (file === undefined) return {};
  try {
    return { client_secret: readFileSync(file === "-" ? 0 : file, "utf8").trim() };
  } catch (cause) {
    throw new InputError(`--client-secret-file: ${file} cannot be read: ${(cause as Error).message}.`, { cause });
  }
}
