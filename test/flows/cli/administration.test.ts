import { readFileSync } from "node:fs";
import { expect } from "chai";
import { Cli } from "../../support/cli.ts";
import { Guestpass } from "../../support/guestpass.ts";

type Row = Record<string, unknown>;

describe("administration at the command line", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let cli: Cli;

  before(async () => {
    guestpass = await Guestpass.start();
    cli = new Cli(guestpass.settings);
  });
  after(() => guestpass.stop());

  it("--version prints the version, which somebody who asks for help is asked for", async () => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(await cli.ok("--version")).to.equal(`${version}\n`);
  });

  it("token opens the administration API as the application, for the scopes that were asked", async () => {
    await guestpass.register("console", { policy: { administrator: true } });
    await guestpass.register("files");
    await guestpass.register("page", { metadata: { token_endpoint_auth_method: "none" } });
    const token = (await cli.ok("token", "console", "--scope", "guests:read")).trim();
    expect(await call(token, "/admin/guests")).to.equal(200);
    expect(await call(token, "/admin/settings")).to.equal(403);
    const all = await cli.json("token", "console");
    expect(all).to.include({ token_type: "Bearer", expires_in: 600 });
    expect(await call(String(all["access_token"]), "/admin/settings")).to.equal(200);

    expect(await cli.refused("token", "files", "--scope", "guests:write")).to.match(
      /^files may not have guests:write\. It may have invitations:read/,
    );
    expect(await cli.refused("token", "page")).to.match(/^page has no secret and no key/);
    expect(await cli.refused("token", "nobody")).to.equal("There is no application with the client id nobody.");
    const minted = await cli.json<Row[]>("audit", "list", "--action", "token.minted", "--app", "console");
    expect(minted.map(({ actor, channel, details }) => ({ actor, channel, details }))[1]).to.deep.equal({
      actor: "operator",
      channel: "cli",
      details: { scopes: ["guests:read"] },
    });
  });

  async function call(token: string, path: string): Promise<number> {
    return (await fetch(`${guestpass.issuer}${path}`, { headers: { authorization: `Bearer ${token}` } })).status;
  }

  it("settings set changes what is given, for the running server too", async () => {
    const before = await cli.json("settings", "show");
    const change = ["--reverification-days", "14", "--deny-domain", "denied.example"];
    expect((await cli.run("settings", "set", ...change)).stderr, "it is stricter").to.match(
      /^Guests of every application will have to prove their mailbox every 14 days\. There is no terminal to ask on/,
    );
    expect(await cli.json("settings", "show")).to.deep.equal(before);
    expect(await cli.ok("settings", "set", ...change, "--yes")).to.match(
      /^Signed-in guests who have to prove a mailbox again now: 0\. Sessions that end now: 0\.\nSet\./,
    );
    const after = { ...before, reverification_days: 14, deny_domains: ["denied.example"] };
    expect(await cli.json("settings", "show")).to.deep.equal(after);
    guestpass.clock.advance({ seconds: 2 });
    expect((await guestpass.server.app.settings.get()).denyDomains).to.deep.equal(["denied.example"]);
    expect(await cli.ok("settings", "set", "--reverification-days", "14"), "it is no stricter").to.match(/^Set\./);
    expect(await cli.refused("settings", "set", "--reverification-days", "0")).to.equal("--reverification-days must be 0.04 or more.");
    expect(await cli.refused("settings", "set", "--deny-domain", "not a domain")).to.match(/^--deny-domain must be a domain/);
    expect(await cli.refused("settings", "set")).to.equal("Give at least one option to change. --help lists them.");
    await cli.ok("settings", "set", "--deny-domain", "");
    expect(await cli.json("settings", "show")).to.deep.include({ deny_domains: [] });
  });

  it("audit list says who did what, and audit verify finds what was changed behind its back", async () => {
    // The command line runs in a process of its own, by the real time.
    guestpass.clock.reset();
    const sub = await guestpass.addGuest("grace@example.com");
    await cli.ok("guest", "suspend", "grace@example.com", "--reason", "a test");
    expect(await cli.ok("audit", "list", "--guest", "grace@example.com")).to.match(
      new RegExp(`^AT +ACTION .*\\n\\S+ +guest\\.suspended +operator +cli .*${sub}\\n\\S+ +guest\\.recorded +operator +cli .*${sub}$`, "m"),
    );
    const unknown = await cli.run("audit", "list", "--action", "nonsense");
    expect(unknown.code).to.equal(1);
    expect(unknown.stderr).to.match(/'nonsense' is invalid\. .*\bguest\.suspended\b/);
    expect(await cli.ok("audit", "verify")).to.match(/^The audit trail is intact: \d+ rows\. Its head: \S+\n$/);
    await guestpass.server.app.db.raw("UPDATE audit SET actor = 'system' WHERE action = 'guest.suspended'");
    expect(await cli.refused("audit", "verify")).to.match(/^The audit trail is broken at row \d+: a row was changed, or moved\.$/);
  });
});
