import { expect } from "chai";
import type { Browser } from "../../support/browser.ts";
import { Cli } from "../../support/cli.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

interface Session {
  id: string;
  device: string | null;
  since: string;
  applications: { client_id: string; deadline: { at: string; decided_by: string; days: number } }[];
}

describe("guestpass session", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let wiki: RegisteredApplication;
  let files: RegisteredApplication;
  let session: Cli;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    wiki = await guestpass.register("wiki");
    files = await guestpass.register("files", { policy: { reverificationDays: 0.5 } });
    session = new Cli(guestpass.settings, "session");
  });
  afterEach(() => guestpass.stop());

  async function signIn(address: string, device = firefox): Promise<Browser> {
    const browser = guestpass.browser({ "user-agent": device });
    await guestpass.signIn(browser, await guestpass.authorizationRequest(wiki), address);
    return browser;
  }

  async function letsIn(browser: Browser): Promise<boolean> {
    // The command line is another process: a server on SQLite remembers for 5 s what it has just stored.
    guestpass.clock.advance({ seconds: 6 });
    const answer = await browser.open((await guestpass.authorizationRequest(wiki, { prompt: "none" })).url);
    if (answer.query["error"] !== undefined) expect(answer.query["error"]).to.equal("login_required");
    return answer.query["code"] !== undefined;
  }

  it("list shows where a guest is signed in, and until when by which rule, whichever name the guest goes by", async () => {
    const browser = await signIn("ada@example.com");
    await browser.open((await guestpass.authorizationRequest(files)).url);
    await new Cli(guestpass.settings, "alias").ok("add", "ada@example.com", "countess@example.com");
    await signIn("old@example.com", "Something else");
    const { sub } = await new Cli(guestpass.settings, "guest").json<{ sub: string }>("show", "old@example.com");
    const [own, ...others] = await session.json<Session[]>("list", "Countess@Example.com");
    expect(others).to.deep.equal([]);
    expect(own?.device).to.equal("Firefox, Linux");
    const deadlines = own?.applications.map(({ client_id, deadline: { decided_by, days } }) => [client_id, decided_by, days]);
    expect(deadlines).to.have.deep.members([
      ["wiki", "settings", 30],
      ["files", "application", 0.5],
    ]);
    const table = await session.ok("list", "countess@example.com");
    expect(table).to.match(/^ID +DEVICE +SINCE +APPLICATION +UNTIL +DECIDED_BY +DAYS$/m);
    expect(table).to.match(/ Firefox, Linux +\S+Z +files +\S+Z +application +0\.5$/m);
    expect(await session.ok("list", "old@example.com")).to.match(/ Something else +\S+Z +wiki /);
    await new Cli(guestpass.settings, "guest").ok("merge", "old@example.com", "ada@example.com", "--yes");
    expect(await session.json("list", sub), "the lost sub is the survivor's").to.deep.equal(await session.json("list", "ada@example.com"));
    expect(await session.refused("list", "nobody@example.com")).to.equal("There is no guest nobody@example.com.");
  });

  it("end asks first, names whose session it is and where, and ends that one only", async () => {
    const [ended, other] = [await signIn("ada@example.com"), await signIn("ada@example.com")];
    const [first, second] = await session.json<Session[]>("list", "ada@example.com");
    const id = first?.id ?? "";
    expect(await session.refused("end", id)).to.equal(
      "The session of ada@example.com at wiki will end. There is no terminal to ask on: add --yes if you are sure.",
    );
    expect(await session.json("list", "ada@example.com")).to.deep.equal([first, second]);
    expect(await session.ok("end", id, "--yes")).to.equal("Ended.\n");
    expect([await letsIn(ended), await letsIn(other)].filter(Boolean)).to.have.length(1);
    expect(await session.json("list", "ada@example.com")).to.deep.equal([second]);
    expect(await session.refused("end", id, "--yes")).to.equal(`There is no session ${id}.`);
  });

  it("end --all-of asks first, and ends every session of the guest and nobody else's", async () => {
    const browsers = [await signIn("ada@example.com"), await signIn("ada@example.com"), await signIn("grace@example.com")];
    expect(await session.refused("end", "--all-of", "ADA@example.com")).to.equal(
      "ada@example.com will be signed out everywhere: 2 sessions. There is no terminal to ask on: add --yes if you are sure.",
    );
    expect(await session.ok("end", "--all-of", "ada@example.com", "--yes")).to.equal("Ended: 2 sessions.\n");
    expect(await Promise.all(browsers.map(letsIn))).to.deep.equal([false, false, true]);
    expect(await session.ok("list", "ada@example.com")).to.equal("ada@example.com is not signed in anywhere.\n");
    expect(await session.ok("end", "--all-of", "ada@example.com", "--yes")).to.equal("Ended: 0 sessions.\n");
    expect(await session.ok("end", "--all-of", "grace@example.com", "--yes")).to.equal("Ended: 1 session.\n");
  });

  it("end takes an id that begins with a dash, and one thing at a time", async () => {
    await signIn("ada@example.com");
    const [open] = await session.json<Session[]>("list", "ada@example.com");
    const rename = { uid: "-hx", payload: guestpass.server.app.db.raw("REPLACE(payload, ?, ?)", [open?.id ?? "", "-hx"]) };
    await guestpass.server.app.db("oidc_artifacts").where({ model: "Session", uid: open?.id }).update(rename);
    expect(await session.ok("end", "-hx", "--yes")).to.equal("Ended.\n");
    expect(await session.ok("end", "-h"), "which is no id").to.equal(await session.ok("end", "--help"));
    const which = "Give a session's id, or a guest with --all-of.";
    expect(await session.refused("end")).to.equal(which);
    expect(await session.refused("end", "-hx", "--all-of", "ada@example.com", "--yes")).to.equal(which);
    expect(await session.refused("end", "-hx", "--yess")).to.match(/^error: too many arguments/);
  });
});
