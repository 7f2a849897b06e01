import { Command } from "commander";
import { operator } from "../audit/audit.ts";
import { InputError } from "../errors.ts";
import type { AliasOutcome } from "../guests/aliases.ts";
import type { Alias, Guest } from "../guests/guest.ts";
import { confirm } from "./confirm.ts";
import { findGuest, toAddress } from "./lookups.ts";
import { jsonOption, yesOption } from "./options.ts";
import { type Format, printRows, type Row, time } from "./output.ts";
import { withApp } from "./with-app.ts";

export const aliasColumns = ["address", "primary", "mailbox", "verified_at", "undeliverable_since", "refusals", "reason"];

export function aliasCommands(): Command {
  const alias = new Command("alias").description("the addresses of a guest");
  alias.addCommand(aliasAddCommand());
  alias
    .command("list")
    .description("list a guest's addresses, the primary one first")
    .argument("<address or sub>", "the guest")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass alias list ada@example.com")
    .action(list);
  alias
    .command("rename")
    .description("change an address in place: the guest keeps its invitations and must prove the new mailbox; a mail tells the old one")
    .argument("<address>", "the present address")
    .argument("<new address>")
    .addHelpText("after", "\nExample:\n  guestpass alias rename ada@old.example ada@new.example")
    .action(rename);
  alias
    .command("make-primary")
    .description("make an address the one that applications know the guest by; it must be proven again, and a mail tells the previous one")
    .argument("<address>")
    .addHelpText("after", "\nExample:\n  guestpass alias make-primary ada@new.example")
    .action(makePrimary);
  alias
    .command("remove")
    .description("remove an address and the invitations sent to it, unless it is the primary one")
    .argument("<address>")
    .addOption(yesOption())
    .addHelpText("after", "\nExample:\n  guestpass alias remove ada@old.example --yes")
    .action(remove);
  return alias;
}

export function aliasAddCommand(): Command {
  return new Command("add")
    .description("give a guest another address")
    .argument("<address or sub>", "the guest")
    .argument("<address>", "the new address")
    .option("--other-mailbox", "it has a different mailbox from the primary address", false)
    .addHelpText("after", "\nExample:\n  guestpass alias add ada@example.com ada@home.example --other-mailbox")
    .action(add);
}

async function add(who: string, typed: string, { otherMailbox }: { otherMailbox: boolean }): Promise<void> {
  await withApp(async (app) => {
    const guest = await findGuest(app, who);
    succeed(await app.aliases.add(guest, toAddress(typed), { otherMailbox }, operator), guest, typed);
    console.log(`Added ${typed} to ${guest.email}.`);
  });
}

async function list(who: string, format: Format): Promise<void> {
  await withApp(async (app) => {
    const guest = await findGuest(app, who);
    printRows((await app.guests.aliases(guest.sub)).map(aliasRow), aliasColumns, format, "");
  });
}

async function rename(from: string, to: string): Promise<void> {
  await withApp(async (app) => {
    const guest = await findGuest(app, toAddress(from).typed);
    succeed(await app.aliases.rename(guest, toAddress(from), toAddress(to), operator), guest, to);
    console.log(`${from} is now ${to}. The new mailbox must be proven at the next sign-in.`);
  });
}

async function makePrimary(typed: string): Promise<void> {
  await withApp(async (app) => {
    const guest = await findGuest(app, toAddress(typed).typed);
    succeed(await app.aliases.makePrimary(guest, toAddress(typed), operator), guest, typed);
    console.log(`${typed} is now the primary address.`);
  });
}

async function remove(typed: string, options: { yes: boolean }): Promise<void> {
  await withApp(async (app) => {
    const guest = await findGuest(app, toAddress(typed).typed);
    await confirm(`${typed} and the invitations sent to it will be removed from the guest ${guest.email}.`, options);
    succeed(await app.aliases.remove(guest, toAddress(typed), operator), guest, typed);
    console.log(`Removed ${typed} from ${guest.email}.`);
  });
}

export function aliasRow({ address, primary, mailboxId, verifiedAt, undeliverable }: Alias): Row {
  return {
    address,
    primary,
    mailbox: mailboxId,
    verified_at: time(verifiedAt),
    undeliverable_since: time(undeliverable?.since ?? null),
    refusals: undeliverable?.refusals ?? null,
    reason: undeliverable && `${undeliverable.status} ${undeliverable.reason}`,
  };
}

/** @throws InputError for every outcome but done */
function succeed(result: AliasOutcome, guest: Guest, typed: string): void {
  switch (result.outcome) {
    case "done":
      return;
    case "taken": {
      const whose = result.sub === guest.sub ? "this guest" : `another guest (sub ${result.sub})`;
      throw new InputError(`${typed} already belongs to ${whose}. An address belongs to one guest at most.`);
    }
    case "is-primary":
      throw new InputError(`${typed} is the primary address. A guest always has one: make another address primary first.`);
    case "no-such-alias":
    case "changed":
      throw new InputError("Someone else changed the guest at the same time. Try again.");
  }
}
