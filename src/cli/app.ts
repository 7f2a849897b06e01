import { Command, Option } from "commander";
import { InputError } from "../errors.ts";
import { applicationOptions, toApplicationInput, withApplicationOptions } from "./app-options.ts";
import { appPreviewCommand } from "./app-preview.ts";
import { confirm } from "./confirm.ts";
import { findApplication } from "./lookups.ts";
import { jsonOption, limitOption, requireChange, toNumber, yesOption } from "./options.ts";
import { type Format, printJson, printRecord, printRows, type Row } from "./output.ts";
import { everyItem, firstItems } from "./pages.ts";
import { confirmIfStricter, previewed } from "./policy.ts";
import { webhookCommands } from "./webhook.ts";
import { withApp } from "./with-app.ts";

const columns = ["client_id", "name", "admission", "first_party"];

export function appCommands(): Command {
  const app = new Command("app").description("relying applications");
  withApplicationOptions(app.command("add"))
    .description("register an application and print the settings that it needs")
    .argument("<name>", 'what guests see: "Acme Files"')
    .option("--id <client id>", "the client id (random)")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Examples:
  guestpass app add "Acme Files" --redirect-uri https://files.example.com/callback --target-origin https://files.example.com
  guestpass app add Console --id console --administrator     a client of the administration API`,
    )
    .action(add);
  app
    .command("list")
    .description("list applications")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass app list --json")
    .action(list);
  app
    .command("show")
    .description("show an application's settings")
    .argument("<client id>")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass app show files")
    .action(show);
  withApplicationOptions(app.command("update"))
    .description('change an application; options that you leave out stay as they are, "" clears a value')
    .argument("<client id>")
    .option("--name <name>", "the name that guests see")
    .addOption(yesOption())
    .addHelpText("after", '\nExample:\n  guestpass app update files --reverification-days 7 --deny-domain ""')
    .action(update);
  app
    .command("rotate-secret")
    .description("make a new secret; the old one keeps working for the overlap")
    .argument("<client id>")
    .option("--overlap <hours>", "0 ends the old secret at once", toNumber, 24)
    .addOption(yesOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass app rotate-secret files --overlap 48")
    .action(rotateSecret);
  app
    .command("logouts")
    .description("list back-channel logouts that have not arrived, and why")
    .option("--app <client id>", "only for this application")
    .addOption(new Option("--state <state>", "only those that are waiting, or were given up").choices(["pending", "given-up"]))
    .addOption(limitOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass app logouts --app files --state given-up")
    .action(logouts);
  app.addCommand(appPreviewCommand());
  app.addCommand(webhookCommands());
  app
    .command("refusals")
    .description("list requests that the token endpoint refused, and why, latest first")
    .option("--app <client id>", "only this application")
    .addOption(limitOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass app refusals --app files")
    .action(refusals);
  app
    .command("remove")
    .description("remove an application and its invitations; nobody can sign in to it any more")
    .argument("<client id>")
    .addOption(yesOption())
    .addHelpText("after", "\nExample:\n  guestpass app remove files --yes")
    .action(remove);
  return app;
}

async function add(name: string, options: Format & { id?: string }): Promise<void> {
  const given = { name, ...toApplicationInput(options), ...(options.id === undefined ? {} : { client_id: options.id }) };
  await withApp(
    async ({ admin, config, applications }) => {
      if (options.id !== undefined && (await applications.read(options.id)))
        throw new InputError(
          `There is already an application with the client id ${options.id}. Choose another with --id, or remove that one first.`,
        );
      const { body } = await admin("createApplication", { body: given });
      const discovery = `${config.issuer}/.well-known/openid-configuration`;
      if (options.json) return printJson({ issuer: config.issuer, discovery, ...body });
      const { client_id, client_secret, token_endpoint_auth_method, profile, redirect_uris } = body;
      console.log(`${name} is registered. Its settings:\n`);
      const needs: Row = {
        issuer: config.issuer,
        discovery,
        client_id,
        client_secret,
        token_endpoint_auth_method,
        ...(profile === null ? {} : { profile }),
        redirect_uris,
      };
      printRecord(needs, { indent: "  " });
      if ((redirect_uris as string[]).length === 0)
        console.log("\nWithout a redirect URI guests cannot sign in to it. It can introspect tokens and use the administration API.");
      if (client_secret !== undefined) console.log("\nThe secret is not shown again: Guestpass keeps only its hash.");
      warn(body);
    },
    { ...applicationOptions, name: "", id: "client_id" },
  );
}

async function list(format: Format): Promise<void> {
  await withApp(async (app) => {
    const rows = await Array.fromAsync(everyItem(app, "listApplications"));
    printRows(rows, columns, format, "No applications yet. Register one with guestpass app add.");
  });
}

async function show(clientId: string, format: Format): Promise<void> {
  await withApp(async (app) => {
    await findApplication(app, clientId);
    const { body } = await app.admin("readApplication", { params: { client_id: clientId } });
    if (format.json) printJson(body);
    else printRecord(body);
  });
}

async function update(clientId: string, options: { yes: boolean }): Promise<void> {
  const change = toApplicationInput(options);
  requireChange(change);
  await withApp(
    async (app) => {
      await confirmIfStricter(app, clientId, change["reverification_days"], options);
      const { body } = await app.admin("updateApplication", { params: { client_id: clientId }, body: change });
      console.log(`${clientId} was changed.`);
      if (body["client_secret"] !== undefined) console.log(`Its secret, which is not shown again: ${body["client_secret"]}`);
      warn(body);
    },
    { ...applicationOptions, ...previewed },
  );
}

function warn({ warnings = [] }: { warnings?: unknown }): void {
  for (const warning of warnings as string[]) console.error(`Warning: ${warning}`);
}

async function logouts(options: Format & { app?: string; state?: string; limit: number }): Promise<void> {
  await withApp(async (app) => {
    if (options.app !== undefined) await findApplication(app, options.app);
    const filter = {
      ...(options.app === undefined ? {} : { client_id: options.app }),
      ...(options.state === undefined ? {} : { state: options.state }),
    };
    const rows = await firstItems(everyItem(app, "listLogouts", filter), options.limit);
    printRows(
      rows,
      ["client_id", "sub", "state", "attempts", "created_at", "next_attempt_at", "reason"],
      options,
      "Every logout has arrived.",
    );
  });
}

async function refusals(options: Format & { app?: string; limit: number }): Promise<void> {
  await withApp(async (app) => {
    if (options.app !== undefined) await findApplication(app, options.app);
    const filter = options.app === undefined ? {} : { client_id: options.app };
    const rows = await firstItems(everyItem(app, "listTokenRefusals", filter), options.limit);
    printRows(rows, ["last_at", "client_id", "times", "reason"], options, "Nothing was refused in the last 30 days.");
  });
}

async function rotateSecret(clientId: string, options: Format & { overlap: number; yes: boolean }): Promise<void> {
  await withApp(
    async (app) => {
      await findApplication(app, clientId);
      if (options.overlap === 0) await confirm(`The secret that ${clientId} uses now will stop working at once.`, options);
      const { body } = await app.admin("rotateApplicationSecret", {
        params: { client_id: clientId },
        body: { overlap_hours: options.overlap },
      });
      const { client_secret, previous_secret_until } = body;
      if (options.json) return printJson({ client_id: clientId, client_secret, previous_secret_until });
      console.log(`The new secret of ${clientId}, which is not shown again: ${client_secret}`);
      console.log(previous_secret_until ? `The old one works until ${previous_secret_until}.` : "The old one has stopped working.");
    },
    { overlap: "overlap_hours" },
  );
}

async function remove(clientId: string, options: { yes: boolean }): Promise<void> {
  await withApp(async (app) => {
    const { name } = await findApplication(app, clientId);
    await confirm(`${name} (${clientId}) and its invitations will be removed; nobody can sign in to it any more.`, options);
    await app.admin("removeApplication", { params: { client_id: clientId } });
    console.log(`${clientId} was removed.`);
  });
}
