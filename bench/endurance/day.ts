import { Agent } from "node:http";
import type { Knex } from "knex";
import { hour as hourMs, minute } from "../../src/clock.ts";
import { readConfig } from "../../src/configuration/config.ts";
import { createLog } from "../../src/log.ts";
import { startServer } from "../../src/main.ts";
import { randomToken } from "../../src/secrets.ts";
import { testClock } from "../../src/testing/clock.ts";
import { freePort } from "../processes.ts";
import { Codes } from "../sign-in/codes.ts";
import type { Setting } from "../sign-in/servers.ts";
import { type Target, Visitor } from "../sign-in/visitor.ts";

/** By table. */
export type Stored = Record<string, { rows: number; bytes: number }>;

const redirectUri = "http://127.0.0.1:9/callback";
/** How often the server tidies up, too. */
const step = 10 * minute;

/**
 * Constant traffic by a clock that is moved: so many of twice as many guests sign in every hour, each time in a browser that knows nothing.
 * @returns what the database holds after the first hour and after 24
 */
export async function storedOverADay(
  { directory, smtpPort, codesPort }: Setting & { codesPort: number },
  guests: number,
): Promise<{ hour: Stored; day: Stored }> {
  const port = String(await freePort());
  const issuer = `http://127.0.0.1:${port}`;
  const config = readConfig({
    GUESTPASS_MODE: "production",
    GUESTPASS_ISSUER: issuer,
    GUESTPASS_HOST: "127.0.0.1",
    GUESTPASS_PORT: port,
    GUESTPASS_DATA_DIR: directory,
    GUESTPASS_SECRET: randomToken(),
    GUESTPASS_SMTP_URL: `smtp://127.0.0.1:${smtpPort}`,
    GUESTPASS_MAIL_FROM: "Bench <bench@localhost>",
    GUESTPASS_TRUSTED_PROXIES: "127.0.0.1",
  });
  const { app, close } = await startServer(config, { clock: testClock, log: createLog("silent") });
  const codes = await Codes.connect(codesPort);
  const agent = new Agent({ keepAlive: true });
  try {
    const application = { name: "Bench", admission: "anyone", first_party: true, redirect_uris: [redirectUri] };
    const { body } = await app.admin("createApplication", { body: application });
    const target: Target = { issuer, clientId: String(body["client_id"]), clientSecret: String(body["client_secret"]), redirectUri };
    const pass = async (hours: number) => {
      for (let hour = 0; hour < hours; hour++) {
        // Nobody asks for more codes than the limits of a day allow.
        for (let guest = hour % 2; guest < 2 * guests; guest += 2)
          await new Visitor(target, agent).signIn(`guest-${guest}@example.com`, codes, 0);
        for (let passed = 0; passed < hourMs; passed += step) {
          testClock.advance({ seconds: step / 1000 });
          await app.sweep();
        }
      }
      return measure(app.db);
    };
    return { hour: await pass(1), day: await pass(23) };
  } finally {
    agent.destroy();
    codes.close();
    await close();
    testClock.reset();
  }
}

async function measure(db: Knex): Promise<Stored> {
  const stored: Stored = {};
  const tables = await db("sqlite_master").where("type", "table").whereNot("name", "like", "sqlite%").select("name");
  for (const { name } of tables as { name: string }[]) {
    const columns = Object.keys(await db(name).columnInfo());
    const length = columns.map((column) => `coalesce(length(CAST("${column}" AS blob)), 0)`).join(" + ");
    const [row] = await db(name).select(db.raw(`count(*) AS "rows", coalesce(sum(${length}), 0) AS bytes`));
    stored[name] = row as { rows: number; bytes: number };
  }
  return stored;
}
