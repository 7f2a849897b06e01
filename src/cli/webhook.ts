import { Command, Option } from "commander";
import { InputError } from "../errors.ts";
import { confirm } from "./confirm.ts";
import { findApplication } from "./lookups.ts";
import { jsonOption, limitOption, toNumber, yesOption } from "./options.ts";
import { type Format, printJson, printRecord, printRows } from "./output.ts";
import { everyItem, firstItems } from "./pages.ts";
import { withApp } from "./with-app.ts";

const example = "https://files.example.com/guestpass-events";

/** A group of `guestpass app`. */
export function webhookCommands(): Command {
  const webhook = new Command("webhook").description("POST events to an application");
  webhook
    .command("add")
    .description("register a webhook and print the secret that signs its messages")
    .argument("<client id>")
    .argument("<url>")
    .addOption(jsonOption())
    .addHelpText("after", `\nExample:\n  guestpass app webhook add files ${example}`)
    .action(add);
  webhook
    .command("show")
    .description("show an application's webhook and how many messages are waiting")
    .argument("<client id>")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass app webhook show files")
    .action(show);
  webhook
    .command("update")
    .description("change the address, or turn the webhook on again after it answered 410")
    .argument("<client id>")
    .option("--url <url>", "the new address")
    .option("--enable", "turn it on again")
    .addHelpText("after", "\nExample:\n  guestpass app webhook update files --enable")
    .action(update);
  webhook
    .command("rotate-secret")
    .description("make a new secret; messages are signed with both during the overlap")
    .argument("<client id>")
    .option("--overlap <hours>", "0 ends the old secret at once", toNumber, 24)
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass app webhook rotate-secret files --overlap 48")
    .action(rotateSecret);
  webhook
    .command("deliveries")
    .description("list messages that have not arrived, and why")
    .option("--app <client id>", "only for this application")
    .addOption(new Option("--state <state>", "only those that are waiting, or were given up").choices(["pending", "given-up"]))
    .addOption(limitOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass app webhook deliveries --app files --state given-up")
    .action(deliveries);
  webhook
    .command("replay")
    .description("redeliver everything that was given up, or one delivery")
    .argument("<client id>")
    .option("--delivery <id>", "only this one")
    .addHelpText("after", "\nExample:\n  guestpass app webhook replay files")
    .action(replay);
  webhook
    .command("remove")
    .description("remove an application's webhook and its waiting messages")
    .argument("<client id>")
    .addOption(yesOption())
    .addHelpText("after", "\nExample:\n  guestpass app webhook remove files --yes")
    .action(remove);
  return webhook;
}

async function add(clientId: string, url: string, options: Format): Promise<void> {
  await withApp(async (app) => {
    await findApplication(app, clientId);
    const { body } = await app.admin("createWebhook", { params: { client_id: clientId }, body: { url } });
    if (options.json) return printJson(body);
    console.log(`Events for ${clientId} are sent to ${body["url"]}.\nThe secret, which is not shown again: ${body["secret"]}`);
    warn(body);
  });
}

async function show(clientId: string, format: Format): Promise<void> {
  await withApp(async (app) => {
    const { body } = await app.admin("readWebhook", { params: { client_id: clientId } });
    if (format.json) printJson(body);
    else printRecord(body);
  });
}

async function update(clientId: string, options: { url?: string; enable?: boolean }): Promise<void> {
  if (options.url === undefined && !options.enable) throw new InputError("Give --url or --enable.");
  const change = { ...(options.url === undefined ? {} : { url: options.url }), ...(options.enable ? { state: "active" } : {}) };
  await withApp(async (app) => {
    const { body } = await app.admin("updateWebhook", { params: { client_id: clientId }, body: change });
    console.log(`The webhook of ${clientId} was changed.`);
    warn(body);
  });
}

async function rotateSecret(clientId: string, options: Format & { overlap: number }): Promise<void> {
  await withApp(
    async (app) => {
      const { body } = await app.admin("rotateWebhookSecret", {
        params: { client_id: clientId },
        body: { overlap_hours: options.overlap },
      });
      const { secret, previous_secret_until } = body;
      if (options.json) return printJson({ client_id: clientId, secret, previous_secret_until });
      console.log(
        `The new secret, which is not shown again: ${secret}\nMessages are also signed with the old one until ${previous_secret_until}.`,
      );
    },
    { overlap: "overlap_hours" },
  );
}

async function deliveries(options: Format & { app?: string; state?: string; limit: number }): Promise<void> {
  await withApp(async (app) => {
    if (options.app !== undefined) await findApplication(app, options.app);
    const filter = {
      ...(options.app === undefined ? {} : { client_id: options.app }),
      ...(options.state === undefined ? {} : { state: options.state }),
    };
    const rows = await firstItems(everyItem(app, "listWebhookDeliveries", filter), options.limit);
    const columns = ["id", "client_id", "type", "number", "state", "attempts", "created_at", "next_attempt_at", "reason"];
    printRows(rows, columns, options, "Every message has arrived.");
  });
}

async function replay(clientId: string, options: { delivery?: string }): Promise<void> {
  await withApp(async (app) => {
    if (options.delivery !== undefined) {
      await app.admin("replayWebhookDelivery", { params: { id: options.delivery } });
      return console.log(`${options.delivery} will be delivered again.`);
    }
    const { body } = await app.admin("replayWebhook", { params: { client_id: clientId } });
    console.log(`To be delivered again: ${body["replayed"]}.`);
  });
}

async function remove(clientId: string, options: { yes: boolean }): Promise<void> {
  await withApp(async (app) => {
    const { body } = await app.admin("readWebhook", { params: { client_id: clientId } });
    await confirm(`Events for ${clientId} will no longer be sent to ${body["url"]}.`, options);
    await app.admin("removeWebhook", { params: { client_id: clientId } });
    console.log(`The webhook of ${clientId} was removed.`);
  });
}

function warn({ warnings = [] }: { warnings?: unknown }): void {
  for (const warning of warnings as string[]) console.error(`Warning: ${warning}`);
}
