import { Command } from "commander";
import { confirm } from "./confirm.ts";
import { findGuest } from "./lookups.ts";
import { jsonOption, yesOption } from "./options.ts";
import { type Format, printRows } from "./output.ts";
import { withApp } from "./with-app.ts";

export function passkeyCommands(): Command {
  const passkey = new Command("passkey").description("passkeys that guests sign in with between two codes");
  passkey
    .command("list")
    .description("list a guest's passkeys")
    .argument("<address or sub>")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass passkey list ada@example.com")
    .action(list);
  passkey
    .command("remove")
    .description("remove a guest's passkey and tell the mailbox; the guest still signs in with a code")
    .argument("<address or sub>")
    .argument("<id>")
    .addOption(yesOption())
    .addHelpText("after", "\nExample:\n  guestpass passkey remove ada@example.com 0b7b2f6e-51f5-4c40-a1b5-2f7a3f0b1c11")
    .action(remove);
  return passkey;
}

async function list(who: string, format: Format): Promise<void> {
  await withApp(async (app) => {
    const { sub, email } = await findGuest(app, who);
    const { items } = (await app.admin("listPasskeys", { params: { sub } })).body;
    const columns = ["id", "email", "device", "created_at", "last_used_at"];
    printRows(items as Record<string, unknown>[], columns, format, `${email} has no passkey.`);
  });
}

async function remove(who: string, id: string, options: { yes: boolean }): Promise<void> {
  await withApp(async (app) => {
    const { sub, email } = await findGuest(app, who);
    await confirm(`${email} will no longer sign in with this passkey.`, options);
    await app.admin("removePasskey", { params: { sub, id } });
    console.log("Removed.");
  });
}
