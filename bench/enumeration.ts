// Whether the time that a request for a code takes reveals who is invited: known and unknown addresses take turns, on a directory of many
// invitations to one application, of which nobody has gathered statistics. The request writes the mail as well.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Knex } from "knex";
import { type ApplicationPolicy, defaultPolicy } from "../src/applications/application.ts";
import { newClientSecret } from "../src/applications/applications.ts";
import { operator } from "../src/audit/audit.ts";
import { readConfig } from "../src/configuration/config.ts";
import { createLog } from "../src/log.ts";
import { startServer } from "../src/main.ts";
import { createDatabase, type DatabaseKind, postgresServer } from "./databases.ts";
import { ask, freePort, startScript, stop } from "./processes.ts";
import { median } from "./statistics.ts";
import { table } from "./table.ts";
import { amount } from "./turns.ts";

const help = `npm run bench -- enumeration [options]
  --invitations N  how many the application has (100000)
  --each N         known addresses, and as many unknown ones, in a run (1000)
  --runs N         how often (5)
  --only LIST      of sqlite and postgres (both)
It prints how well the times tell the two apart: 0.5 is not at all, 1 is every time (the area under the ROC curve).
PostgreSQL is measured where BENCH_DATABASE_URL or TEST_DATABASE_URL names a server, in a schema that is removed afterwards.`;

const redirectUri = "http://127.0.0.1:9/callback";

export async function enumeration(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      invitations: { type: "string", default: "100000" },
      each: { type: "string", default: "1000" },
      runs: { type: "string", default: "5" },
      only: { type: "string", default: "sqlite,postgres" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(help);
  const size = {
    invitations: amount("invitations", values.invitations, 10_000_000),
    each: amount("each", values.each, 100_000),
    runs: amount("runs", values.runs, 100),
  };
  for (const kind of (["sqlite", "postgres"] as const).filter((each) => values.only.split(",").includes(each))) {
    if (kind === "postgres" && !postgresServer)
      console.log("PostgreSQL is not measured: neither BENCH_DATABASE_URL nor TEST_DATABASE_URL is set.");
    else await measure(kind, size);
  }
}

type Size = Record<"invitations" | "each" | "runs", number>;

async function measure(kind: DatabaseKind, { invitations, each, runs }: Size): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "guestpass-bench-"));
  const database = await createDatabase(kind, directory);
  const sink = startScript(new URL("./smtp-sink.ts", import.meta.url));
  try {
    const { smtp } = await ask<{ smtp: number }>(sink, "ports");
    const port = await freePort();
    const issuer = `http://127.0.0.1:${port}`;
    const limits = ["ADDRESS", "NETWORK", "APPLICATION"].map((of) => [`GUESTPASS_LIMIT_CODES_PER_${of}`, "1000000/1m"]);
    const config = readConfig({
      GUESTPASS_MODE: "production",
      GUESTPASS_ISSUER: issuer,
      GUESTPASS_HOST: "127.0.0.1",
      GUESTPASS_PORT: String(port),
      GUESTPASS_SECRET: "a secret of the benchmark that is long enough",
      GUESTPASS_DATABASE_URL: database.url,
      GUESTPASS_SMTP_URL: `smtp://127.0.0.1:${smtp}`,
      GUESTPASS_MAIL_FROM: "guests@idp.example",
      GUESTPASS_LIMIT_CODES_TOTAL: "1000000/1m",
      ...Object.fromEntries(limits),
    });
    const server = await startServer(config, { log: createLog("silent") });
    try {
      await server.app.applications.add(application(), operator);
      await fill(server.app.db, invitations);
      await run(issuer, 20, invitations, "warm");
      const results: string[][] = [];
      const curves: number[] = [];
      for (let index = 0; index < runs; index++) {
        const { known, unknown } = await run(issuer, each, invitations, `run${index}`);
        const area = areaUnderCurve(known, unknown);
        curves.push(area);
        results.push([String(index + 1), median(known).toFixed(2), median(unknown).toFixed(2), area.toFixed(3)]);
      }
      console.log(`${kind}: ${each} known against ${each} unknown addresses, ${invitations} invitations, no statistics gathered before`);
      table(["run", "known, ms (median)", "unknown", "AUC"], results);
      console.log(`AUC in the median of ${runs} runs: ${median(curves).toFixed(3)}\n`);
    } finally {
      await server.close();
    }
  } finally {
    await stop(sink);
    await database.remove();
    await rm(directory, { recursive: true, force: true });
  }
}

