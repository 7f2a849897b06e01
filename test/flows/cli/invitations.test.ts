import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "csv-parse/sync";
import { Cli } from "../../support/cli.ts";
import { Guestpass } from "../../support/guestpass.ts";

type Row = Record<string, unknown>;

describe("invitations at the command line", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let cli: Cli;
  let directory: string;

  before(async () => {
    guestpass = await Guestpass.start();
    await guestpass.register("files", { name: "Acme Files", policy: { targetOrigins: ["https://files.example.com"] } });
    cli = new Cli(guestpass.settings);
    directory = mkdtempSync(join(tmpdir(), "guestpass-cli-"));
  });
  after(async () => {
    rmSync(directory, { recursive: true });
    await guestpass.stop();
  });

  function file(name: string, content: string): string {
    const path = join(directory, name);
    writeFileSync(path, content);
    return path;
  }

  it("invite send mails the invitation; sending it again extends it; --no-mail prints the link instead", async () => {
    const say = ["--label", "Plan for the bridge", "--sponsor-email", "charles@example.org", "--message", "Have a look"];
    const target = ["--target-url", "https://files.example.com/f/42", "--access-ends", "2099-01-01"];
    const printed = await cli.ok("invite", "send", "ada@example.com", "--app", "files", ...say, ...target);
    expect(printed).to.match(/^Invited ada@example\.com to files\. sub: [0-9a-f-]{36} id: [0-9a-f-]{36}\n$/);
    const [mail] = await guestpass.mail.wait("ada@example.com");
    expect(mail?.parsed.text).to.include("Plan for the bridge").and.include("Have a look");
    expect(await cli.ok("invite", "send", "ADA@example.com", "--app", "files", ...target)).to.match(
      /was already invited to files: extended\./,
    );
    const quiet = await cli.json("invite", "send", "ada@example.com", "--app", "files", "--no-mail");
    expect(quiet).to.include({ created: true, state: "pending", email: "ada@example.com" });
    expect(quiet["link"]).to.match(/\/invitations\/[\w.-]+$/);
    expect(guestpass.mail.to("ada@example.com")).to.have.length(2);
    expect(await cli.refused("invite", "send", "ada@example.com", "--app", "files", "--target-url", "https://evil.example/")).to.match(
      /^The target URL is under none of the application's registered target origins\./,
    );
    expect(await cli.refused("invite", "send", "ada@example.com", "--app", "nobody")).to.match(/^There is no application/);
  });

  it("invite list, show, resend, extend and revoke, which asks first", async () => {
    const { id, sub } = await cli.json<{ id: string; sub: string }>(
      "invite",
      "send",
      "grace@example.com",
      "--app",
      "files",
      "--label",
      "Ship",
    );
    await guestpass.mail.wait("grace@example.com");
    expect(await cli.ok("invite", "list", "--guest", "grace@example.com")).to.match(
      new RegExp(`^ID +STATE +CLIENT_ID .*\\n${id} +pending +files +grace@example\\.com +Ship `),
    );
    expect(await cli.ok("invite", "list", "--guest", sub, "--state", "revoked")).to.equal("No invitations match.\n");
    expect(await cli.ok("invite", "resend", id)).to.equal("Sent to grace@example.com again.\n");
    await guestpass.mail.wait("grace@example.com", 2);
    expect(await cli.ok("invite", "extend", id, "--redeem-by", "2098-01-01", "--access-ends", "2099-01-01T12:00:00Z")).to.equal(
      "It can be redeemed until 2098-01-01T00:00:00.000Z; access ends 2099-01-01T12:00:00.000Z.\n",
    );
    expect(await cli.ok("invite", "extend", id, "--access-ends", "never")).to.contain("access ends never.");
    expect(await cli.refused("invite", "revoke", id)).to.equal(
      "grace@example.com will lose access to Ship. There is no terminal to ask on: add --yes if you are sure.",
    );
    expect(await cli.json("invite", "show", id)).to.include({ state: "pending", redeem_by: "2098-01-01T00:00:00.000Z" });
    expect(await cli.ok("invite", "revoke", id, "--yes")).to.equal("Revoked: grace@example.com has lost access to Ship.\n");
    expect(await cli.ok("invite", "show", id)).to.match(/^state +revoked$/m);
    expect(await cli.refused("invite", "resend", id)).to.match(/revoked or expired/);
  });

  it("import invitations invites the good rows of a file, names the bad ones, and says so to scripts", async () => {
    const good = Array.from({ length: 30 }, (_, n) => `guest${n}@import.example;Guest ${n};Plan ${n}`);
    const csv = ["Email;Name;Label", ...good, "not an address;X;Y", "guest0@import.example;Again;", "x@import.example;;;too much"].join(
      "\n",
    );
    const { code, stdout, stderr } = await cli.run("import", "invitations", file("guests.csv", csv), "--app", "files");
    expect(code).to.equal(1);
    expect(stderr).to.equal("3 of 33 rows were refused.\n");
    expect(stdout).to.match(
      /^30 invited, 0 invited before and extended, 3 refused\.\nROW +EMAIL +REASON\n32 +not an address +email: must be an email address.*\n33 +guest0@import.*\n34 /,
    );
    await guestpass.mail.wait("guest29@import.example");
    const listed = await cli.json<Row[]>("guest", "list", "--domain", "import.example");
    expect(listed).to.have.length(30);
    expect(listed.map(({ name }) => name)).to.include("Guest 7");

    const again = file("again.csv", "email,label\nguest1@import.example,Plan 1\n");
    const result = await cli.json("import", "invitations", again, "--app", "files", "--no-mail");
    expect(result).to.include({ invited: 0, extended: 1, refused: 0 });
    expect(await cli.refused("import", "invitations", join(directory, "nowhere.csv"), "--app", "files")).to.match(
      /nowhere\.csv cannot be read: ENOENT/,
    );
    expect(await cli.refused("import", "invitations", file("empty.csv", "name\nAda\n"), "--app", "files")).to.match(
      /it has no column email/,
    );
  });

  it("import invitations reads what Excel saves as Unicode text, and what export wrote", async () => {
    const excel = join(directory, "excel.txt");
    writeFileSync(
      excel,
      Buffer.from("\ufeffemail\tname\r\nurn:spo:guest#mia@trip.example\t=Mïa\r\n'=tag@trip.example\t'Abd\r\n", "utf16le"),
    );
    expect(await cli.json("import", "invitations", excel, "--app", "files", "--no-mail")).to.include({ invited: 2, refused: 0 });
    const revoked = (await cli.json<Row[]>("invite", "list", "--app", "files")).find(({ email }) => email === "=tag@trip.example");
    await cli.ok("invite", "revoke", String(revoked?.["id"]), "--yes");

    const invitations = await cli.ok("export", "invitations");
    expect(invitations).to.match(/^\ufeffid,state,/);
    const imported = await cli.run("import", "invitations", file("export.csv", invitations), "--app", "files", "--no-mail", "--json");
    const again = JSON.parse(imported.stdout) as Row;
    const results = again["results"] as { outcome: string; email: string; problem?: { detail: string } }[];
    expect(results.filter(({ outcome }) => outcome === "invited")).to.deep.equal([]);
    expect(results.find(({ email }) => email === "mia@trip.example")?.outcome).to.equal("extended");
    expect(results.find(({ email }) => email === "=tag@trip.example")?.problem?.detail).to.match(/state is revoked/);
    for (const { outcome, problem } of results) if (outcome === "refused") expect(problem?.detail).to.match(/state is (revoked|expired)/);

    const guests = await cli.ok("export", "guests");
    expect(guests).to.match(/^\ufeffsub,state,.*,undeliverable_since,/);
    const rows = parse(guests, { columns: true, bom: true }) as Row[];
    expect(rows.find(({ email }) => email === "mia@trip.example")).to.include({ name: "'=Mïa" });
    const invited = await cli.json("import", "invitations", file("guests.csv", guests), "--app", "files", "--no-mail");
    expect(Number(invited["invited"]) + Number(invited["extended"])).to.equal(rows.length);
    const mia = await cli.json<Row[]>("guest", "list", "--address", "mia@trip.example");
    expect(mia[0]).to.include({ name: "=Mïa" });
  });

  it("import invitations reads the JSON that export wrote, and says what is wrong with other JSON", async () => {
    const { body } = await guestpass.server.app.admin("createInvitation", {
      body: { client_id: "files", email: "over@trip.example", label: "Plan", send_mail: false },
    });
    await guestpass.server.app.admin("revokeInvitation", { params: { id: String(body["id"]) } });
    const exported = await cli.ok("export", "invitations", "--format", "json");
    const { stdout } = await cli.run("import", "invitations", file("export.json", exported), "--app", "files", "--no-mail", "--json");
    const { results } = JSON.parse(stdout) as { results: Row[] };
    const over = (JSON.parse(exported) as Row[]).map(({ state }) => /revoked|expired/.test(String(state)));
    expect(results.map(({ outcome }) => outcome === "refused")).to.deep.equal(over);
    expect(results.map(({ row }) => row)).to.deep.equal(over.map((_, index) => index + 1));
    const cut = file("cut.json", '[{"email": ');
    expect(await cli.refused("import", "invitations", cut, "--app", "files")).to.match(/cannot be read as JSON/);
  });

  it("import sharepoint says what it would do before it does it", async () => {
    const report = file(
      "report.csv",
      `Resource Path,Item Type,Permission,User Name,User E-mail,User Or Group Type,Link ID,Link Type,AccessViaLinkID
sites/bridge/Shared Documents/Plan.docx,docx,Contribute,Joan Clarke,joan@partner.example,External,,,
sites/bridge/Shared Documents,folder,Read,Bridge Members,,SharePoint Group,,,
`,
    );
    const args = ["import", "sharepoint", report, "--app", "files", "--base-url", "https://files.example.com/", "--no-mail"];
    const planned = await cli.ok(...args, "--dry-run");
    expect(planned).to.match(/^2 +would-invite +joan@partner\.example +Plan\.docx +https:\/\/files\.example\.com\/sites\/bridge\//m);
    expect(planned).to.match(/^3 +skipped +Bridge Members +sites\/bridge\/Shared Documents /m);
    expect(planned).to.contain("1 would be invited, 0 refused, 1 row skipped. Nothing was changed.");
    expect(await cli.json("guest", "list", "--address", "joan@partner.example")).to.deep.equal([]);
    expect(await cli.ok(...args)).to.contain("1 invited, 0 refused, 1 row skipped.");
    const [invitation] = await cli.json<Row[]>("invite", "list", "--address", "joan@partner.example");
    expect(invitation).to.include({
      label: "Plan.docx",
      target_url: "https://files.example.com/sites/bridge/Shared%20Documents/Plan.docx",
    });
    expect(guestpass.mail.to("joan@partner.example")).to.deep.equal([]);
  });

  it("export writes everything, and nothing that a spreadsheet would run", async () => {
    const sub = await guestpass.addGuest("mary@export.example", { name: '=HYPERLINK("https://evil.example")' });
    await cli.ok("alias", "add", sub, "mary@home.example");
    await cli.ok("invite", "send", "mary@export.example", "--app", "files", "--message", "two\nlines", "--no-mail");
    const guests: Row[] = parse(await cli.ok("export", "guests"), { columns: true, bom: true });
    const mary = guests.find(({ email }) => email === "mary@export.example");
    expect(mary).to.include({ sub, name: `'=HYPERLINK("https://evil.example")`, aliases: "mary@export.example mary@home.example" });
    const invitations: Row[] = parse(await cli.ok("export", "invitations"), { columns: true, bom: true });
    expect(invitations.find(({ sub: of }) => of === sub)).to.include({ client_id: "files", message: "two\nlines", state: "pending" });

    const path = join(directory, "guests.json");
    writeFileSync(path, "an earlier one", { mode: 0o644 });
    expect(await cli.ok("export", "guests", "--format", "json", "--output", path)).to.equal("");
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    const json = JSON.parse(await readFile(path, "utf8")) as Row[];
    expect(json).to.have.length(guests.length);
    expect(json.find(({ sub: of }) => of === sub)).to.include({ name: '=HYPERLINK("https://evil.example")' });
    expect(await cli.refused("export", "guests", "--output", "/nowhere/guests.csv")).to.match(
      /^\/nowhere\/guests\.csv cannot be written: /,
    );
  });
});
