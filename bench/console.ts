// Every page of the console over a directory with very many guests and a long audit trail: how long the server takes, and what it sends.
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Knex } from "knex";
import { readConfig } from "../src/configuration/config.ts";
import { consolePages } from "../src/console/pages/index.ts";
import { createLog } from "../src/log.ts";
import { type RunningServer, startServer } from "../src/main.ts";
import { freePort } from "../src/testing/index.ts";
import { Administrator } from "../test/support/console.ts";
import type { Guestpass } from "../test/support/guestpass.ts";
import { createDatabase, type DatabaseKind, postgresServer, type ScratchDatabase } from "./databases.ts";
import { fill, insert } from "./directory/fill.ts";
import { clientIds, person } from "./directory/people.ts";
import { median } from "./statistics.ts";
import { table } from "./table.ts";

const help = `npm run bench -- console [options]
  --guests N     guests in the directory (1000000)
  --audit N      rows of the audit trail (300000)
  --rounds N     how often each page is asked for (15)
  --only LIST    of sqlite and postgres (both)
PostgreSQL is measured where BENCH_DATABASE_URL or TEST_DATABASE_URL names a server, in a schema that is removed afterwards.`;

/** What a page may take (milliseconds), and send (bytes). */
const most = { time: 50, bytes: 60_000 };