/** In turns, the first of each pair now this one and now that one. @returns milliseconds of each request for a code */
async function run(issuer: string, each: number, invitations: number, label: string): Promise<Record<"known" | "unknown", number[]>> {
  const times: Record<"known" | "unknown", number[]> = { known: [], unknown: [] };
  for (let index = 0; index < each; index++) {
    const number = Math.floor((index * invitations) / each);
    const pair = [
      ["known", knownAddress(number)],
      ["unknown", unknownAddress(number)],
    ] as const;
    for (const [kind, address] of index % 2 === 0 ? pair : pair.toReversed()) times[kind].push(await timed(issuer, address, label));
  }
  return times;
}

async function timed(issuer: string, address: string, state: string): Promise<number> {
  const pkce = { code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" };
  const query = new URLSearchParams({
    client_id: "bench",
    response_type: "code",
    redirect_uri: redirectUri,
    scope: "openid",
    state,
    ...pkce,
  });
  const begun = await fetch(`${issuer}/auth?${query}`, { redirect: "manual" });
  await begun.text();
  const cookie = begun.headers
    .getSetCookie()
    .map((each) => each.split(";")[0])
    .join("; ");
  const page = new URL(begun.headers.get("location") ?? "", issuer).href;
  const token = /name="token" value="([^"]+)"/.exec(await (await fetch(page, { headers: { cookie } })).text())?.[1] ?? "";
  const body = new URLSearchParams({ token, email: address });
  const started = performance.now();
  const answer = await fetch(`${page}/email`, { method: "POST", body, headers: { cookie }, redirect: "manual" });
  const took = performance.now() - started;
  await answer.text();
  if (answer.status !== 303) throw new Error(`asking for a code was answered with ${answer.status}`);
  return took;
}

/** How often a known address took longer than an unknown one, of all pairs; a tie counts half. */
function areaUnderCurve(known: number[], unknown: number[]): number {
  const all = [...known.map((time) => ({ time, known: true })), ...unknown.map((time) => ({ time, known: false }))];
  all.sort((a, b) => a.time - b.time);
  let ranks = 0;
  for (const [index, each] of all.entries()) if (each.known) ranks += index + 1;
  return (ranks - (known.length * (known.length + 1)) / 2) / (known.length * unknown.length);
}

function application() {
  const policy: ApplicationPolicy = defaultPolicy;
  const metadata = {
    redirect_uris: [redirectUri],
    grant_types: ["authorization_code"],
    response_types: ["code"],
    token_endpoint_auth_method: "client_secret_basic",
    client_secret: newClientSecret().stored,
  };
  return { clientId: "bench", name: "Benchmark", admission: "invited" as const, firstParty: true, pkceOptional: false, policy, metadata };
}

// Of one length, and neighbours in the index: neither kind is read from pages that the other has not warmed as well.
const knownAddress = (number: number) => `guest${String(2 * number).padStart(9, "0")}@example.com`;
const unknownAddress = (number: number) => `guest${String(2 * number + 1).padStart(9, "0")}@example.com`;

/** One guest, one address and one live invitation for each number. */
async function fill(db: Knex, count: number): Promise<void> {
  const at = Date.now();
  const times = { created_at: at, updated_at: at };
  const batch = 50;
  for (let from = 0; from < count; from += 1000) {
    const numbers = Array.from({ length: Math.min(1000, count - from) }, (_, index) => String(from + index).padStart(9, "0"));
    await db.batchInsert(
      "guests",
      numbers.map((n) => ({ sub: n, state: "invited", ...times })),
      batch,
    );
    await db.batchInsert(
      "mailboxes",
      numbers.map((n) => ({ id: n, guest_sub: n })),
      batch,
    );
    const aliases = numbers.map((n) => {
      const address = knownAddress(Number(n));
      const same = { address, address_key: address, search_text: address, domain: "example.com" };
      return { ...same, id: Number(n) + 1, guest_sub: n, mailbox_id: n, is_primary: 1, created_at: at, guest_created_at: at };
    });
    await db.batchInsert("aliases", aliases, batch);
    const invited = numbers.map((n) => ({
      id: n,
      client_id: "bench",
      guest_sub: n,
      alias_id: Number(n) + 1,
      target_url: "",
      ...times,
      redeem_by: at + 30 * 86_400_000,
      guest_created_at: at,
    }));
    await db.batchInsert("invitations", invited, batch);
  }
}
