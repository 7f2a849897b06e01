import { Command } from "commander";
import type { App } from "../app.ts";
import { operator } from "../audit/audit.ts";
import { InputError } from "../errors.ts";
import { counted } from "../texts/in-words.ts";
import { confirm } from "./confirm.ts";
import { findGuest } from "./lookups.ts";
import { jsonOption, yesOption } from "./options.ts";
import { type Format, printJson, printRows } from "./output.ts";
import { withApp } from "./with-app.ts";

interface Listed {
  id: string;
  device: string | null;
  since: string;
  applications: { client_id: string; deadline: { at: string; decided_by: string; days: number } | null }[];
}

interface Which {
  allOf?: string;
  yes: boolean;
}

const columns = ["id", "device", "since", "application", "until", "decided_by", "days"];

export function sessionCommands(): Command {
  const session = new Command("session").description("who is signed in where");
  session
    .command("list")
    .description("list a guest's sessions, and until when they are valid at each application")
    .argument("<address or sub>")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass session list ada@example.com")
    .action(list);
  session
    .command("end")
    .description("end a session and its tokens, and notify its applications")
    .argument("[id]")
    // An id can begin with a dash, and with -h.
    .allowUnknownOption()
    .helpOption("--help", "display help for command")
    .option("--all-of <address or sub>", "all sessions of this guest, who may sign in again")
    .addOption(yesOption())
    .addHelpText("after", "\nExamples:\n  guestpass session end 4Xc0bZ1kF2\n  guestpass session end --all-of ada@example.com --yes")
    .action(end);
  return session;
}

async function list(who: string, format: Format): Promise<void> {
  await withApp(async (app) => {
    const { sub, email } = await findGuest(app, who);
    const sessions = (await app.admin("listSessions", { params: { sub } })).body["items"] as Listed[];
    if (format.json) return printJson(sessions);
    printRows(sessions.flatMap(rowsOf), columns, format, `${email} is not signed in anywhere.`);
  });
}

/** One for each application that was entered in the session. */
function rowsOf({ applications, ...session }: Listed) {
  if (applications.length === 0) return [session];
  return applications.map(({ client_id: application, deadline }) => ({ ...session, application, ...deadline, until: deadline?.at }));
}

async function end(id: string | undefined, { allOf, yes }: Which, command: Command): Promise<void> {
  if (id === "-h") return command.help();
  if ((id === undefined) === (allOf === undefined)) throw new InputError("Give a session's id, or a guest with --all-of.");
  await withApp((app) => (id === undefined ? endAll(app, allOf ?? "", { yes }) : endOne(app, id, { yes })));
}

async function endOne({ sessions, guests }: App, id: string, options: { yes: boolean }): Promise<void> {
  const session = await sessions.find(id);
  if (!session) throw new InputError(`There is no session ${id}.`);
  const where = session.applications.length > 0 ? ` at ${session.applications.join(", ")}` : "";
  await confirm(`The session of ${(await guests.findBySub(session.sub))?.email ?? session.sub}${where} will end.`, options);
  if (!(await sessions.end(id, operator))) throw new InputError("The session has already ended.");
  console.log("Ended.");
}

async function endAll(app: App, who: string, options: { yes: boolean }): Promise<void> {
  const { sub, email } = await findGuest(app, who);
  const open = await app.sessions.list(sub);
  // A token may outlive its session (offline_access): it ends too, though there is none.
  await confirm(`${email} will be signed out everywhere: ${counted(open.length, "session")}.`, options);
  console.log(`Ended: ${counted(await app.sessions.endAllOf(sub, operator), "session")}.`);
}