export async function consolePagesTimed(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      guests: { type: "string", default: "1000000" },
      audit: { type: "string", default: "300000" },
      rounds: { type: "string", default: "15" },
      only: { type: "string", default: "sqlite,postgres" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return console.log(help);
  const [guests, audit, rounds] = [values.guests, values.audit, values.rounds].map(Number) as [number, number, number];
  const only = values.only.split(",");
  for (const kind of (["sqlite", "postgres"] as const).filter((each) => only.includes(each))) {
    if (kind === "postgres" && !postgresServer)
      console.log("PostgreSQL is not measured: neither BENCH_DATABASE_URL nor TEST_DATABASE_URL is set.");
    else await measure(kind, { guests, audit, rounds });
  }
}

async function measure(kind: DatabaseKind, { guests, audit, rounds }: Record<"guests" | "audit" | "rounds", number>): Promise<void> {
  const files = await mkdtemp(join(tmpdir(), "guestpass-bench-"));
  const database = await createDatabase(kind, files);
  let server: RunningServer | undefined;
  try {
    const now = Date.now();
    server = await open(database);
    await fill(server.app.db, guests, now);
    await fillAudit(server.app.db, audit, guests, now);
    await server.close();
    await database.analyze();
    console.log(
      `${kind}: ${guests.toLocaleString("en")} guests and ${audit.toLocaleString("en")} rows of the trail recorded in ${((Date.now() - now) / 1000).toFixed(0)} s`,
    );
    server = await open(database);
    await visit(server, rounds, guests, now);
  } finally {
    await server?.close();
    await database.remove();
    await rm(files, { recursive: true, force: true });
  }
}

async function open({ url }: ScratchDatabase): Promise<RunningServer> {
  const port = await freePort();
  const settings = {
    GUESTPASS_MODE: "production",
    GUESTPASS_ISSUER: `http://localhost:${port}`,
    GUESTPASS_HOST: "127.0.0.1",
    GUESTPASS_PORT: String(port),
    GUESTPASS_SECRET: "a secret of the benchmark that is long enough",
    GUESTPASS_SMTP_URL: "smtp://127.0.0.1:1",
    GUESTPASS_MAIL_FROM: "guests@idp.example",
    GUESTPASS_DATABASE_URL: url,
    GUESTPASS_LIMIT_CONSOLE_REQUESTS_PER_ADMINISTRATOR: "1000000/1m",
  };
  return startServer(readConfig(settings), { log: createLog("silent") });
}

const actions = ["guest.recorded", "sign-in.code-asked", "sign-in.proven", "invitation.created", "session.over", "guest.updated"];

/** Rows as they are once they are sealed; nobody verifies them here. */
async function fillAudit(db: Knex, rows: number, guests: number, now: number): Promise<void> {
  const batch = 10_000;
  for (let from = 0; from < rows; from += batch) {
    await insert(
      db,
      "audit",
      Array.from({ length: Math.min(batch, rows - from) }, (_, index) => ({
        id: randomUUID(),
        at: now - (rows - from - index) * 20_000,
        action: actions[(from + index) % actions.length] as string,
        actor: "system",
        channel: "system",
        network: null,
        client_id: clientIds[(from + index) % clientIds.length] as string,
        guest_sub: person((from + index) % guests, now).sub,
        details: "{}",
        personal_digest: null,
        position: from + index + 1,
        chain_hash: "",
      })),
    );
  }
}

async function visit(server: RunningServer, rounds: number, guests: number, now: number): Promise<void> {
  const { app } = server;
  const someone = person(Math.floor(guests / 2), now);
  const { items: invitations } = (await app.admin("listInvitations", { query: { limit: "1" } })).body as { items: { id: string }[] };
  const job = await app.admin("suspendGuests", { body: { subs: [someone.sub], reason: "over", preview: true } });
  const owner = await Administrator.enrolled({ issuer: app.config.issuer, server } as Guestpass, "grace@acme.example");
  const me = (await app.admin("listAdministrators")).body["items"] as { id: string }[];
  const mails = (await app.admin("listMail")).body["items"] as { id: string }[];
  const named: Record<string, string> = {
    "/guests/:sub": someone.sub,
    "/invitations/:id": invitations[0]?.id ?? "",
    "/jobs/:id": String(job.body["id"]),
    "/mail/:id": mails[0]?.id ?? "",
    "/administrators/:id": me[0]?.id ?? "",
    "/applications/:client_id": clientIds[0] as string,
  };
  const { routes } = consolePages({ issuer: app.config.issuer });
  const gets = routes
    .filter(({ method }) => method === "get")
    .map(({ path }) => path.replace(/^(\/\w+\/):\w+/, (whole, before) => `${before}${named[whole]}`))
    // What only a sign-in or a preview leads to, and what there is none of here.
    .filter((path) => !/undefined|:|\/answer$/.test(path));
  const lists = [
    "/guests?state=suspended",
    "/guests?due=7",
    "/guests?undeliverable=true",
    "/guests?erasure=true",
    "/guests?client_id=files",
    "/invitations?state=expired",
    "/invitations?mail=bounced",
    "/audit?action=guest.suspended",
    `/audit?sub=${someone.sub}`,
  ];
  const token = (await owner.open("/guests")).document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
  const posts: [path: string, fields: Record<string, string>][] = [
    ["/guests", { search: someone.name.slice(0, 6) }],
    ["/guests", { search: someone.addresses[0] as string }],
    ["/guests", { search: "ab" }],
    ["/find", { find: someone.name.slice(0, 6) }],
    ["/find", { find: "" }],
  ];
  const asked = [
    ...[...gets, ...lists].map((path) => ({
      path,
      ask: () => owner.browser.request(`${app.config.issuer}/console${path.replace(/\/$/, "")}`),
    })),
    ...posts.map(([path, fields]) => ({
      path: `POST ${path} ${Object.values(fields)[0]}`,
      ask: () =>
        owner.browser.request(`${app.config.issuer}/console${path}`, { method: "POST", body: new URLSearchParams({ token, ...fields }) }),
    })),
  ];
  const rows: string[][] = [];
  for (const { path, ask } of asked) {
    const times: number[] = [];
    let answer = await ask();
    for (let round = 0; round < rounds; round++) {
      const since = performance.now();
      answer = await ask();
      times.push(performance.now() - since);
    }
    const bytes = Buffer.byteLength(answer.body);
    const over = [median(times) > most.time && "slow", bytes > most.bytes && "large", answer.status !== 200 && String(answer.status)];
    rows.push([
      path,
      Math.min(...times).toFixed(1),
      median(times).toFixed(1),
      Math.max(...times).toFixed(1),
      String(bytes),
      over.filter(Boolean).join(" "),
    ]);
  }
  table(["page", "least ms", "median ms", "most ms", "bytes", ""], rows);
}
