// What a change costs with very many live sessions: renaming an application, tightening its rule, removing it; and how guests who sign in
// meanwhile fare. The server is a process of its own; the change is made as the command line makes it, from here.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { parseArgs } from "node:util";
import { type App, createApp } from "../src/app.ts";
import type { Application } from "../src/applications/application.ts";
import { operator } from "../src/audit/audit.ts";
import { readConfig } from "../src/configuration/config.ts";
import { createLog } from "../src/log.ts";
import { build } from "./build.ts";
import { fillSessions, oldestProof } from "./changes/fill.ts";
import { type DatabaseKind, postgresServer } from "./databases.ts";
import { machine } from "./machine.ts";
import { ask, cpuOf, startScript, stop } from "./processes.ts";
import type { Round, RoundResult } from "./sign-in/load.ts";
import { type RunningSystem, type Setting, startLoad, startSystem } from "./sign-in/servers.ts";
import { percentile } from "./statistics.ts";
import { table } from "./table.ts";
import { amount } from "./turns.ts";

const help = `npm run bench -- changes [options]
  --sessions N   live sessions at one application (100000)
  --over N       so many in a hundred end when its rule is tightened (10)
  --at-once N    guests who sign in at the same time, all along (4)
  --only LIST    of sqlite and postgres (both)
PostgreSQL is measured where BENCH_DATABASE_URL or TEST_DATABASE_URL names a server, in a schema that is removed afterwards.`;

interface Options {
  sessions: number;
  over: number;
  atOnce: number;
}

interface Measured {
  what: string;
  /** Milliseconds that the change itself takes. */
  change: number;
  /** Sessions whose next look is at another time than before. */
  checked: number;
  /** Seconds until all that it sets off is done. */
  through: number;
  /** CPU of the server and its database meanwhile, in seconds. */
  cpu: number;
  /** Milliseconds of the sign-ins meanwhile. */
  signIns: number[];
}

const clientId = "files";

export async function changes(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sessions: { type: "string", default: "100000" },
      over: { type: "string", default: "10" },
      "at-once": { type: "string", default: "4" },
      only: { type: "string", default: "sqlite,postgres" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(help);
  const options = {
    sessions: amount("sessions", values.sessions, 1_000_000),
    over: amount("over", values.over, 100),
    atOnce: amount("at-once", values["at-once"], 32),
  };
  const only = values.only.split(",");
  const directory = await mkdtemp(join(tmpdir(), "guestpass-bench-"));
  const sink = startScript(new URL("./smtp-sink.ts", import.meta.url));
  try {
    const ports = await ask<{ smtp: number; codes: number }>(sink, "ports");
    const setting = { directory, programs: build(directory), smtpPort: ports.smtp, codesPort: ports.codes };
    for (const kind of (["sqlite", "postgres"] as const).filter((each) => only.includes(each))) {
      if (kind === "postgres" && !postgresServer)
        console.log("PostgreSQL is not measured: neither BENCH_DATABASE_URL nor TEST_DATABASE_URL is set.");
      else print(kind, await measure(kind, setting, options), options);
    }
  } finally {
    await stop(sink);
    await rm(directory, { recursive: true, force: true });
  }
}

async function measure(kind: DatabaseKind, setting: Setting & { codesPort: number }, options: Options): Promise<Measured[]> {
  const running = await startSystem(kind, setting);
  const load = startLoad(setting, running);
  const app = await createApp(readConfig(running.settings), { log: createLog("silent") });
  try {
    await app.admin("createApplication", { body: { client_id: clientId, name: "Files", redirect_uris: ["http://127.0.0.1:9/callback"] } });
    const began = performance.now();
    await fillSessions(app.db, clientId, options.sessions, Date.now());
    await running.database.analyze();
    console.log(`${kind}: ${options.sessions} sessions recorded in ${((performance.now() - began) / 1000).toFixed(0)} s`);
    await signInFor(load, options, 400);
    const meanwhile = (what: string, change: () => Promise<unknown>) => measureChange({ what, change, app, running, load, options });
    const policy = { reverificationDays: oldestProof * (1 - options.over / 100) };
    const update = async (changed: Partial<Application>) => {
      const application = (await app.applications.read(clientId)) as Application;
      await app.applications.update(application, { ...changed, policy: { ...application.policy, ...changed.policy } }, operator);
    };
    return [
      await meanwhile("nothing", async () => undefined),
      await meanwhile("renamed", () => update({ name: "Other files" })),
      await meanwhile("rule tightened", () => update({ policy } as Partial<Application>)),
      await meanwhile("nothing", async () => undefined),
      await meanwhile("removed", () => app.applications.remove(clientId, operator)),
    ];
  } finally {
    await stop(load);
    await app.close();
    await running.stop();
  }
}

async function measureChange({
  what,
  change,
  app,
  running,
  load,
  options,
}: {
  what: string;
  change: () => Promise<unknown>;
  app: App;
  running: RunningSystem;
  load: ReturnType<typeof startLoad>;
  options: Options;
}): Promise<Measured> {
  const { db } = app;
  const others = db("oidc_artifacts").where({ model: "Session" }).whereLike("account_id", "sub%");
  const places = async () => new Map((await others.clone().select("id_hash", "check_at")).map((row) => [row.id_hash, row.check_at]));
  const before = await places();
  const backends = [running.process.pid as number, ...(await running.database.backends())];
  const [since, cpu] = [performance.now(), cpuOf(backends)];
  await change();
  const took = performance.now() - since;
  const signIns: number[] = [];
  let through: number | undefined;
  const watching = (async () => {
    while ((await db("session_checks")).length > 0) await wait(200);
    through = (performance.now() - since) / 1000;
  })();
  do signIns.push(...(await signInFor(load, options, 40)));
  while (through === undefined);
  await watching;
  const used = (cpuOf(backends) - cpu) / 1000;
  const after = await places();
  const checked = [...before].filter(([idHash, at]) => after.get(idHash) !== at).length;
  return { what, change: took, checked, through: through as number, cpu: used, signIns };
}

async function signInFor(load: ReturnType<typeof startLoad>, { atOnce }: Options, signIns: number): Promise<number[]> {
  const { milliseconds } = await ask<RoundResult>(load, { guests: "new", signIns, atOnce } satisfies Round);
  return milliseconds;
}

function print(kind: DatabaseKind, measured: Measured[], { sessions, over, atOnce }: Options): void {
  console.log(
    `\n${kind}: ${sessions} live sessions at one application, ${over} % of them over by the tighter rule; ${atOnce} guests signing in at once.`,
  );
  console.log(`Node.js ${process.version} ${machine()}.\n`);
  const ms = (value: number) => value.toFixed(0);
  table(
    ["change", "its request, ms", "sessions checked", "through after, s", "a second", "CPU meanwhile, s", "sign-ins", "p50, ms", "p99, ms"],
    measured.map(({ what, change, checked, through, cpu, signIns }) => [
      what,
      ms(change),
      String(checked),
      through.toFixed(1),
      checked > 0 ? ms(checked / through) : "-",
      cpu.toFixed(1),
      String(signIns.length),
      ms(percentile(signIns, 0.5)),
      ms(percentile(signIns, 0.99)),
    ]),
  );
}
