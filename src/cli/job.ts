import { Command } from "commander";
import { confirm } from "./confirm.ts";
import { jsonOption, limitOption, yesOption } from "./options.ts";
import { type Format, printJson, printRecord, printRows } from "./output.ts";
import { everyItem, firstItems } from "./pages.ts";
import { withApp } from "./with-app.ts";

export function jobCommands(): Command {
  const job = new Command("job").description("acts on many guests at once");
  job
    .command("list")
    .description("list jobs, the newest first")
    .option("--state <state>", "looking, ready, running, done or cancelled")
    .addOption(limitOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass job list --state running")
    .action(list);
  job
    .command("show")
    .description("show how far a job has come, and the guests that it leaves out")
    .argument("<id>")
    .addOption(limitOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass job show 5c9a0d1e-2b7f-4a90-9a35-0d6d2f0f9a11")
    .action(show);
  job
    .command("cancel")
    .description("cancel a job; guests that are done stay done")
    .argument("<id>")
    .addOption(yesOption())
    .addHelpText("after", "\nExample:\n  guestpass job cancel 5c9a0d1e-2b7f-4a90-9a35-0d6d2f0f9a11")
    .action(cancel);
  return job;
}

async function list({ state, limit, ...format }: Format & { state?: string; limit: number }): Promise<void> {
  await withApp(async (app) => {
    const jobs = await firstItems(everyItem(app, "listJobs", state === undefined ? {} : { state }), limit);
    printRows(jobs, ["id", "act", "state", "total", "done", "left_out", "actor", "created_at"], format, "There is no job.");
  });
}

async function show(id: string, { limit, json }: Format & { limit: number }): Promise<void> {
  await withApp(async (app) => {
    const { body } = await app.admin("readJob", { params: { id } });
    const leftOut = await firstItems(everyItem(app, "listJobGuests", {}, { id }), limit);
    if (json) return printJson({ ...body, guests: leftOut });
    printRecord(body);
    if (leftOut.length > 0) printRows(leftOut, ["email", "sub", "reason"], {}, "");
  });
}

async function cancel(id: string, options: { yes: boolean }): Promise<void> {
  await withApp(async (app) => {
    const { act, done } = (await app.admin("readJob", { params: { id } })).body as { act: string; done: number };
    await confirm(`No further guest will be done. What was done stays done: ${act}, ${done} so far.`, options);
    await app.admin("cancelJob", { params: { id } });
    console.log("Cancelled.");
  });
}
