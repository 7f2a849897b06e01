import { Command } from "commander";
import type { App } from "../app.ts";
import type { Application } from "../applications/application.ts";
import { systemClock } from "../clock.ts";
import type { Guest } from "../guests/guest.ts";
import { counted } from "../texts/in-words.ts";
import { confirm } from "./confirm.ts";
import { findApplication, findGuest } from "./lookups.ts";
import { jsonOption, toNumber, yesOption } from "./options.ts";
import { type Format, printJson, printRecord, printRows, time } from "./output.ts";
import { withApp } from "./with-app.ts";

interface Rule {
  app?: string;
  days: number;
}

interface Forecast {
  guests_now: number;
  sessions_ending: number;
  due: { day: string; guests: number }[];
}

interface Explained {
  outcome: string;
  deadline: Deadline | null;
  proofs: { address: string; invitation: string | null; verified_at: string | null; deadline: Deadline | null }[];
}

interface Deadline {
  at: string;
  decided_by: string;
  days: number;
}

const columns = ["address", "verified_at", "until", "decided_by", "days", "invitation"];

export function policyCommands(): Command {
  const policy = new Command("policy").description("how often guests prove their mailbox again");
  policy
    .command("show")
    .description("show the general period, or an application's own")
    .option("--app <client id>", "the application")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass policy show --app files")
    .action(show);
  withRule(policy.command("preview"))
    .description("preview another period without changing anything")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass policy preview --app files --days 7")
    .action(preview);
  withRule(policy.command("set"))
    .description("set the period, after showing what that does")
    .addOption(yesOption())
    .addHelpText("after", "\nExamples:\n  guestpass policy set --days 30\n  guestpass policy set --app files --days 7 --yes")
    .action(set);
  policy
    .command("explain")
    .description("explain until when a guest has access to an application, and which rule decides")
    .argument("<address or sub>")
    .argument("<client id>")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass policy explain ada@example.com files")
    .action(explain);
  return policy;
}

function withRule(command: Command): Command {
  return command
    .option("--app <client id>", "the application's own period; without it, the general one")
    .requiredOption("--days <days>", "a number of days, 0.5 for twelve hours; the strictest rule wins", toNumber);
}

async function show({ app: clientId, json }: Format & { app?: string }): Promise<void> {
  await withApp(async (app) => {
    const { settings } = await app.settings.read();
    const own = clientId === undefined ? {} : { application: (await findApplication(app, clientId)).policy.reverificationDays };
    const shown = { settings: settings.reverificationDays, ...own };
    if (json) printJson(shown);
    else printRecord(shown);
  });
}

async function preview({ json, ...rule }: Format & Rule): Promise<void> {
  await withApp(
    async (app) => {
      const forecast = await forecastOf(app, rule);
      if (json) printJson(forecast);
      else print(forecast);
    },
    { days: "days" },
  );
}

async function set({ yes, ...rule }: Rule & { yes: boolean }): Promise<void> {
  await withApp(
    async (app) => {
      await confirmPeriod(app, rule, { yes });
      const body = { reverification_days: rule.days };
      if (rule.app === undefined) await app.admin("updateSettings", { body });
      else await app.admin("updateApplication", { params: { client_id: rule.app }, body });
      console.log("Set. It holds at the next use of any session or token.");
    },
    { days: "days" },
  );
}

/** The forecast's name for the period that commands take as `--reverification-days`. */
export const previewed = { "reverification-days": "days" };

/** Shows what a stricter period would do and asks before saving it, for every command that saves one. */
export async function confirmIfStricter(app: App, clientId: string | undefined, days: unknown, options: { yes: boolean }): Promise<void> {
  const { settings } = await app.settings.read();
  const own = clientId === undefined ? null : (await findApplication(app, clientId)).policy.reverificationDays;
  if (typeof days !== "number" || days >= Math.min(own ?? Infinity, settings.reverificationDays)) return;
  await confirmPeriod(app, clientId === undefined ? { days } : { app: clientId, days }, options);
}

async function confirmPeriod(app: App, rule: Rule, options: { yes: boolean }): Promise<void> {
  print(await forecastOf(app, rule));
  const every = rule.days === 1 ? "day" : counted(rule.days, "day");
  await confirm(`Guests of ${rule.app ?? "every application"} will have to prove their mailbox every ${every}.`, options);
}

async function explain(who: string, clientId: string, format: Format): Promise<void> {
  await withApp(async (app) => {
    const guest = await findGuest(app, who);
    const application = await findApplication(app, clientId);
    const query = { sub: guest.sub, client_id: clientId };
    const explained = (await app.admin("explainPolicy", { query })).body as unknown as Explained;
    if (format.json) return printJson(explained);
    const said = explained.outcome === "refused" ? `not let in, ${whyRefused(guest, application)}.` : sentence(explained);
    console.log(`${guest.email} at ${clientId}: ${said}`);
    const rows = explained.proofs.map(({ deadline, ...proof }) => ({ ...proof, ...deadline, until: deadline?.at }));
    if (rows.length > 0) printRows(rows, columns, format, "");
  });
}

async function forecastOf(app: App, { app: clientId, days }: Rule): Promise<Forecast> {
  if (clientId !== undefined) await findApplication(app, clientId);
  const query = { days, ...(clientId === undefined ? {} : { client_id: clientId }) };
  return (await app.admin("previewPolicy", { query })).body as unknown as Forecast;
}

function print({ guests_now, sessions_ending, due }: Forecast): void {
  console.log(`Signed-in guests who have to prove a mailbox again now: ${guests_now}. Sessions that end now: ${sessions_ending}.`);
  if (due.length > 0) printRows(due, ["day", "guests"], {}, "");
}

function sentence({ outcome, deadline }: Explained): string {
  if (!deadline) return "a mailbox must be proven first.";
  if (outcome === "due") return `a mailbox has had to be proven again since ${deadline.at}, ${decidedBy(deadline)}.`;
  const end = { "guest-end": "guest's record", "invitation-end": "invitation's access" }[deadline.decided_by];
  return `let in until ${deadline.at}, ${end === undefined ? decidedBy(deadline) : `then the ${end} ends`}.`;
}

function decidedBy({ decided_by, days }: Deadline): string {
  return `decided by the rule of the ${decided_by}, ${counted(days, "day")}`;
}

function whyRefused({ state, expiresAt }: Guest, { admission }: Application): string {
  if (state === "suspended") return "because the guest is suspended";
  if (expiresAt !== null && expiresAt <= systemClock.now()) return `because the guest's record ended at ${time(expiresAt)}`;
  return admission === "invited"
    ? "because the guest has no live invitation to an address that may sign in there"
    : "because no proven address of the guest may sign in there";
}
