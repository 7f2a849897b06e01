import { Command } from "commander";
import { operator } from "../audit/audit.ts";
import { InputError } from "../errors.ts";
import { findGuest } from "./lookups.ts";
import { jsonOption } from "./options.ts";
import { type Format, printRows, time } from "./output.ts";
import { withApp } from "./with-app.ts";

const columns = ["id", "proven_at", "applications", "device"];

export function sessionCommands(): Command {
  const session = new Command("session").description("who is signed in where");
  session
    .command("list")
    .description("list a guest's sessions")
    .argument("<address or sub>")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass session list ada@example.com")
    .action(list);
  session
    .command("end")
    .description("end a session everywhere: its tokens too, and its applications are told")
    .argument("<id>")
    .addHelpText("after", "\nExample:\n  guestpass session end 4Xc0bZ1kF2")
    .action(end);
  return session;
}

async function list(who: string, format: Format): Promise<void> {
  await withApp(async (app) => {
    const { sub, email } = await findGuest(app, who);
    const sessions = await app.sessions.list(sub);
    const rows = sessions.map(({ uid, since, applications, device }) => ({ id: uid, proven_at: time(since), applications, device }));
    printRows(rows, columns, format, `${email} is signed in nowhere.`);
  });
}

async function end(id: string): Promise<void> {
  await withApp(async ({ sessions }) => {
    if (!(await sessions.end(id, operator))) throw new InputError(`There is no session ${id}.`);
    console.log("Ended.");
  });
}
