import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import { Cli } from "../../support/cli.ts";
import { Guestpass } from "../../support/guestpass.ts";

type Row = Record<string, unknown>;

describe("the directory at the command line", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let cli: Cli;

  before(async () => {
    guestpass = await Guestpass.start();
    await guestpass.register("files", { admission: "directory" });
    cli = new Cli(guestpass.settings);
  });
  after(() => guestpass.stop());

  const emails = async (...filter: string[]) => (await cli.json<Row[]>("guest", "list", ...filter)).map(({ email }) => email);

  it("guest list filters and searches, and says where there is more than it lists", async () => {
    await guestpass.addGuest("ada@list.example", { name: "Ada Lovelace" });
    const grace = await guestpass.addGuest("grace@navy.example", { name: "Grace Hopper" });
    await guestpass.server.app.guests.suspend(grace, "a test", operator);
    expect(await emails("--search", "lovel")).to.deep.equal(["ada@list.example"]);
    expect(await emails("--state", "suspended", "--domain", "navy.example")).to.deep.equal(["grace@navy.example"]);
    expect(await emails("--address", "ADA@list.example")).to.deep.equal(["ada@list.example"]);
    await guestpass.server.app.guests.proveMailbox(parseAddress("ada@list.example") as Address, {
      record: false,
      locale: null,
      by: operator,
      from: undefined,
    });
    expect(await emails("--due-before", "2000-01-01")).to.deep.equal([]);
    expect(await cli.ok("guest", "list", "--due-before", "2099-01-01")).to.match(/ DUE +DECIDED_BY\n.* ada@list\.example .* settings\n$/);
    expect(await cli.ok("guest", "list", "--search", "nobody at all")).to.equal("No guests match.\n");
    const { code, stdout, stderr } = await cli.run("guest", "list", "--limit", "1");
    expect({ code, lines: stdout.trim().split("\n").length, stderr }).to.deep.equal({
      code: 0,
      lines: 2,
      stderr: "There are more than 1. List more with --limit.\n",
    });
  });

  it("guest update changes what is given, and an empty value takes away", async () => {
    await guestpass.addGuest("joan@example.com", { name: "Joan" });
    const change = ["--notes", "met at the fair", "--external-id", "42", "--reverification-days", "7", "--expires", "2099-06-30"];
    const names = ["--given-name", "Joan", "--family-name", "Clarke"];
    expect(await cli.ok("guest", "update", "joan@example.com", ...change, ...names)).to.equal("joan@example.com was changed.\n");
    const changed = {
      name: "Joan",
      given_name: "Joan",
      family_name: "Clarke",
      notes: "met at the fair",
      external_id: "42",
      reverification_days: 7,
    };
    expect(await cli.json("guest", "show", "joan@example.com")).to.include({ ...changed, expires_at: "2099-06-30T00:00:00.000Z" });
    await cli.ok(
      "guest",
      "update",
      "joan@example.com",
      "--notes",
      "",
      "--family-name",
      "",
      "--reverification-days",
      "",
      "--expires",
      "never",
    );
    const taken = { notes: null, given_name: "Joan", family_name: null, reverification_days: null, expires_at: null, external_id: "42" };
    expect(await cli.json("guest", "show", "joan@example.com")).to.include(taken);
    expect(await cli.refused("guest", "update", "joan@example.com", "--locale", "not a tag")).to.match(/^--locale must be a language tag/);
    expect(await cli.refused("guest", "list", "--sponsor", "charles", "--domain", "no_domain")).to.match(
      /^--domain must be a domain such as example\.com; --sponsor must be an email address such as name@example\.com\.$/,
    );
    for (const time of ["tomorrow", "2099-02-30"]) {
      const { code, stderr } = await cli.run("guest", "update", "joan@example.com", "--expires", time);
      expect(code).to.equal(1);
      expect(stderr).to.contain("It must be a date such as 2027-06-30");
    }
  });

  it("alias rename, make-primary, list and remove keep the guest, and tell the address that loses something", async () => {
    const sub = await guestpass.addGuest("betty@old.example");
    expect(await cli.ok("alias", "add", sub, "betty@home.example", "--other-mailbox")).to.contain("Added");
    expect(await cli.ok("alias", "rename", "betty@old.example", "betty@new.example")).to.match(
      /^betty@old\.example is now betty@new\.example\./,
    );
    const notices = await guestpass.mail.wait("betty@old.example", 2);
    expect(notices[1]?.parsed.subject).to.equal("Your guest addresses were changed");
    expect(await cli.ok("alias", "make-primary", "betty@home.example")).to.equal("betty@home.example is now the primary address.\n");
    expect(await cli.ok("alias", "list", sub)).to.match(/^betty@home\.example +true .*\nbetty@new\.example +false /m);
    expect(await cli.refused("alias", "remove", "betty@home.example", "--yes")).to.match(/is the primary address\. A guest always has one/);
    expect(await cli.refused("alias", "remove", "betty@new.example")).to.match(
      /There is no terminal to ask on: add --yes if you are sure\.$/,
    );
    expect(await cli.ok("alias", "remove", "betty@new.example", "--yes")).to.equal("Removed betty@new.example from betty@home.example.\n");
    expect(await cli.json("guest", "show", "betty@home.example")).to.include({ sub, email: "betty@home.example" });
    expect(await cli.refused("guest", "show", "betty@new.example")).to.equal("There is no guest betty@new.example.");
  });

  it("merge makes two guests one, erase removes one: neither without being sure", async () => {
    const lost = await guestpass.addGuest("jean@home.example");
    const survivor = await guestpass.addGuest("jean@work.example");
    expect(await cli.refused("guest", "merge", lost, survivor)).to.match(/^jean@home\.example .* will be merged into jean@work\.example/);
    expect(await cli.refused("guest", "merge", lost, "jean@home.example", "--yes")).to.equal("Both are the same guest.");
    expect(await cli.ok("guest", "merge", "jean@home.example", "jean@work.example", "--yes")).to.equal(`Merged. sub: ${survivor}\n`);
    expect(await cli.json("guest", "show", lost)).to.include({ sub: survivor, email: "jean@work.example" });

    expect(await cli.refused("guest", "erase", survivor)).to.match(
      /will be erased\. This cannot be undone\. There is no terminal to ask on/,
    );
    expect(await cli.json("guest", "show", survivor)).to.include({ sub: survivor });
    expect(await cli.ok("guest", "erase", lost, "--yes")).to.equal(`Erased. sub: ${survivor}\n`);
    expect(await cli.refused("guest", "show", survivor)).to.equal(`There is no guest ${survivor}.`);
    expect(await cli.refused("guest", "show", "jean@home.example")).to.equal("There is no guest jean@home.example.");
  });
});
