import { expect } from "chai";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Guestpass } from "../../support/guestpass.ts";

interface Result {
  row: number;
  outcome: string;
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

  it("are told apart from rows that were refused: the second of two that say the same is good where the first one was not", async () => {
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

  it("have targets of a length that can be kept: one that is too long once it is encoded is refused, and the others are invited", async () => {
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
  });

  it("say what is wrong with a file that cannot be read, and invite nobody", async () => {
    for (const [csv, why] of [
      ["", /no rows|file/],
      ["email\n", /no rows/],
      ["address\nada@example.com\n", /no column email/],
      ['email\n"ada@example.com\n', /Quote/i],
      ['email,name\nada@example.com,Ada "the Countess"\n', /Quote/i],
      ["email,Name,name\nada@example.com,Ada,Countess\n", /the column name twice/],
      [Uint8Array.from(Buffer.from("email,name\nada@example.com,M\xfcller\n", "latin1")), /UTF-8/],
      [`email,message\nada@example.com,${"x".repeat(150_000)}\n`, /record/i],
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

  it("have an end: 1,000 rows of JSON, 10,000 of CSV", async () => {
    expect((await files.post("/invitations/bulk", Array(1001).fill({ email: "ada@example.com" }))).status).to.equal(400);
    expect((await files.post("/invitations/bulk", [])).status).to.equal(400);
    expect((await upload(`email\n${"a@\n".repeat(10_001)}`)).status).to.equal(413);
    expect((await upload(`email\n${"a@\n".repeat(10_000)}`)).body["refused"]).to.equal(10_000);
    expect((await upload(`email,message\n${`a@,${"x".repeat(1000)}\n`.repeat(10_800)}`)).status).to.equal(413);
  });
});
