// The outbox against raw nodemailer, in one run: how many mails with a code go out in a second, and how long one takes from the guest's
// click to the mail server. Sender, sink and database are processes of their own; the systems take turns in fresh processes.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "./build.ts";
import { postgresServer } from "./databases.ts";
import { measureLatency } from "./mail/latency.ts";
import { printMailReport } from "./mail/report.ts";
import { type MailSystem, measureThroughput } from "./mail/throughput.ts";
import { ask, startScript, stop } from "./processes.ts";
import { amount, takeTurns } from "./turns.ts";

const help = `npm run bench -- mail [options]
  --slices N     how often each system is started and measured (6)
  --mails N      mails of each slice, for mails a second (1000)
  --clicks N     guests of each slice who ask for a code one after another, for the time that it takes (100)
PostgreSQL is measured where BENCH_DATABASE_URL or TEST_DATABASE_URL names a server, in a schema that is removed afterwards.`;

export async function mail(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      slices: { type: "string", default: "6" },
      mails: { type: "string", default: "1000" },
      clicks: { type: "string", default: "100" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(help);
  const slices = amount("slices", values.slices, 50);
  const mails = amount("mails", values.mails, 10_000);
  const clicks = amount("clicks", values.clicks, 1000);
  const systems: MailSystem[] = ["raw", "sqlite", ...(postgresServer ? (["postgres"] as const) : [])];

  const directory = await mkdtemp(join(tmpdir(), "guestpass-bench-"));
  const sink = startScript(new URL("./smtp-sink.ts", import.meta.url));
  try {
    const ports = await ask<{ smtp: number; codes: number }>(sink, "ports");
    const setting = { directory, programs: build(directory), smtpPort: ports.smtp, codesPort: ports.codes };
    const measured = await takeTurns(systems, slices, async (system, turn) => {
      const slice = { rate: await measureThroughput(system, setting, mails), latency: await measureLatency(system, setting, clicks) };
      console.log(
        `slice ${turn} of ${slices}, ${system}: ${slice.rate.toFixed(0)} mails a second, ${slice.latency.toFixed(1)} ms from the click to the mail server`,
      );
      return slice;
    });
    printMailReport(measured, { mails, clicks });
  } finally {
    await stop(sink);
    await rm(directory, { recursive: true, force: true });
  }
}
