import { expect } from "chai";
import { Cli } from "../../support/cli.ts";
import { runCommand } from "../../support/command.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { whoIs } from "../../support/identity.ts";

describe("guestpass guest", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let guest: Cli;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files", { admission: "directory" });
    guest = new Cli(guestpass.settings, "guest");
  });
  after(() => guestpass.stop());

  it("before there is any, list says how to record one", async () => {
    expect(await guest.ok("list")).to.equal("No guests yet. Record one with guestpass guest add.\n");
    expect(await guest.json("list")).to.deep.equal([]);
  });

  it("add records a guest, who then signs in as that guest; adding once more answers the same guest", async () => {
    const printed = await guest.ok("add", "Ada@Example.com", "--name", "Ada Lovelace", "--locale", "de");
    const sub = /^Recorded\. sub: ([0-9a-f-]{36})\n$/.exec(printed)?.[1] as string;
    expect(sub).to.be.a("string");
    const who = await whoIs(guestpass, application, "ada@example.com", "Ada@example.com");
    expect(who).to.include({ sub, email: "Ada@Example.com", name: "Ada Lovelace", locale: "de" });
    expect(await guest.ok("add", "ada@EXAMPLE.com")).to.equal(`A guest already has that address. sub: ${sub}\n`);
    expect(await guest.json("add", "ada@example.com")).to.deep.equal({ sub, created: false });
  });

  it("show names the guests whose addresses look alike", async () => {
    await guest.ok("add", "joan@example.com");
    expect(await guest.ok("show", "joan@example.com")).not.to.contain("similar addresses");
    const { sub } = await guest.json<{ sub: string }>("add", "joan+plan@example.com");
    expect(await guest.ok("show", "joan@example.com")).to.match(
      new RegExp(`\\nGuests with similar addresses.*:\nADDRESS +SUB\njoan\\+plan@example.com +${sub}\n$`),
    );
  });

  it("show prints a name as it is written, joiners included, on one line", async () => {
    const name = "\u0639\u0644\u06cc\u200c\u0631\u0636\u0627";
    await guest.ok("add", "ali@example.com", "--name", name, "--notes", "two\nlines");
    expect(await guest.ok("show", "ali@example.com"))
      .to.match(new RegExp(`^name +${name}$`, "m"))
      .and.to.match(/^notes +two lines$/m);
  });

  it("alias add gives a guest another address, which signs in as the same guest", async () => {
    const { sub } = await guest.json<{ sub: string }>("add", "grace@example.com");
    expect(await guest.ok("alias", "add", "grace@example.com", "hopper@example.com")).to.equal(
      "Added hopper@example.com to grace@example.com.\n",
    );
    expect(await guest.ok("alias", "add", sub, "grace@home.example", "--other-mailbox")).to.contain("Added grace@home.example");
    expect(await whoIs(guestpass, application, "hopper@example.com")).to.include({ sub, email: "grace@example.com" });

    type Shown = { aliases: { address: string; mailbox: string; verified_at: string }[] };
    const shown = await guest.json<Shown>("show", "hopper@example.com");
    expect(shown).to.include({ sub, state: "active", email: "grace@example.com" });
    const [primary, sameMailbox, other] = shown.aliases;
    expect(primary).to.include({ address: "grace@example.com", primary: true });
    expect(sameMailbox).to.include({ address: "hopper@example.com", primary: false, mailbox: primary?.mailbox });
    expect(other).to.include({ address: "grace@home.example", primary: false, verified_at: null });
    expect(other?.mailbox).to.not.equal(primary?.mailbox);
    expect(Date.parse(primary?.verified_at ?? "")).to.be.closeTo(Date.now(), 60_000);
    expect(await guest.ok("show", sub)).to.match(
      /^state +active$[\s\S]*^email +grace@example\.com$[\s\S]*^ADDRESS +PRIMARY +MAILBOX[\s\S]*^grace@home\.example +false/m,
    );
  });

  it("suspend shuts a guest out of the running server at once, and resume lets the guest in again", async () => {
    await guest.ok("add", "mary@example.com");
    const { sub } = await whoIs(guestpass, application, "mary@example.com");
    expect(await guest.refused("suspend", "mary@example.com", "--reason", " ")).to.equal("--reason must not be empty.");
    expect(await guest.refused("suspend", "mary@example.com", "--reason", "\u001b[2J")).to.match(/^--reason must be plain text/);
    expect(await guest.ok("suspend", "mary@example.com", "--reason", "left the company")).to.match(/^Suspended:/);
    expect(await guest.refused("suspend", "mary@example.com", "--reason", "again")).to.equal("The guest is already suspended.");
    expect(await guest.ok("list")).to.match(new RegExp(`^${sub} +suspended +mary@example\\.com`, "m"));
    await guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(application), "mary@example.com");
    const [, mail] = await guestpass.mail.wait("mary@example.com", 2);
    expect(mail?.parsed.text).to.not.match(/^\d{6}$/m);
    expect(await guest.ok("resume", sub)).to.equal("Resumed.\n");
    expect((await whoIs(guestpass, application, "mary@example.com")).sub).to.equal(sub);
  });

  it("says in one line what is wrong", async () => {
    const { sub } = await guest.json<{ sub: string }>("add", "joan@example.com");
    await guest.ok("add", "betty@example.com");
    expect(await guest.refused("add", "not an address")).to.equal('"not an address" must be an email address such as name@example.com.');
    expect(await guest.refused("show", "nobody@example.com")).to.equal("There is no guest nobody@example.com.");
    expect(await guest.refused("show", "nobody")).to.equal("There is no guest nobody.");
    const taken = await guest.refused("alias", "add", "betty@example.com", "JOAN@example.com");
    expect(taken).to.equal(`JOAN@example.com already belongs to another guest (sub ${sub}). An address belongs to one guest at most.`);
    expect(await guest.refused("resume", "joan@example.com")).to.equal("There is no such guest, or the guest is not suspended.");
  });

  it("a wrong command line is answered with the right one, and does nothing", async () => {
    const { code, stderr } = await guest.run("suspend", "joan@example.com");
    expect(code).to.equal(1);
    expect(stderr).to.contain("error: required option '--reason <text>' not specified");
  });

  it("a database that does not answer is one line too", async () => {
    const settings = { ...guestpass.settings, GUESTPASS_DATABASE_URL: "postgres://guestpass:hunter2@127.0.0.1:1/guestpass" };
    const { code, stdout, stderr } = await runCommand(["guest", "list"], settings);
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
    expect(stderr).to.match(/^The database does not answer: .*ECONNREFUSED.* GUESTPASS_DATABASE_URL says where it is\.\n$/);
    expect(stderr).to.not.contain("hunter2");
  });

  it("a SQLite driver that was not built is one line too, which says how to build it", async () => {
    const settings = { ...guestpass.settings, GUESTPASS_DATABASE_URL: "sqlite::memory:", NODE_OPTIONS: "--no-addons" };
    const { code, stderr } = await runCommand(["guest", "list"], settings);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^SQLite's driver was not built .*&& npm rebuild sqlite3\n$/);
  });

  it("a different master key from the one that the database was created under is one line too", async () => {
    const settings = { ...guestpass.settings, GUESTPASS_SECRET: "another secret that is long enough too" };
    const { code, stderr } = await runCommand(["guest", "list"], settings);
    expect(code).to.equal(1);
    expect(stderr).to.match(/^The database is written under another secret\..*\n$/);
  });
});
