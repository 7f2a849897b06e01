import { execFile } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import pg from "pg";
import { Cli } from "../../support/cli.ts";
import { ServerProcess } from "../../support/command.ts";
import { createDatabase, databaseKind } from "../../support/databases.ts";
import { freePort, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

const run = promisify(execFile);

describe("a backup at the command line", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let cli: Cli;
  let directory: string;
  let files: RegisteredApplication;
  let sub: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "guestpass-backup-"));
    guestpass = await Guestpass.start();
    files = await guestpass.register("files", { admission: "anyone" });
    cli = new Cli(guestpass.settings);
    sub = await guestpass.addGuest("ada@example.com");
  });
  after(async () => {
    await guestpass.stop();
    await rm(directory, { recursive: true, force: true });
  });

  const restored = (url: string, settings = guestpass.settings) => new Cli({ ...settings, GUESTPASS_DATABASE_URL: url });

  if (databaseKind === "sqlite") {
    it("is made while the server works, for its owner alone, and has everything", async () => {
      const file = join(directory, "guestpass.db");
      await guestpass.signIn(guestpass.browser(), await guestpass.authorizationRequest(files), "ada@example.com");
      expect(await cli.ok("backup", file)).to.match(/^The database is in .*guestpass\.db: \d\.\d MB\./);
      expect((await stat(file)).mode & 0o777).to.equal(0o600);
      expect(await readdir(directory), "nothing lies beside it").to.deep.equal(["guestpass.db"]);
      const copy = restored(`sqlite:${file}`);
      expect(await copy.json("guest", "show", "ada@example.com")).to.include({ sub, state: "active" });
      expect(await copy.ok("guest", "list", "--search", "ada@exam")).to.contain(sub);
      expect(await copy.ok("audit", "verify")).to.match(/^The audit trail is intact/);
    });

    it("replaces the previous one when it is complete, and never the database itself", async () => {
      const file = join(directory, "again.db");
      await writeFile(file, "the one before", { mode: 0o644 });
      await cli.ok("backup", file);
      expect((await stat(file)).mode & 0o777).to.equal(0o600);
      expect(await restored(`sqlite:${file}`).json("guest", "show", "ada@example.com")).to.include({ sub });
      const own = guestpass.settings["GUESTPASS_DATABASE_URL"]?.slice("sqlite:".length) as string;
      expect(await cli.refused("backup", own)).to.match(/is the database itself/);
      expect(await cli.ok("audit", "verify")).to.match(/intact/);
    });

    it("that cannot be written leaves nothing, and the one before as it was", async () => {
      const target = join(directory, "taken");
      await cli.ok("backup", target);
      const before = await readFile(target);
      expect(await cli.refused("backup", join(directory, "missing", "guestpass.db"))).to.match(/cannot be written: ENOENT/);
      expect(await cli.refused("backup", directory)).to.match(/cannot be written: (EISDIR|ENOTEMPTY|EEXIST|illegal operation|directory)/i);
      expect((await readdir(directory)).filter((name) => name.endsWith(".part"))).to.deep.equal([]);
      expect((await readFile(target)).equals(before)).to.equal(true);
    });

    it("says what to do when the destination is not PostgreSQL", async () => {
      expect(await cli.refused("copy", "--to", "sqlite:other.db")).to.match(/--to takes the URL of a PostgreSQL database/);
    });
  } else {
    it("is pg_dump's: the command that is printed makes it, and pg_restore brings it back", async () => {
      const file = join(directory, "guest's pass.dump");
      const { code, stdout, stderr } = await cli.run("backup", file);
      expect({ code, stderr }).to.deep.equal({
        code: 1,
        stderr: "Nothing is backed up yet: PostgreSQL has its own tool. Run the command above.\n",
      });
      expect(stdout).to.match(/^pg_dump --format=custom --no-owner --schema='t_/);
      await run("sh", ["-c", stdout]);
      const name = `restored_${process.pid}`;
      const server = new pg.Client({ connectionString: process.env["TEST_DATABASE_URL"] });
      await server.connect();
      try {
        await server.query(`CREATE DATABASE ${name}`);
        const url = new URL(guestpass.settings["GUESTPASS_DATABASE_URL"] as string);
        url.pathname = `/${name}`;
        const plain = new URL(url);
        plain.searchParams.delete("schema");
        const there = new pg.Client({ connectionString: plain.href });
        await there.connect();
        await there.query("CREATE EXTENSION pg_trgm");
        await there.end();
        await run("pg_restore", ["--no-owner", `--dbname=${plain.href}`, file]);
        expect(await restored(url.href).json("guest", "show", "ada@example.com")).to.include({ sub });
        expect(await restored(url.href).ok("audit", "verify")).to.match(/^The audit trail is intact/);
      } finally {
        await server.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
        await server.end();
      }
    });

    it("is not needed to move: from SQLite everything is copied, counted, and its trail verified", async () => {
      const source = `sqlite:${join(directory, "source.db")}`;
      const before = restored(source);
      await before.ok("migrate");
      await before.ok("app", "add", "Files", "--id", "files", "--redirect-uri", "http://127.0.0.1:9/callback");
      await before.ok("invite", "send", "guest1@example.com", "--app", "files", "--no-mail");
      const { sub: moved } = await before.json<{ sub: string }>("guest", "show", "guest1@example.com");
      const target = await createDatabase();
      try {
        const printed = await before.ok("copy", "--to", target.url);
        expect(printed)
          .to.match(/^guests +1$/m)
          .and.to.match(/^invitations +1$/m);
        expect(printed).to.match(/Everything was copied, and the audit trail is intact: \d+ rows\.\n$/);
        const after = restored(target.url);
        expect(await after.json("guest", "show", "guest1@example.com")).to.include({ sub: moved });
        expect(await after.ok("guest", "list", "--search", "guest1@exam")).to.contain("guest1@example.com");
        await after.ok("guest", "add", "new@example.com");
        expect(await after.ok("audit", "verify")).to.match(/intact/);
        expect(await before.refused("copy", "--to", target.url)).to.match(/not empty: its table \w+ has rows/);
      } finally {
        await target.remove();
      }
    });

    it("is refused while a server works with the source, and leaves the target empty", async () => {
      const settings = { ...guestpass.settings, GUESTPASS_DATABASE_URL: `sqlite:${join(directory, "busy.db")}` };
      await new Cli(settings).ok("migrate");
      const server = await ServerProcess.start({ ...settings, GUESTPASS_PORT: String(await freePort()) });
      const target = await createDatabase();
      try {
        expect(await new Cli(settings).refused("copy", "--to", target.url)).to.match(
          /^The database changed while it was being copied\. Stop the server/,
        );
        await server.kill("SIGKILL");
        expect(await new Cli(settings).ok("copy", "--to", target.url)).to.match(/Everything was copied/);
      } finally {
        await server.kill("SIGKILL").catch(() => undefined);
        await target.remove();
      }
    });
  }
});
