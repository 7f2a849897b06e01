import { expect } from "chai";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Guestpass } from "../../support/guestpass.ts";

interface Result {
  row: number;
  outcome: string;
  email?: string;
  id?: string;
  sub?: string;
  link?: string;
  problem?: { title: string; detail: string; errors?: { field: string; message: string }[] };
}

describe("many invitations at once", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: AdminApi;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    ({ admin, files } = await startWithAdmin(guestpass));
  });
  afterEach(() => guestpass.stop());

  const upload = (csv: string | Uint8Array<ArrayBuffer>, query = "client_id=files&send_mail=false") =>
    admin.send("POST", `/invitations/bulk?${query}`, { csv });
  const results = (body: Record<string, unknown>) => body["results"] as Result[];

  it("succeed for 497 good rows of 500, and say of the bad three what is wrong", async () => {
    const rows = Array.from({ length: 500 }, (_, index) => `guest${index}@example.com,Guest ${index},https://app.example/f/${index}`);
    rows[9] = "guest9@,Guest 9,https://app.example/f/9";
    rows[99] = "guest99@example.com,Guest 99,https://evil.example/";
    rows[499] = "guest0@example.com,Guest 0,https://app.example/f/0";
    const { status, body } = await upload(`email,name,target_url\n${rows.join("\n")}\n`);
    expect([status, body["invited"], body["extended"], body["refused"]]).to.deep.equal([200, 497, 0, 3]);
    expect(results(body)).to.have.length(500);
    const refused = results(body).filter(({ outcome }) => outcome === "refused");
    expect(refused.map(({ row, problem }) => [row, problem?.errors?.[0]?.field ?? problem?.title])).to.deep.equal([
      [11, "email"],
      [101, "Foreign target"],
      [501, "Twice"],
    ]);
    expect(refused[2]?.problem?.detail).to.contain("Row 2");
    expect((await admin.get("/guests?limit=500")).body["items"]).to.have.length(498 - 1);
    const second = results(body)[1];
    expect((await admin.get(`/invitations/${second?.id}`)).body).to.include({ sub: second?.sub, email: "guest1@example.com" });
    expect(second?.link).to.match(/\/invitations\//);
  });

  it("take a name that stands on two lines as one, with a space", async () => {
    const { body } = await upload(
      'email,name,sponsor_name,label\nada@example.com,"Ada \r\n Lovelace","Charles\nBabbage","Plan\r\n\r\nof it"\n',
    );
    expect(body["invited"]).to.equal(1);
    const { body: guests } = await admin.get("/guests");
    expect((guests["items"] as { name: string }[])[0]?.name).to.equal("Ada Lovelace");
    const { body: invitation } = await admin.get(`/invitations/${results(body)[0]?.id}`);
    expect(invitation).to.deep.include({ label: "Plan of it" });
    const json = await files.post("/invitations", { email: "grace@example.com", name: "Grace\nHopper", send_mail: false });
    expect(json.status).to.equal(201);
    for (const line of ["\v", "\u2028", "\u2029", "\u0085", "\f", " \r \n "])
      expect(
        (await files.post("/invitations", { email: "grace@example.com", name: `Grace${line}Hopper`, send_mail: false })).status,
      ).to.equal(200);
    expect((await files.post("/invitations", { email: "eve@example.com", name: "Eve\u0000", send_mail: false })).status).to.equal(400);
  });

  it("take JSON from an application for itself, and each row by itself", async () => {
    const { body } = await files.post("/invitations/bulk", [
      { email: "ada@example.com" },
      { email: "nobody" },
      "nonsense",
      { email: "ada@example.com", client_id: "other" },
      null,
    ]);
    expect(results(body).map(({ row, outcome }) => [row, outcome])).to.deep.equal([
      [1, "invited"],
      [2, "refused"],
      [3, "refused"],
      [4, "refused"],
      [5, "refused"],
    ]);
    await guestpass.mail.wait("ada@example.com");
    expect((await files.post("/invitations/bulk", [{ email: "ada@example.com" }])).body).to.include({ invited: 0, extended: 1 });
  });

  it("read what spreadsheets write: byte order marks, semicolons, quotes, blank lines, headers in any case", async () => {
    const { body } = await upload(
      '\ufeff"E-Mail";Name;"Target URL";Message;Reverification Days;Send Mail\r\nada@example.com;"Lovelace; Ada";https://app.example/f/1;"Dear ""Ada"",\r\nwelcome";7,5;no\r\n\r\n;;;;;\r\ngrace@example.com;Grace;;;7.5;yes\r\n'.replace(
        '"E-Mail"',
        "email",
      ),
      "client_id=files",
    );
    expect(results(body).map(({ row, outcome }) => [row, outcome])).to.deep.equal([
      [2, "refused"],
      [5, "invited"],
    ]);
    expect(results(body)[0]?.problem?.errors?.map(({ field }) => field)).to.deep.equal(["reverification_days"]);
    await guestpass.mail.wait("grace@example.com");
    const quoted = await upload('email,name,message\nada@example.com,"Lovelace, Ada","Dear ""Ada"",\nwelcome"\n');
    const { id } = results(quoted.body)[0] as { id: string };
    expect((await admin.get(`/invitations/${id}`)).body["message"]).to.equal('Dear "Ada",\nwelcome');
    expect((await upload("EMAIL\tname\nmary@example.com\tMary\n")).body).to.include({ invited: 1 });
  });

  it("read files that were put together from others: line breaks of several kinds, a column without a name", async () => {
    const { body } = await upload("email,name,\r\nada@example.com,Ada,\ngrace@example.com,Grace,\rmary@example.com,Mary,stray\r\n");
    expect(results(body).map(({ row, outcome }) => [row, outcome])).to.deep.equal([
      [2, "invited"],
      [3, "invited"],
      [4, "refused"],
    ]);
    expect(results(body)[2]?.problem?.detail).to.contain("stray separator");
  });

  const outcomes = (body: Record<string, unknown>) => results(body).map(({ row, outcome, email }) => [row, outcome, email]);

  it("lose one row at the most to a stray quotation mark", async () => {
    const { body } = await upload(
      [
        "email,name,label",
        'bob@example.com,Robert "Bob" Lee,5" pipe',
        'ann@example.com,"Ann "the Fan" Lee",',
        'open@example.com,"Never closed,',
        'cy@example.com,Cy,"quoted"',
        'split@example.com,"Lee, "Di"",',
        '"dee@example.com,Dee,',
        "eve@example.com,Eve,",
        'fay@example.com,"Fay"" Wray","two, ""words"""',
      ].join("\n"),
    );
    expect(outcomes(body)).to.deep.equal([
      [2, "invited", "bob@example.com"],
      [3, "invited", "ann@example.com"],
      [4, "refused", "open@example.com"],
      [5, "invited", "cy@example.com"],
      [6, "refused", "split@example.com"],
      [7, "refused", '"dee@example.com'],
      [8, "invited", "eve@example.com"],
      [9, "invited", "fay@example.com"],
    ]);
    expect(results(body)[2]?.problem?.detail).to.match(/quotation mark/);
    const names = ((await admin.get("/guests")).body["items"] as { name: string }[]).map(({ name }) => name);
    expect(names).to.have.members(['Robert "Bob" Lee', 'Ann "the Fan" Lee', "Cy", "Eve", 'Fay" Wray']);
  });

  it("begin where the columns are named: below titles, comments, a line that names the separator; a header may come again", async () => {
    for (const above of [
      "sep=;\n",
      "\ufeffsep=;\r\n",
      '"sep=;"\n',
      "SEP=;\n",
      "# a comment; by hand\n",
      "Partners, as of Monday\n\n\n",
      'A "title, with; a quote\n',
    ])
      for (const header of ["email;name", "Name ;E-Mail", "E-Mail Address;name"]) {
        const row = header.startsWith("Name") ? "Ada;ada@example.com" : "ada@example.com;Ada";
        const { status, body } = await upload(`${above}${header}\n${row}\n# that was all\n\ufeff${header}\n${row.replace("ada@", "bob@")}`);
        expect([status, results(body)?.map(({ email }) => email)], above).to.deep.equal([200, ["ada@example.com", "bob@example.com"]]);
      }
    expect(outcomes((await upload("sep=|\nemail|name\nada@example.com|Ada\n")).body)).to.deep.equal([[2, "extended", "ada@example.com"]]);
    expect(outcomes((await upload("A title\n\nemail,label\nada@example.com,#42\nlabel,email\n#43,bob@example.com\n")).body)).to.deep.equal([
      [4, "extended", "ada@example.com"],
      [6, "extended", "bob@example.com"],
    ]);
  });

  it("read what Excel calls Unicode text: UTF-16 with tabs, in either order of bytes, with or without a mark", async () => {
    const text = "email\tname\nada@example.com\tÄda Łovelace\n";
    const little = Buffer.from(text, "utf16le");
    for (const bytes of [
      little,
      Buffer.from(`\ufeff${text}`, "utf16le"),
      Buffer.from(little).swap16(),
      Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
    ])
      expect(outcomes((await upload(Uint8Array.from(bytes))).body)[0]?.[2]).to.equal("ada@example.com");
    expect(((await admin.get("/guests")).body["items"] as { name: string }[])[0]?.name).to.equal("Äda Łovelace");
  });

  it("take the names that Microsoft's directory has for guests, and refuse by name what holds no address for certain", async () => {
    // Each a person of their own: an address that comes again would be refused for that.
    const numbered = (text: string, index: number) => text.replace(/ada(?=[_@])|lee(?=[@%])/i, `$&${index}`);
    const certain = [
      ["ada_partner.example#EXT#@contoso.onmicrosoft.example", "ada@partner.example"],
      ["Ada.B_Partner.Example#ext#@contoso.onmicrosoft.example", "Ada.B@Partner.Example"],
      ["first_last_partner.example#EXT#@contoso.onmicrosoft.example", "first_last@partner.example"],
      ["ada_partner.example#EXT#", "ada@partner.example"],
      ["ada_partner.example%23EXT%23@contoso.onmicrosoft.example", "ada@partner.example"],
      ["urn:spo:guest#lee@partner.example", "lee@partner.example"],
      ["URN:SPO:Guest#LEE@partner.example", "LEE@partner.example"],
      ["urn%3aspo%3aguest#lee@partner.example", "lee@partner.example"],
      ["urn%3Aspo%3Aguest%23lee%40partner.example", "lee@partner.example"],
      ["i:0#.f|membership|lee@partner.example", "lee@partner.example"],
      ["I:0#.F|Membership|urn%3aspo%3aguest#lee@partner.example", "lee@partner.example"],
      ["i:0#.f|membership|urn:spo:guest#lee@partner.example", "lee@partner.example"],
      ["i:0#.f|membership|ada_partner.example#ext#@contoso.onmicrosoft.example", "ada@partner.example"],
      ["i%3A0%23.f%7Cmembership%7Clee%40partner.example", "lee@partner.example"],
      ["live.com#lee@partner.example", "lee@partner.example"],
      ["SMTP:lee@partner.example", "lee@partner.example"],
      ["#tag%23a@partner.example", "#tag%23a@partner.example"],
      ["ada_partner.example＃EXT＃@contoso.onmicrosoft.example", "ada@partner.example"],
      ["ada_partner.example%2523EXT%2523@contoso.onmicrosoft.example", "ada@partner.example"],
      ["0#.f|membership|lee@partner.example", "lee@partner.example"],
      ["membership|lee@partner.example", "lee@partner.example"],
      ["spo:guest#lee@partner.example", "lee@partner.example"],
    ].map((pair, index) => pair.map((text) => numbered(text, index)) as [string, string]);
    const uncertain = [
      "ada#EXT#@contoso.onmicrosoft.example",
      "ada_lovelace#EXT#@contoso.onmicrosoft.example",
      "_partner.example#EXT#@contoso.onmicrosoft.example",
      "#EXT#@contoso.onmicrosoft.example",
      "urn:spo:guest#",
      "urn:spo:anon#4f2a@partner.example",
      "urn:spo:tenantgroup#x@partner.example",
      "i:0h.f|membership|1003200abcdef@live.com",
      "i:0#.w|contoso\\\\ada@partner.example",
      "i:05.t|adfs|ada@partner.example",
      "c:0o.c|federateddirectoryclaimprovider|ada@partner.example",
      "c:0(.s|true",
      "i:0#.f|membership|c:0(.s|true",
      "ada_partner.example#EXT#1@contoso.onmicrosoft.example",
      "guest#lee@partner.example",
      "0h.f|membership|1003200abcdef@live.com",
      "spo:anon#4f2a@partner.example",
    ];
    const given = [...certain.map(([name]) => name), ...uncertain];
    const expected = [...certain.map(([, address]) => address), ...uncertain];
    const addressesOf = (body: Record<string, unknown>) => results(body).map(({ email }) => email);
    const csv = await upload(
      `label,email\n${given
        .map((name, index) => `${index},${name},\n`)
        .join("")
        .replaceAll(",\n", "\n")}`,
    );
    expect(addressesOf(csv.body)).to.deep.equal(expected);
    const json = await files.post(
      "/invitations/bulk?send_mail=false",
      given.map((email, index) => ({ email, label: `${index}` })),
    );
    for (const { body } of [csv, json])
      expect(results(body).map(({ outcome }) => outcome === "refused")).to.deep.equal(given.map((name) => uncertain.includes(name)));
    const invited = ((await admin.get("/guests")).body["items"] as { email: string }[]).map(({ email }) => email.toLowerCase());
    expect(new Set(invited)).to.have.all.keys(...new Set(certain.map(([, address]) => address.toLowerCase())));
    for (const { problem } of results(csv.body).slice(certain.length))
      expect(problem?.errors?.[0]?.message).to.match(/Microsoft|SharePoint|name@/);
  });

  it("do not count as repeats of refused rows: the second of two that say the same is good where the first one was not", async () => {
    const { body } = await files.post("/invitations/bulk?send_mail=false", [
      { email: "ada@example.com", redeem_by: "2020-01-01T00:00:00Z" },
      { email: "ada@example.com" },
      { email: "ada@example.com" },
    ]);
    expect(results(body).map(({ outcome, problem }) => [outcome, problem?.title])).to.deep.equal([
      ["refused", "Over already"],
      ["invited", undefined],
      ["refused", "Twice"],
    ]);
  });

  it("have targets short enough to be stored: one that is too long once it is encoded is refused, and the others are invited", async () => {
    const letters = Array.from({ length: 1000 }, (_, index) => String.fromCharCode(0x4e00 + ((index * 7919) % 20_000))).join("");
    const { status, body } = await files.post("/invitations/bulk?send_mail=false", [
      { email: "ada@example.com", target_url: `https://app.example/${letters}` },
      { email: "ada@example.com", target_url: `https://app.example/${letters.slice(0, 200)}` },
    ]);
    expect(status).to.equal(200);
    expect(results(body).map(({ outcome }) => outcome)).to.deep.equal(["refused", "invited"]);
    expect(results(body)[0]?.problem?.errors).to.deep.equal([
      { field: "target_url", in: "row", message: "must have at most 2000 characters once it is percent-encoded" },
    ]);
  });

  it("take a date alone for its first moment, as at the command line", async () => {
    const dated = await upload(
      "email,redeem_by,access_ends_at\nada@example.com,2098-01-01,2099-06-30T12:00:00+02:00\ngrace@example.com,01.01.2098,\n",
    );
    const [good, bad] = results(dated.body);
    expect((await admin.get(`/invitations/${good?.id}`)).body).to.include({
      redeem_by: "2098-01-01T00:00:00.000Z",
      access_ends_at: "2099-06-30T10:00:00.000Z",
    });
    expect(bad?.problem?.errors?.map(({ field }) => field)).to.deep.equal(["redeem_by"]);
    const json = await files.post("/invitations/bulk?send_mail=false", [{ email: "mary@example.com", access_ends_at: "2099-06-30" }]);
    expect((await admin.get(`/invitations/${results(json.body)[0]?.id}`)).body["access_ends_at"]).to.equal("2099-06-30T00:00:00.000Z");
    expect((await admin.post("/guests/search", { verified_before: "2098-01-01" })).status).to.equal(200);
    expect((await admin.get("/guests?verified_before=2098-01-32")).status).to.equal(400);
  });

  it("say what is wrong with a file that cannot be read, and invite nobody", async () => {
    for (const [csv, why] of [
      ["", /no rows|file/],
      ["email\n", /no rows/],
      ["address\nada@example.com\n", /no column email/],
      ["email,Name,name\nada@example.com,Ada,Countess\n", /the column name twice/],
      [Uint8Array.from(Buffer.from("email,name\nada@example.com,M\xfcller\n", "latin1")), /UTF-8/],
    ] as const) {
      const { status, body } = await upload(csv);
      expect(status, String(why)).to.equal(400);
      expect(String(body["detail"])).to.match(why);
    }
    const odd = await upload("email,name\nada@example.com,Ada,stray\ngrace@example.com\n");
    expect(results(odd.body).map(({ outcome }) => outcome)).to.deep.equal(["refused", "invited"]);
    expect((await upload("email,role\nada@example.com,admin\n")).body).to.include({ refused: 1 });
    expect((await admin.get("/guests")).body["items"]).to.have.length(1);
  });

  it("take what lists and exports say of guests and invitations, but for those that are over", async () => {
    for (const name of ["ada", "grace"])
      await files.post("/invitations", { email: `${name}@example.com`, label: "Plan", send_mail: false });
    const lists = ["/guests", "/invitations"];
    const items = async (path: string) => (await admin.get(path)).body["items"] as Record<string, unknown>[];
    for (const path of lists) {
      const { body } = await admin.post("/invitations/bulk?client_id=files&send_mail=false", await items(path));
      expect([body["refused"], results(body).length], path).to.deep.equal([0, 2]);
    }
    const [first] = await items("/invitations");
    await admin.post(`/invitations/${first?.["id"]}/revoke`);
    const { body } = await admin.post("/invitations/bulk?send_mail=false", await items("/invitations"));
    const refused = results(body).filter(({ outcome }) => outcome === "refused");
    expect(refused.map(({ problem }) => problem?.detail)).to.deep.equal([
      "The row's state is revoked. To invite this guest anyway, empty that field.",
    ]);
  });

  it("have a maximum: 1,000 rows of JSON, 10,000 of CSV", async () => {
    expect((await files.post("/invitations/bulk", Array(1001).fill({ email: "ada@example.com" }))).status).to.equal(413);
    expect((await files.post("/invitations/bulk", [])).status).to.equal(400);
    expect((await upload(`email\n${"a@\n".repeat(10_001)}`)).status).to.equal(413);
    expect((await upload(`email\n${"a@\n".repeat(10_000)}`)).body["refused"]).to.equal(10_000);
    expect((await upload(`email,message\n${`a@,${"x".repeat(1000)}\n`.repeat(10_800)}`)).status).to.equal(413);
  });

  it("count what is empty as well, in the report of SharePoint too", async () => {
    const ten = 10 * 1024 * 1024 - 100;
    const tooMuch: [string, RegExp][] = [
      [`email\n${"\n".repeat(ten)}`, /more than 50000 lines/],
      [`email\r${"\r".repeat(60_000)}`, /more than 50000 lines/],
      ["\n".repeat(60_000), /more than 50000 lines/],
      [",".repeat(98_000), /in row 1 more than 200 fields/],
      [`email${",".repeat(98_000)}\nada@example.com\n`, /in row 1 more than 200 fields/],
      [`email\nada@example.com${";".repeat(9)}${",".repeat(300)}\n`, /in row 2 more than 200 fields/],
      [`email,name\n${`${",".repeat(150)}\n`.repeat(4000)}`, /more than 500000 fields/],
      [`email,message\nada@example.com,${"x".repeat(150_000)}\n`, /in row 2 more than 100000 characters/],
      ["x".repeat(ten), /in row 1 more than 100000 characters/],
      [`email\n"${"x".repeat(ten)}`, /in row 2 more than 100000 characters/],
    ];
    for (const [csv, why] of tooMuch) {
      for (const path of ["bulk?client_id=files", "import/sharepoint?client_id=files"]) {
        if (path.startsWith("import") && /^email/.test(csv) && !/lines|row 1/.test(String(why))) continue;
        const { status, body } = await admin.send("POST", `/invitations/${path}`, { csv });
        expect([status, String(body["detail"])], `${path} ${csv.slice(0, 30)}`).to.satisfy(
          ([code, detail]: [number, string]) => code === 413 && why.test(detail),
        );
      }
    }
    expect((await admin.get("/guests")).body["items"]).to.deep.equal([]);
  });

  it("name a hundred mistakes at the most", async () => {
    const fields = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`field${index}`, 1]));
    const { status, body } = await files.post("/invitations", { email: "ada@example.com", ...fields });
    expect([status, (body["errors"] as unknown[]).length]).to.deep.equal([400, 100]);
  });
});
