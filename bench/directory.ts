// The directory with very many guests against one with few, in one run: what is asked of it takes turns between the two.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type App, createApp } from "../src/app.ts";
import { readConfig } from "../src/configuration/config.ts";
import { createLog } from "../src/log.ts";
import { createDatabase, type DatabaseKind, postgresServer, type ScratchDatabase } from "./databases.ts";
import { fill } from "./directory/fill.ts";
import { type Question, questionsOf } from "./directory/questions.ts";
import { type Answered, type Measured, printReport } from "./directory/report.ts";
import { cpuOf } from "./processes.ts";
import { median } from "./statistics.ts";

const help = `npm run bench -- directory [options]
  --guests N     how many guests the large directory has (1000000; with 1.3 times as many addresses)
  --against N    how many the small one has (1000)
  --rounds N     how often everything is asked of both (7)
  --only LIST    of sqlite and postgres (both)
PostgreSQL is measured where BENCH_DATABASE_URL or TEST_DATABASE_URL names a server, in schemas that are removed afterwards.
A million guests take 2.5 GB of disk for each database and some minutes to record.`;

interface Directory {
  app: App;
  questions: Question[];
  database: ScratchDatabase;
}

export async function directory(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      guests: { type: "string", default: "1000000" },
      against: { type: "string", default: "1000" },
      rounds: { type: "string", default: "7" },
      only: { type: "string", default: "sqlite,postgres" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(help);
  const [guests, against, rounds] = [values.guests, values.against, values.rounds].map(Number) as [number, number, number];
  if (![guests, against, rounds].every((each) => Number.isInteger(each) && each > 0)) throw new Error(help);
  const only = values.only.split(",");
  for (const kind of (["sqlite", "postgres"] as const).filter((each) => only.includes(each))) {
    if (kind === "postgres" && !postgresServer)
      console.log("PostgreSQL is not measured: neither BENCH_DATABASE_URL nor TEST_DATABASE_URL is set.");
    else printReport(kind, await measure(kind, { guests, against, rounds }), { guests, against });
  }
}

async function measure(
  kind: DatabaseKind,
  { guests, against, rounds }: Record<"guests" | "against" | "rounds", number>,
): Promise<Answered[]> {
  const files = await mkdtemp(join(tmpdir(), "guestpass-bench-"));
  const opened: Directory[] = [];
  try {
    for (const count of [against, guests]) opened.push(await openDirectory(kind, files, count));
    const [small, large] = opened as [Directory, Directory];
    const answered: Answered[] = large.questions.map((question) => ({ question, small: [], large: [] }));
    // The first round warms up and is not counted.
    for (let round = 0; round <= rounds; round++) {
      for (const [at, { small: ofSmall, large: ofLarge }] of answered.entries()) {
        const ask = async (whom: Directory, results: Measured[]) => {
          const measured = await askRepeatedly(whom.questions[at] as Question, whom.database);
          if (round > 0) results.push(measured);
        };
        const turns = [() => ask(small, ofSmall), () => ask(large, ofLarge)];
        for (const turn of round % 2 === 0 ? turns : turns.toReversed()) await turn();
      }
    }
    return answered;
  } finally {
    for (const { app, database } of opened) {
      await app.close();
      await database.remove();
    }
    await rm(files, { recursive: true, force: true });
  }
}

async function openDirectory(kind: DatabaseKind, files: string, guests: number): Promise<Directory> {
  const database = await createDatabase(kind, files);
  const now = Date.now();
  const filling = await open(database);
  await fill(filling.db, guests, now);
  await filling.close();
  console.log(`${kind}: ${guests.toLocaleString("en")} guests recorded in ${((Date.now() - now) / 1000).toFixed(0)} s`);
  const app = await open(database);
  return { app, database, questions: questionsOf(app, guests, now) };
}

function open({ url }: ScratchDatabase): Promise<App> {
  const settings = {
    GUESTPASS_MODE: "production",
    GUESTPASS_ISSUER: "http://localhost:3000",
    GUESTPASS_SECRET: "a secret of the benchmark that is long enough",
    GUESTPASS_SMTP_URL: "smtp://127.0.0.1:1",
    GUESTPASS_MAIL_FROM: "guests@idp.example",
    GUESTPASS_DATABASE_URL: url,
  };
  return createApp(readConfig(settings), { log: createLog("silent") }, { migrates: true });
}

async function askRepeatedly({ times, prepare, again }: Question, database: ScratchDatabase): Promise<Measured> {
  const prepared = Array.from({ length: times }, prepare);
  if (again) for (const ask of prepared) await ask();
  const backends = await database.backends();
  const [own, theirs] = [process.cpuUsage(), cpuOf(backends)];
  const elapsed: number[] = [];
  for (const ask of prepared) {
    const since = performance.now();
    await ask();
    elapsed.push(performance.now() - since);
  }
  const { user, system } = process.cpuUsage(own);
  return { cpu: ((user + system) / 1000 + cpuOf(backends) - theirs) / times, elapsed: median(elapsed) };
}
