import { expect } from "chai";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Guestpass } from "../../support/guestpass.ts";

const report = `\ufeffResource Path,Item Type,Permission,User Name,User E-mail,User Or Group Type,Link ID,Link Type,AccessViaLinkID
sites/bridge,web,Full Control,Site Owners,,SharePoint Group,,,
sites/bridge/Shared Documents/Plan no. 1.docx,docx,Contribute,Ada Lovelace,ada@partner.example,External,,,
sites/bridge/Shared Documents/Plan no. 1.docx,docx,Contribute,SharingLink,,,6f6c-1,SpecificPeople,
sites/bridge/Shared Documents/Plan no. 1.docx,docx,Read,Charles,charles@contoso.example,Internal,,,
sites/bridge/Shared Documents/Plan no. 1.docx,docx,Read,Ada Lovelace,ADA@partner.example,External,,,6f6c-1
sites/bridge/Shared Documents/Costs #2.xlsx,xlsx,Read,Grace Hopper,grace_navy.example#EXT#@contoso.example,Guest (external),,,
sites/bridge/Shared Documents/Costs #2.xlsx,xlsx,Read,Nobody,,External,,,
sites/bridge/Shared Documents/Costs #2.xlsx,xlsx,Read,Suspended,sus@partner.example,External,,,
`;

