import { Command } from "commander";
import { operator } from "../audit/audit.ts";
import { InputError } from "../errors.ts";
import { confirm } from "./confirm.ts";
import { findGuest } from "./lookups.ts";
import { yesOption } from "./options.ts";
import { withApp } from "./with-app.ts";

/** What shuts guests out, lets them in again, and ends their records. */
export function guestStateCommands(): Command[] {
  return [
    new Command("suspend")
      .description("shut a guest out at once")
      .argument("<address or sub>")
      .requiredOption("--reason <text>", "why; it is kept with the guest")
      .addHelpText("after", '\nExample:\n  guestpass guest suspend ada@example.com --reason "left the partner company"')
      .action(suspend),
    new Command("resume")
      .description("let a suspended guest in again")
      .argument("<address or sub>")
      .addHelpText("after", "\nExample:\n  guestpass guest resume ada@example.com")
      .action(resume),
    new Command("erase")
      .description("remove a guest's personal data everywhere; the audit trail keeps the fact, not the person")
      .argument("<address or sub>")
      .addOption(yesOption())
      .addHelpText("after", "\nExample:\n  guestpass guest erase ada@example.com --yes")
      .action(erase),
    new Command("merge")
      .description("make one guest of two who turned out to be the same person")
      .argument("<lost>", "address or sub of the record that goes: its addresses, invitations and history move")
      .argument("<survivor>", "address or sub of the one whose sub stays")
      .addOption(yesOption())
      .addHelpText("after", "\nExample:\n  guestpass guest merge ada@home.example ada@work.example --yes")
      .action(merge),
  ];
}

async function suspend(who: string, body: { reason: string }): Promise<void> {
  await withApp(
    async (app) => {
      const { sub, state } = await findGuest(app, who);
      if (state === "suspended") throw new InputError("The guest is suspended already.");
      await app.admin("suspendGuest", { params: { sub }, body });
      console.log("Suspended: sessions and tokens stop working at their next use.");
    },
    { reason: "reason" },
  );
}

async function resume(who: string): Promise<void> {
  await withApp(async (app) => {
    const { sub } = await findGuest(app, who);
    if (!(await app.guests.resume(sub, operator))) throw new InputError("There is no such guest, or the guest is not suspended.");
    console.log("Resumed.");
  });
}

async function erase(who: string, options: { yes: boolean }): Promise<void> {
  await withApp(async (app) => {
    const guest = await findGuest(app, who);
    await confirm(`The guest ${guest.email} (sub ${guest.sub}) will be erased. It cannot be undone.`, options);
    if (!(await app.lifeCycle.erase(guest, operator))) throw new InputError(`There is no guest ${who}.`);
    console.log(`Erased. sub: ${guest.sub}`);
  });
}

async function merge(lostWho: string, survivorWho: string, options: { yes: boolean }): Promise<void> {
  await withApp(async (app) => {
    const lost = await findGuest(app, lostWho);
    const survivor = await findGuest(app, survivorWho);
    if (lost.sub === survivor.sub) throw new InputError("Both are the same guest.");
    await confirm(
      `${lost.email} (sub ${lost.sub}) will become one with ${survivor.email} (sub ${survivor.sub}). It cannot be undone.`,
      options,
    );
    const outcome = await app.lifeCycle.merge(lost, survivor, operator);
    if (outcome === "gone") throw new InputError("One of the guests was changed at the same moment. Try again.");
    if (outcome === "lost-is-suspended")
      throw new InputError(
        `${lost.email} is suspended, and would be let in again as ${survivor.email}. Resume the one or suspend the other first.`,
      );
    console.log(`Merged. sub: ${survivor.sub}`);
  });
}
