import { Command, Option } from "commander";
import { confirm } from "./confirm.ts";
import { findApplication, findGuest, toAddress } from "./lookups.ts";
import { given, jsonOption, limitOption, requireChange, toNumber, toTime, toTimeOrNever, yesOption } from "./options.ts";
import { type Format, printJson, printRecord, printRows, type Row } from "./output.ts";
import { everyItem, firstItems } from "./pages.ts";
import { withApp } from "./with-app.ts";

const invitationColumns = ["id", "state", "client_id", "email", "label", "mail", "redeem_by", "access_ends_at"];

/** Options and their names in the administration API. */
const details = {
  app: "client_id",
  targetUrl: "target_url",
  label: "label",
  sponsorName: "sponsor_name",
  sponsorEmail: "sponsor_email",
  message: "message",
  name: "name",
  givenName: "given_name",
  familyName: "family_name",
  locale: "locale",
  reverificationDays: "reverification_days",
  redeemBy: "redeem_by",
  accessEnds: "access_ends_at",
  mail: "send_mail",
};
const filters = { app: "client_id", state: "state", address: "email", sponsor: "sponsor_email", mail: "mail" };

export function inviteCommands(): Command {
  const invite = new Command("invite").description("invitations");
  invite
    .command("send")
    .description("invite an address to an application; inviting again extends the invitation and sends it again")
    .argument("<address>", "any address of a known guest invites that guest")
    .requiredOption("--app <client id>", "the application")
    .option("--target-url <url>", "where the link leads; it must lie under one of the application's target origins")
    .option("--label <text>", "what the invitation is for")
    .option("--sponsor-name <name>", "who invites")
    .option("--sponsor-email <address>", "where the guest can ask for a fresh invitation")
    .option("--message <text>", "quoted as the sponsor's words")
    .option("--name <name>", "the guest's name, if the guest is new")
    .option("--given-name <name>", "the given name, if the guest is new")
    .option("--family-name <name>", "the family name, if the guest is new")
    .option("--locale <tag>", "the guest's language, if the guest is new")
    .option(
      "--reverification-days <days>",
      "how often the mailbox must be proven again for this invitation; the strictest rule wins",
      toNumber,
    )
    .option("--redeem-by <time>", "until when it can be redeemed (as the settings say)", toTime)
    .option("--access-ends <time>", "when access ends, redeemed or not", toTime)
    .option("--no-mail", "send no mail, and print the link for your own")
    .addOption(jsonOption())
    .addHelpText(
      "after",
      '\nExample:\n  guestpass invite send ada@example.com --app files --label "Plan for the bridge" --sponsor-email charles@example.org',
    )
    .action(send);
  invite
    .command("list")
    .description("list invitations, newest first")
    .option("--app <client id>", "to this application")
    .option("--guest <address or sub>", "of this guest")
    .option("--address <address>", "sent to this address")
    .option("--sponsor <address>", "by this sponsor")
    .addOption(new Option("--state <state>").choices(["pending", "redeemed", "expired", "revoked"]))
    .addOption(
      new Option("--mail <state>", "only those whose last mail did not arrive").choices(["delayed", "refused", "bounced", "expired"]),
    )
    .addOption(limitOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass invite list --app files --state pending")
    .action(list);
  invite
    .command("show")
    .description("show an invitation and the state of its mail")
    .argument("<id>")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass invite show 0d3c1f9e-1a55-4c5e-8a43-5c0f3c1f7f0e")
    .action(show);
  invite
    .command("resend")
    .description("send the mail again, with the same link")
    .argument("<id>")
    .addHelpText("after", "\nExample:\n  guestpass invite resend 0d3c1f9e-1a55-4c5e-8a43-5c0f3c1f7f0e")
    .action(resend);
  invite
    .command("extend")
    .description("change how long it can be redeemed, or when access ends")
    .argument("<id>")
    .option("--redeem-by <time>", "until when it can be redeemed", toTime)
    .option("--access-ends <time>", 'when access ends, or "never"', toTimeOrNever)
    .addHelpText("after", "\nExample:\n  guestpass invite extend 0d3c1f9e-1a55-4c5e-8a43-5c0f3c1f7f0e --access-ends 2027-06-30")
    .action(extend);
  invite
    .command("revoke")
    .description("revoke an invitation at once; the guest's other invitations stay")
    .argument("<id>")
    .addOption(yesOption())
    .addHelpText("after", "\nExample:\n  guestpass invite revoke 0d3c1f9e-1a55-4c5e-8a43-5c0f3c1f7f0e --yes")
    .action(revoke);
  return invite;
}

async function send(typed: string, options: Format & { app: string; mail: boolean }): Promise<void> {
  await withApp(async (app) => {
    await findApplication(app, options.app);
    const { status, body } = await app.admin("createInvitation", { body: { email: toAddress(typed).typed, ...given(options, details) } });
    if (options.json) return printJson({ ...body, created: status === 201 });
    const what = status === 201 ? `Invited ${typed} to ${options.app}.` : `${typed} was already invited to ${options.app}: extended.`;
    console.log(`${what} sub: ${body["sub"]} id: ${body["id"]}`);
    if (!options.mail) console.log(`The link: ${body["link"]}`);
  }, details);
}

async function list(options: Format & { app?: string; guest?: string; limit: number }): Promise<void> {
  await withApp(async (app) => {
    if (options.app !== undefined) await findApplication(app, options.app);
    const guest = options.guest === undefined ? undefined : await findGuest(app, options.guest);
    const filter = { ...given(options, filters), ...(guest ? { sub: guest.sub } : {}) };
    const rows = await firstItems(everyItem(app, "searchInvitations", filter), options.limit);
    const filtered = Object.keys(filter).length > 0;
    printRows(
      options.json ? rows : rows.map((row) => ({ ...row, mail: (row["mail"] as Row | null)?.["state"] })),
      invitationColumns,
      options,
      filtered ? "No invitations match." : "No invitations yet. Send one with guestpass invite send.",
    );
  }, filters);
}

async function show(id: string, format: Format): Promise<void> {
  await withApp(async ({ admin }) => {
    const { body } = await admin("readInvitation", { params: { id } });
    if (format.json) return printJson(body);
    const { mail, ...invitation } = body;
    printRecord(invitation);
    console.log(mail ? "\nIts last mail:" : "\nNo mail of it is on record.");
    if (mail) printRecord(mail as Row, { indent: "  " });
  });
}

async function resend(id: string): Promise<void> {
  await withApp(async ({ admin }) => {
    const { body } = await admin("resendInvitation", { params: { id } });
    console.log(`Sent to ${body["email"]} again.`);
  });
}

async function extend(id: string, options: object): Promise<void> {
  const change = given(options, details);
  requireChange(change);
  await withApp(async ({ admin }) => {
    const { body } = await admin("extendInvitation", { params: { id }, body: change });
    console.log(`It can be redeemed until ${body["redeem_by"]}; access ends ${body["access_ends_at"] ?? "never"}.`);
  }, details);
}

async function revoke(id: string, options: { yes: boolean }): Promise<void> {
  await withApp(async ({ admin }) => {
    const { body } = await admin("readInvitation", { params: { id } });
    await confirm(`${body["email"]} will lose access to ${body["label"] ?? body["client_id"]}.`, options);
    await admin("revokeInvitation", { params: { id } });
    console.log(`Revoked: ${body["email"]} has lost access to ${body["label"] ?? body["client_id"]}.`);
  });
}