describe("SharePoint's sharing report", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: AdminApi;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    ({ admin, files } = await startWithAdmin(guestpass));
    const { body } = await admin.post("/guests", { email: "sus@partner.example" });
    await admin.post(`/guests/${body["sub"]}/suspend`, { reason: "left" });
  });
  afterEach(() => guestpass.stop());

  const send = (query: string, api = admin) => api.send("POST", `/invitations/import/sharepoint?${query}`, { csv: report });
  type Item = Record<string, unknown>;
  const base = `base_url=${encodeURIComponent("https://app.example/")}`;

  it("is rehearsed: what would happen is said, and nothing happens", async () => {
    const { status, body } = await send(`client_id=files&dry_run=true&${base}`);
    expect(status).to.equal(200);
    expect(
      (body["invitations"] as Item[]).map(({ problem, ...item }) => ({ ...item, problem: (problem as Item | undefined)?.["title"] })),
    ).to.deep.equal([
      {
        rows: [3, 6],
        outcome: "would-invite",
        email: "ada@partner.example",
        name: "Ada Lovelace",
        label: "Plan no. 1.docx",
        target_url: "https://app.example/sites/bridge/Shared%20Documents/Plan%20no.%201.docx",
        problem: undefined,
      },
      {
        rows: [7],
        outcome: "would-invite",
        email: "grace@navy.example",
        name: "Grace Hopper",
        label: "Costs #2.xlsx",
        target_url: "https://app.example/sites/bridge/Shared%20Documents/Costs%20%232.xlsx",
        problem: undefined,
      },
      {
        rows: [9],
        outcome: "refused",
        email: "sus@partner.example",
        name: "Suspended",
        label: "Costs #2.xlsx",
        target_url: "https://app.example/sites/bridge/Shared%20Documents/Costs%20%232.xlsx",
        problem: "Guest suspended",
      },
    ]);
    const skipped = body["skipped"] as Item[];
    expect(skipped[2]).to.include({ user_name: "Charles", user_email: "charles@contoso.example", user_or_group_type: "Internal" });
    expect(skipped[0]).to.include({ resource_path: "sites/bridge", user_name: "Site Owners" });
    expect(skipped.map(({ row, why }) => ({ row, why }))).to.deep.equal([
      { row: 2, why: "a group: its members are not in the report" },
      { row: 4, why: "a sharing link, not a person" },
      { row: 5, why: "not an external person" },
      { row: 8, why: "no address" },
    ]);
    expect((await admin.get("/invitations")).body["items"]).to.deep.equal([]);
    expect((await admin.get("/guests")).body["items"]).to.have.length(1);
    expect(guestpass.mail.mails).to.deep.equal([]);
  });

  it("becomes guests and invitations, with the items' names and targets", async () => {
    const { body } = await send(`client_id=files&${base}`);
    const [ada, grace, suspended] = body["invitations"] as Item[];
    expect([ada?.["outcome"], grace?.["outcome"], suspended?.["outcome"]]).to.deep.equal(["invited", "invited", "refused"]);
    expect((await admin.get(`/invitations/${ada?.["id"]}`)).body).to.include({
      client_id: "files",
      label: "Plan no. 1.docx",
      sub: ada?.["sub"],
    });
    expect((await admin.get(`/guests/${grace?.["sub"]}`)).body).to.include({ email: "grace@navy.example", name: "Grace Hopper" });
    await guestpass.mail.wait("ada@partner.example");
    const again = (await send(`client_id=files&send_mail=false&${base}`)).body["invitations"] as Item[];
    expect(again.map(({ outcome }) => outcome)).to.deep.equal(["extended", "extended", "refused"]);
  });

  it("is taken from an application for itself; what lies elsewhere is no target, and each person is invited once", async () => {
    const { body } = await send("send_mail=false", files);
    expect((body["invitations"] as Item[]).map(({ rows, target_url, outcome }) => [rows, target_url, outcome])).to.deep.equal([
      [[3, 6], null, "invited"],
      [[7], null, "invited"],
      [[9], null, "invited"],
    ]);
    const elsewhere = await send(`dry_run=true&base_url=${encodeURIComponent("https://evil.example/")}`, files);
    expect((elsewhere.body["invitations"] as Item[])[0]?.["target_url"]).to.equal(null);
  });

  it("invites whoever has very many items to all of them, as the rehearsal says, and mails as many as one address gets in an hour", async () => {
    const header = report.slice(0, report.indexOf("\n") + 1);
    const rows = Array.from({ length: 13 }, (_, index) => `sites/bridge/${index}.docx,docx,Read,Ada,ada@partner.example,External,,,\n`);
    const send = (query: string) =>
      admin.send("POST", `/invitations/import/sharepoint?client_id=files&${base}${query}`, { csv: header + rows.join("") });
    const outcomes = async (query = "") => ((await send(query)).body["invitations"] as Item[]).map(({ outcome }) => outcome);
    expect(await outcomes("&dry_run=true")).to.deep.equal(Array(13).fill("would-invite"));
    const first = (await send("")).body["invitations"] as Item[];
    expect(first.map(({ outcome, mailed }) => [outcome, mailed])).to.deep.equal([
      ...Array(10).fill(["invited", true]),
      ...Array(3).fill(["invited", false]),
    ]);
    expect(await guestpass.mail.wait("ada@partner.example", 10)).to.have.length(10);
    expect(await outcomes()).to.deep.equal(Array(13).fill("extended"));
  });

  it("keeps the joiners of a name, and no other sign that does not show", async () => {
    const csv = `${report}sites/bridge,web,Read,\u200c\u0639\u0644\u06cc\u200c\u0631\u0636\u0627\u202e,ali@partner.example,External,,,\n`;
    const { body } = await admin.send("POST", "/invitations/import/sharepoint?client_id=files&send_mail=false", { csv });
    const { sub, name } = (body["invitations"] as Item[]).at(-1) as Item;
    expect(name).to.equal("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627");
    expect((await admin.get(`/guests/${sub}`)).body).to.include({ name });
  });

  it("may hold paths that are too long for a target: those are refused, the others are invited", async () => {
    const path = Array.from({ length: 390 }, (_, index) => String.fromCharCode(0x4e00 + ((index * 7919) % 20_000))).join("");
    const csv = `${report}sites/${path}.docx,docx,Read,Mary,mary@partner.example,External,,,\n`;
    const { status, body } = await admin.send("POST", `/invitations/import/sharepoint?client_id=files&send_mail=false&${base}`, { csv });
    expect(status).to.equal(200);
    expect((body["invitations"] as Item[]).map(({ outcome }) => outcome)).to.deep.equal(["invited", "invited", "refused", "refused"]);
  });

  const columns = report.slice(1, report.indexOf("\n") + 1);
  const rehearse = async (rows: string[], query = base, header = columns) => {
    const csv = header + rows.join("\n");
    return (await admin.send("POST", `/invitations/import/sharepoint?client_id=files&dry_run=true&${query}`, { csv })).body;
  };

  it("names guests as SharePoint does: they are the very ones who lost their passcodes", async () => {
    const row = (name: string, email: string) => `sites/b/Plan.docx,docx,Read,${name},${email},External,,,`;
    const body = await rehearse(
      [
        row("Lee", "urn:spo:guest#lee@partner.example"),
        row("Lee", "i:0#.f|membership|urn%3aspo%3aguest#LEE@partner.example"),
        row("i:0#.f|membership|ada_partner.example#ext#@contoso.example", ""),
        row("Mo", "c:0o.c|federateddirectoryclaimprovider|4f@partner.example"),
        row("No\u202ebody", "nobody"),
        row('"Zed', "zed@partner.example"),
        'sites/b/Plan.docx,docx,Read,Robert "Bob" Lee,bob@partner.example,External,,,',
        row("kim@partner.example", ""),
      ],
      base,
      `# a title, above the table\n\n${columns.replace("E-mail", "Email")}`,
    );
    expect((body["invitations"] as Item[]).map(({ rows, email, name }) => [rows, email, name])).to.deep.equal([
      [[4, 5], "lee@partner.example", "Lee"],
      [[6], "ada@partner.example", null],
      [[10], "bob@partner.example", 'Robert "Bob" Lee'],
      [[11], "kim@partner.example", null],
    ]);
    expect((body["skipped"] as Item[]).map(({ row, user_email, user_name }) => [row, user_email, user_name])).to.deep.equal([
      [7, "c:0o.c|federateddirectoryclaimprovider|4f@partner.example", "Mo"],
      [8, "nobody", "Nobody"],
      [9, "zed@partner.example", '"Zed'],
    ]);
  });

  it("leads nowhere outside of the base, however its paths climb", async () => {
    const row = (path: string) => `${path},docx,Read,Ada,ada@partner.example,External,,,`;
    const paths = ["../admin", "sites/../../admin", "sites/%2e%2e/%2E%2e/admin", "sites/.%2e/x", "..\\admin", "./x", "sites/%252e%252e/x"];
    for (const path of [...paths, "https://app.example/docs/../admin", "https://app.example/docs/%2e%2e/admin", " .. /admin"]) {
      const body = await rehearse([row(path)], `base_url=${encodeURIComponent("https://app.example/docs/")}`);
      expect((body["invitations"] as Item[])[0]?.["target_url"], path).to.equal(null);
    }
    for (const folder of ["https://app.example/docs", "https://app.example/docs/", "https://app.example/docs?x=1#y"]) {
      const body = await rehearse([row("/sites/a..b/Plan.docx")], `base_url=${encodeURIComponent(folder)}`);
      expect((body["invitations"] as Item[])[0]?.["target_url"], folder).to.equal("https://app.example/docs/sites/a..b/Plan.docx");
    }
  });

  it("has to be the report", async () => {
    const csv = await admin.send("POST", "/invitations/import/sharepoint?client_id=files", { csv: "email\nada@example.com\n" });
    expect([csv.status, csv.body["detail"]]).to.deep.equal([
      400,
      "The file cannot be read as CSV: it has no column resource_path; its first row must name the columns.",
    ]);
    expect((await admin.post("/invitations/import/sharepoint?client_id=files", {})).status).to.equal(415);
    expect((await admin.send("POST", "/invitations/import/sharepoint?client_id=files")).status).to.equal(400);
  });
});
