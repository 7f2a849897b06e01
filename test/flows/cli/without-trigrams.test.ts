// PostgreSQL for a role that may not create extensions, in a database that has none.
import { randomUUID } from "node:crypto";
import { expect } from "chai";
import pg from "pg";
import { startWithAdmin } from "../../support/admin.ts";
import { databaseKind } from "../../support/databases.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { runWarm } from "../../support/warm-command.ts";

describe("a PostgreSQL without pg_trgm", function () {
  if (databaseKind !== "postgres") return;
  this.timeout(300_000);
  const name = `plain_${randomUUID().replaceAll("-", "")}`;
  const server = String(process.env["TEST_DATABASE_URL"]);
  let guestpass: Guestpass;

  before(async () => {
    await run(server, `CREATE ROLE ${name} LOGIN PASSWORD '${name}'`, `CREATE DATABASE ${name}`);
    await run(inDatabase(), `CREATE SCHEMA guests AUTHORIZATION ${name}`);
    const url = inDatabase();
    url.username = name;
    url.password = name;
    url.searchParams.set("schema", "guests");
    guestpass = await Guestpass.start({ GUESTPASS_DATABASE_URL: url.href });
  });
  after(async () => {
    await guestpass?.stop();
    await run(server, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, `DROP ROLE IF EXISTS ${name}`);
  });

  function inDatabase(): URL {
    const url = new URL(server);
    url.pathname = `/${name}`;
    return url;
  }

  it("serves, and searches by the beginning of an address, and by a part without an index", async () => {
    const { admin } = await startWithAdmin(guestpass);
    await guestpass.addGuest("ada@example.com", { name: "Ada Lovelace" });
    await guestpass.addGuest("grace@example.com");
    for (const search of ["a", "ad", "ada@ex", "lovel"]) {
      const { items } = (await admin.post("/guests/search", { search })).body as { items: { email: string }[] };
      expect(
        items.map(({ email }) => email),
        search,
      ).to.deep.equal(["ada@example.com"]);
    }
  });

  it("is reported by doctor, which also says when the index was made", async () => {
    const said = async () => (await runWarm(["doctor"], guestpass.settings)).stdout.split("\n").find((line) => line.includes(" search "));
    expect(await said()).to.match(/^note {2}search +PostgreSQL's extension pg_trgm is missing.* docs\/configuration\.md/);
    // As docs/configuration.md says, by somebody who may.
    await run(
      inDatabase(),
      "CREATE EXTENSION pg_trgm",
      "CREATE INDEX aliases_search ON guests.aliases USING gin (search_text gin_trgm_ops)",
    );
    expect(await said()).to.match(/^ok {4}search /);
  });
});

async function run(url: string | URL, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: String(url) });
  await client.connect();
  try {
    for (const statement of statements) await client.query(statement);
  } finally {
    await client.end();
  }
}
