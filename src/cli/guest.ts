import { Command } from "commander";
import { InputError } from "../errors.ts";
import { type Address, parseAddress } from "../guests/address.ts";
import type { Guest } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import { print, withApp } from "./with-app.ts";

export function guestCommands(): Command {
  const guest = new Command("guest").description("the guest directory");
  guest
    .command("add")
    .description("record a guest; an address that a guest has answers that guest")
    .argument("<address>")
    .option("--name <name>", "what the guest is called")
    .option("--locale <tag>", "the guest's language, such as de")
    .option("--json", "print JSON", false)
    .addHelpText("after", '\nExample:\n  guestpass guest add ada@example.com --name "Ada Lovelace"')
    .action(add);
  guest.command("list").description("list guests").option("--json", "print JSON", false).action(list);
  guest
    .command("show")
    .description("show a guest and every address")
    .argument("<address or sub>")
    .option("--json", "print JSON", false)
    .action(show);
  guest
    .command("suspend")
    .description("shut a guest out at once")
    .argument("<address or sub>")
    .requiredOption("--reason <text>", "why; it is kept with the guest")
    .action(suspend);
  guest.command("resume").description("let a suspended guest in again").argument("<address or sub>").action(resume);
  guest
    .command("alias")
    .description("addresses of a guest")
    .command("add")
    .description("give a guest another address")
    .argument("<address or sub>", "the guest")
    .argument("<address>", "the new address")
    .option("--other-mailbox", "it is delivered to another mailbox than the primary address", false)
    .action(addAlias);
  return guest;
}

async function add(typed: string, options: { name?: string; locale?: string; json: boolean }): Promise<void> {
  await withApp(async ({ guests }) => {
    const { sub, created } = await guests.add(toAddress(typed), options);
    if (options.json) return console.log(JSON.stringify({ sub, created }, null, 2));
    console.log(created ? `Recorded. sub: ${sub}` : `That address has a guest already. sub: ${sub}`);
  });
}

async function list(options: { json: boolean }): Promise<void> {
  await withApp(async ({ guests }) => {
    const rows = [];
    for (let page = await guests.list(); page.length > 0; page = await guests.list(page.at(-1)?.sub)) rows.push(...page.map(toRow));
    print(rows, options, "No guests yet. guestpass guest add records one.");
  });
}

async function show(who: string, options: { json: boolean }): Promise<void> {
  await withApp(async ({ guests }) => {
    const guest = await findGuest(guests, who);
    const aliases = (await guests.aliases(guest.sub)).map(({ address, primary, mailboxId, verifiedAt }) => ({
      address,
      primary,
      mailbox: mailboxId,
      verified_at: time(verifiedAt),
    }));
    if (options.json) return console.log(JSON.stringify({ ...toRow(guest), aliases }, null, 2));
    print([toRow(guest)], {}, "");
    console.log("");
    print(aliases, {}, "");
  });
}

async function suspend(who: string, { reason }: { reason: string }): Promise<void> {
  await withApp(async ({ guests }) => {
    await guests.suspend((await findGuest(guests, who)).sub, reason);
    console.log("Suspended: sessions and tokens stop working at their next use.");
  });
}

async function resume(who: string): Promise<void> {
  await withApp(async ({ guests }) => {
    await guests.resume((await findGuest(guests, who)).sub);
    console.log("Resumed.");
  });
}

async function addAlias(who: string, typed: string, options: { otherMailbox: boolean }): Promise<void> {
  await withApp(async ({ guests }) => {
    const guest = await findGuest(guests, who);
    const result = await guests.addAlias(guest.sub, toAddress(typed), options);
    if (result.outcome === "taken") {
      const whose = result.sub === guest.sub ? "this guest" : `another guest (sub ${result.sub})`;
      throw new InputError(`${typed} belongs to ${whose} already. An address belongs to at most one guest.`);
    }
    console.log(`Added ${typed} to ${guest.email}.`);
  });
}

async function findGuest(guests: Guests, who: string): Promise<Guest> {
  const guest = who.includes("@") ? (await guests.findByAddress(toAddress(who)))?.guest : await guests.findBySub(who);
  if (!guest) throw new InputError(`There is no guest ${who}.`);
  return guest;
}

function toAddress(typed: string): Address {
  const address = parseAddress(typed);
  if (!address) throw new InputError(`${typed} is not an email address that mail can be sent to. It should look like name@example.com.`);
  return address;
}

function toRow(guest: Guest) {
  return {
    sub: guest.sub,
    state: guest.state,
    email: guest.email,
    name: guest.name,
    locale: guest.locale,
    verified_at: time(guest.verifiedAt),
  };
}

function time(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}
