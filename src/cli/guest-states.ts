import { Command } from "commander";
import { operator } from "../audit/audit.ts";
import { InputError } from "../errors.ts";
import { confirm } from "./confirm.ts";
import { findGuest } from "./lookups.ts";
import { yesOption } from "./options.ts";
import { withApp } from "./with-app.ts";

/** Commands that suspend, resume, erase and merge guests. */
export function guestStateCommands(): Command[] {
  return [
    new Command("suspend")
      .description("suspend a guest at once")
      .argument("<address or sub>")
      .requiredOption("--reason <text>", "the reason, kept with the guest")
      .addHelpText("after", '\nExample:\n  guestpass guest suspend ada@example.com --reason "left the partner company"')
      .action(suspend),
    new Command("resume")
      .description("resume a suspended guest")
      .argument("<address or sub>")
      .addHelpText("after", "\nExample:\n  guestpass guest resume ada@example.com")
      .action(resume),
    new Command("erase")
      .description("remove a guest's personal data everywhere; the audit trail keeps only the fact")
      .argument("<address or sub>")
      .addOption(yesOption())
      .addHelpText("after", "\nExample:\n  guestpass guest erase ada@example.com --yes")
      .action(erase),
    new Command("decline-erasure")
      .description("decline a guest's request to be erased")
      .argument("<address or sub>")
      .requiredOption("--reason <text>", "the reason, shown on the guest's own page")
      .addHelpText("after", '\nExample:\n  guestpass guest decline-erasure ada@example.com --reason "Your contract runs until 31 March."')
      .action(declineErasure),
    new Command("merge")
      .description("merge two guests who are the same person")
      .argument("<lost>", "address or sub of the guest to remove, whose addresses, invitations and history move")
      .argument("<survivor>", "address or sub of the guest to keep")
      .addOption(yesOption())
      .addHelpText("after", "\nExample:\n  guestpass guest merge ada@home.example ada@work.example --yes")
      .action(merge),
  ];
}

async function suspend(who: string, body: { reason: string }): Promise<void> {
  await withApp(
    async (app) => {
      const { sub, state } = await findGuest(app, who);
      if (state === "suspended") throw new InputError("The guest is already suspended.");
      await app.admin("suspendGuest", { params: { sub }, body });
      console.log("Suspended: sessions and tokens stop working at their next use.");
    },
    { reason: "reason" },
  );
}

async function declineErasure(who: string, body: { reason: string }): Promise<void> {
  await withApp(
    async (app) => {
      const { sub } = await findGuest(app, who);
      await app.admin("declineErasure", { params: { sub }, body });
      console.log("Declined. The guest's own page shows the reason.");
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
    await confirm(`The guest ${guest.email} (sub ${guest.sub}) will be erased. This cannot be undone.`, options);
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
      `${lost.email} (sub ${lost.sub}) will be merged into ${survivor.email} (sub ${survivor.sub}). This cannot be undone.`,
      options,
    );
    const outcome = await app.lifeCycle.merge(lost, survivor, operator);
    if (outcome === "gone") throw new InputError("Someone else changed one of the guests at the same time. Try again.");
    if (outcome === "lost-is-suspended")
      throw new InputError(
        `${lost.email} is suspended and would get access again as ${survivor.email}. Resume the former or suspend the latter first.`,
      );
    console.log(`Merged. sub: ${survivor.sub}`);
  });
}
