// What a version does with a database that a newer or older one made.
import { existsSync } from "node:fs";
import { expect } from "chai";
import { migrationNames, migrations } from "../../../migrations/index.ts";
import { openDatabase } from "../../../src/database/database.ts";
import { migrate } from "../../../src/database/migrate.ts";
import { isOlder } from "../../../src/database/schema.ts";
import { runCommand, ServerProcess } from "../../support/command.ts";
import { createDatabase, databaseKind } from "../../support/databases.ts";
import { freePort, Guestpass } from "../../support/guestpass.ts";
import { memoryLog } from "../../support/memory-log.ts";

describe("a database of another version", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let settings: Record<string, string>;
  const { log, lines } = memoryLog();

  beforeEach(async () => {
    guestpass = await Guestpass.start({}, { log });
    settings = { ...guestpass.settings, GUESTPASS_PORT: String(await freePort()) };
  });
  afterEach(() => guestpass.stop());

  const db = () => guestpass.server.app.db;

  /** A newer version has added to the schema. @param oldest the oldest version that can work with it */
  async function upgrade(oldest: string): Promise<void> {
    await db()("knex_migrations").insert({ name: "0099-later", batch: 2, migration_time: new Date(0) });
    await db()("schema_contract").update({ oldest_version: oldest });
  }

  async function readiness(): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${guestpass.issuer}/readyz`);
    return { status: response.status, body: await response.json() };
  }

  /** @returns the one line that it ended with */
  async function refusal(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await runCommand(args, settings);
    expect({ code, stdout }, stderr).to.deep.equal({ code: 1, stdout: "" });
    expect(stderr.trimEnd().split("\n")).to.have.length(1);
    return stderr.trimEnd();
  }

  it("is noticed by a server that runs, once it cannot work with it any more", async () => {
    await upgrade("99.0.0");
    const past = { status: 503, body: { status: "not ready", reason: "the database needs a newer version of Guestpass" } };
    expect(await readiness()).to.deep.equal(past);
    expect(await readiness()).to.deep.equal(past);
    await guestpass.server.app.sweep();
    const said = lines.filter((line) => /"level":50.*The database belongs to a newer version of Guestpass: it needs 99\.0\.0/.test(line));
    expect(said, "once").to.have.length(1);
    await db()("schema_contract").update({ oldest_version: "0.1.0" });
    expect((await readiness()).status, "the backup was restored").to.equal(200);
  });

  it("is refused at the start and by commands in one sentence, where it needs a newer version", async () => {
    await upgrade("99.0.0");
    const sentence =
      /^The database belongs to a newer version of Guestpass: it needs 99\.0\.0 or later, and this is [\d.]+(-dev)?\. Upgrade this installation, or restore the backup /;
    for (const args of [["serve"], ["migrate"], ["guest", "list"], ["export", "guests"]]) expect(await refusal(...args)).to.match(sentence);
    expect((await runCommand(["doctor"], settings)).stderr).to.match(/^FAIL {2}start +The database belongs to a newer version/);
  });

  it("is used as before, where a newer version has only added to it", async () => {
    await upgrade("0.1.0");
    const issuer = `http://localhost:${settings["GUESTPASS_PORT"]}`;
    const server = await ServerProcess.start({ ...settings, GUESTPASS_ISSUER: issuer });
    try {
      const older = guestpass.at(issuer);
      const request = await older.authorizationRequest(await guestpass.register("files"));
      const tokens = await older.redeem(request, await older.signIn(older.browser(), request, "ada@example.com"));
      expect(tokens.id_token).to.be.a("string");
      expect((await fetch(`${issuer}/readyz`)).status).to.equal(200);
    } finally {
      await server.kill("SIGTERM");
    }
    for (const args of [["migrate"], ["guest", "list"]]) expect((await runCommand(args, settings)).code, args.join(" ")).to.equal(0);
    expect(await db()("knex_migrations").where({ name: "0099-later" })).to.have.length(1);
  });

  it("that is older is brought up to date by guestpass migrate or serve, and by nothing else", async () => {
    const database = await createDatabase();
    const older = openDatabase({ url: database.url, poolSize: 1 });
    try {
      settings["GUESTPASS_DATABASE_URL"] = database.url;
      const first = { ...migrations, getMigrations: async (from: string[]) => (await migrations.getMigrations(from)).slice(0, -1) };
      await older.migrate.latest({ migrationSource: first });
      const last = migrationNames.at(-1) as string;
      const lacks = new RegExp(`^The database is of an older version of Guestpass than [^:]+: it lacks ${last}\\. Update it with`);
      expect(await refusal("guest", "list")).to.match(lacks);
      settings["GUESTPASS_MIGRATE"] = "off";
      expect(await refusal("serve")).to.match(lacks);
      expect((await runCommand(["migrate"], settings)).stdout).to.equal(`The database is now up to date: ${last}.\n`);
      expect((await runCommand(["migrate"], settings)).stdout).to.equal("The database is up to date.\n");
      const server = await ServerProcess.start(settings);
      expect(await server.kill("SIGTERM")).to.include({ code: 0 });
      expect((await runCommand(["guest", "list"], settings)).code).to.equal(0);
    } finally {
      await older.destroy();
      await database.remove();
    }
  });

  it("that is new gets its tables by guestpass migrate or serve, and by nothing else", async () => {
    const database = await createDatabase();
    try {
      settings["GUESTPASS_DATABASE_URL"] = database.url;
      expect(await refusal("guest", "list")).to.match(
        databaseKind === "sqlite"
          ? /^There is no database at .*test\.db yet\. Create it with guestpass migrate, or start guestpass serve once\./
          : /^The database has no Guestpass tables yet\. Create them with guestpass migrate/,
      );
      if (databaseKind === "sqlite") expect(existsSync(database.url.slice("sqlite:".length))).to.equal(false);
      expect((await runCommand(["migrate"], settings)).stdout).to.contain("0001-guests");
      expect((await runCommand(["guest", "list"], settings)).code).to.equal(0);
    } finally {
      await database.remove();
    }
  });

  it("says which version that is by numbers, whatever is being developed", () => {
    expect(isOlder("0.1.0", "0.1.1")).to.equal(true);
    expect(isOlder("0.9.0", "0.10.0")).to.equal(true);
    expect(isOlder("1.0.0", "0.10.0")).to.equal(false);
    expect(isOlder("0.2.0-dev", "0.2.0")).to.equal(false);
    expect(isOlder("0.2.0", "0.2.0")).to.equal(false);
  });

  it("keeps the highest of what versions have asked for", async () => {
    await upgrade("99.0.0");
    await migrate(db()).catch(() => undefined);
    expect(await db()("schema_contract").pluck("oldest_version")).to.deep.equal(["99.0.0"]);
  });
});
