import { expect } from "chai";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { signedIn } from "../../support/protocol.ts";

describe("guests through the administration API", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: AdminApi;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    ({ admin, files } = await startWithAdmin(guestpass));
  });
  afterEach(() => guestpass.stop());

  const create = async (email: string, more: object = {}) =>
    (await admin.post("/guests", { email, ...more })).body as Record<string, string>;
  const emails = (body: Record<string, unknown>) => (body["items"] as { email: string }[]).map(({ email }) => email);

  it("are created, read, changed and listed", async () => {
    const created = await admin.post("/guests", {
      email: " Ada@Example.com ",
      name: "Ada Lovelace",
      locale: "en-GB",
      external_id: "4711",
      notes: "met at\nthe fair",
      reverification_days: 0.5,
      expires_at: "2030-01-01T00:00:00+01:00",
    });
    expect(created.status).to.equal(201);
    const { sub } = created.body as { sub: string };
    expect(created.body).to.include({
      state: "invited",
      email: "Ada@Example.com",
      reverification_days: 0.5,
      expires_at: "2029-12-31T23:00:00.000Z",
    });
    const read = await admin.get(`/guests/${sub}`);
    expect(read.headers.get("etag")).to.equal(created.headers.get("etag"));
    expect(read.body["aliases"]).to.have.length(1);
    const changed = await admin.patch(`/guests/${sub}`, { name: "Countess", notes: null });
    expect(changed.body).to.include({ name: "Countess", notes: null, external_id: "4711" });
    expect((await admin.get("/guests")).body["items"]).to.deep.equal([changed.body]);
  });

  it("are shown with guests whose addresses look alike: they differ by what follows a plus sign alone", async () => {
    const { sub } = await create("Ada+Files@Example.com");
    await admin.post(`/guests/${sub}/aliases`, { email: "ada+own@example.com" });
    const plain = await create("ada@example.com");
    const tagged = await create("ada+x+y@EXAMPLE.com");
    for (const other of [
      "adam@example.com",
      "ada@other.example",
      "ada,b@other.example",
      "+ada@example.com",
      "ada-x@example.com",
      "ada+x@sub.example.com",
    ])
      await admin.post("/guests", { email: other });
    const alike = async (of: string) => (await admin.get(`/guests/${of}`)).body["look_alikes"];
    expect(await alike(String(sub))).to.have.deep.members([
      { address: "ada+x+y@EXAMPLE.com", sub: tagged["sub"] },
      { address: "ada@example.com", sub: plain["sub"] },
    ]);
    expect(await alike(String(plain["sub"]))).to.have.deep.members([
      { address: "Ada+Files@Example.com", sub },
      { address: "ada+own@example.com", sub },
      { address: "ada+x+y@EXAMPLE.com", sub: tagged["sub"] },
    ]);
    await files.post("/invitations", { email: "ada@example.com", send_mail: false });
    expect((await files.get(`/guests/${plain["sub"]}`)).body).not.to.have.property("look_alikes");
  });

  it("have names of any script, joiners included, without what is invisible otherwise", async () => {
    for (const name of ["\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\u0d28\u0d4d\u200d", "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}"])
      expect(await create(`${name}@example.com`.replaceAll(/[\u200c\u200d]|\p{Extended_Pictographic}/gu, "x"), { name })).to.include({
        name,
      });
    for (const name of ["\u200c", "\u200dAda", "Ada\u202e", "A\u200bda"])
      expect((await admin.post("/guests", { email: "grace@example.com", name })).status, JSON.stringify(name)).to.equal(400);
  });

  it("are recorded in one step with all that is said of them: there is no version before it, which somebody else could change", async () => {
    const guest = await create("ada@example.com", { name: "Ada", notes: "met at the fair", expires_at: "2030-01-01T00:00:00Z" });
    expect(guest["updated_at"]).to.equal(guest["created_at"]);
    const told = (await admin.get(`/audit?sub=${guest["sub"]}`)).body["items"] as Record<string, unknown>[];
    expect(told.map(({ action, personal }) => ({ action, personal }))).to.deep.equal([
      { action: "guest.recorded", personal: { after: { notes: "met at the fair", expires_at: "2030-01-01T00:00:00.000Z" } } },
    ]);
  });

  it("are one guest for one address, however it is written and however many ask at once", async () => {
    const answers = await Promise.all(
      ["ada@example.com", "ADA@example.com", "Ada@EXAMPLE.com"].map((email) => admin.post("/guests", { email })),
    );
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 200, 201]);
    expect(new Set(answers.map(({ body }) => body["sub"])).size).to.equal(1);
    expect(emails((await admin.get("/guests")).body)).to.have.length(1);
  });

  it("are found by part of an address or name, by any address, by sponsor, and in bulk", async () => {
    const { sub } = await create("ada@example.com", { name: "Ada Lovelace", external_id: "4711" });
    await admin.post(`/guests/${sub}/aliases`, { email: "countess@home.example" });
    await create("grace@example.org");
    await admin.post("/invitations", { email: "ada@example.com", client_id: "files", sponsor_email: "charles@example.net" });
    for (const search of [
      { search: "lovel" },
      { search: "ADA@EX" },
      { search: "ad" },
      { email: "Countess@HOME.example" },
      { sponsor_email: "charles@example.net" },
      { sponsor_email: "CHARLES@Example.Net" },
      { external_id: "4711" },
      { domain: "home.example" },
      { client_id: "files" },
    ]) {
      const { status, body } = await admin.post("/guests/search", search);
      expect([status, emails(body)], JSON.stringify(search)).to.deep.equal([200, ["ada@example.com"]]);
    }
    expect(emails((await admin.post("/guests/search", { search: "100%" })).body)).to.deep.equal([]);
    const lookup = await admin.post("/guests/lookup", {
      addresses: ["countess@home.example", "ADA@example.com", "no@example.com", "nonsense"],
    });
    const subs = (lookup.body["guests"] as { sub: string | null }[]).map((each) => each.sub);
    expect(subs).to.deep.equal([sub, sub, null, null]);
    expect((await admin.post("/guests/lookup", { addresses: Array<string>(1001).fill("a@example.com") })).status).to.equal(400);
  });

  it("are listed by state and by how old their proof is", async () => {
    const application = await guestpass.register("open");
    await signedIn(guestpass, application, { address: "ada@example.com" });
    const { sub } = await create("grace@example.com");
    await create("mary@example.com");
    await admin.post(`/guests/${sub}/suspend`, { reason: "left" });
    expect(emails((await admin.get("/guests?state=active")).body)).to.deep.equal(["ada@example.com"]);
    expect(emails((await admin.get("/guests?state=suspended")).body)).to.deep.equal(["grace@example.com"]);
    const before = encodeURIComponent(new Date(guestpass.clock.now() - 1000 * 60).toISOString());
    expect(emails((await admin.get(`/guests?verified_before=${before}`)).body)).to.have.members(["grace@example.com", "mary@example.com"]);
  });

  it("are paged without a gap or a repeat, though others come meanwhile", async () => {
    const expected: string[] = [];
    for (let index = 0; index < 7; index++) expected.unshift((await create(`guest${index}@example.com`))["email"] as string);
    const seen: string[] = [];
    let cursor: string | null = "";
    for (let page = 0; cursor !== null; page++) {
      const { body }: { body: Record<string, unknown> } = await admin.get(`/guests?limit=2${cursor && `&cursor=${cursor}`}`);
      seen.push(...emails(body));
      cursor = body["next"] as string | null;
      await create(`newer${page}@example.com`);
    }
    expect(seen).to.deep.equal(expected);
  });

  it("are changed by exactly one of two who read the same version", async () => {
    const { sub } = await create("ada@example.com");
    const etag = (await admin.get(`/guests/${sub}`)).headers.get("etag") as string;
    const names = Array.from({ length: 8 }, (_, index) => `Name ${index}`);
    const answers = await Promise.all(names.map((name) => admin.patch(`/guests/${sub}`, { name }, { "if-match": etag })));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, ...Array<number>(7).fill(412)]);
    const winner = answers.findIndex(({ status }) => status === 200);
    expect((await admin.get(`/guests/${sub}`)).body["name"]).to.equal(names[winner]);
    for (const stale of [
      await admin.delete(`/guests/${sub}`, { "if-match": etag }),
      await admin.post(`/guests/${sub}/aliases`, { email: "other@example.com" }, { "if-match": etag }),
    ])
      expect(stale.status).to.equal(412);
    expect((await admin.get(`/guests/${sub}`)).body["aliases"]).to.have.length(1);
  });

  it("are found by letters that are not ASCII, in whichever form and case they are typed, after a change of name too", async () => {
    const { sub } = await create("Jörg@BÜCHER.example", { name: "Jörg Ångström".normalize("NFD") });
    for (const name of [undefined, "Jörg ÅNGSTRÖM".normalize("NFD")]) {
      if (name !== undefined) await admin.patch(`/guests/${sub}`, { name });
      for (const search of [
        { search: "bücher" },
        { search: "BÜCHER".normalize("NFD") },
        { search: "ångström" },
        { search: "Ångström".normalize("NFD") },
        { search: "xn--bcher" },
        { domain: "Bücher.example" },
        { domain: "xn--bcher-kva.example" },
      ]) {
        const { status, body } = await admin.post("/guests/search", search);
        expect([status, emails(body)], JSON.stringify([name, search])).to.deep.equal([200, ["Jörg@BÜCHER.example"]]);
      }
    }
    expect((await admin.get(`/guests?domain=${encodeURIComponent("bücher.example")}`)).body["items"]).to.have.length(1);
    expect((await admin.get("/guests?domain=no_domain")).status).to.equal(400);
  });

  it("take every change that is made without a version, however many come at once", async () => {
    const { sub } = await create("ada@example.com");
    const changes = [{ name: "Ada" }, { notes: "met at the fair" }, { external_id: "4711" }, { locale: "de" }, { reverification_days: 7 }];
    const answers = await Promise.all(changes.map((change) => admin.patch(`/guests/${sub}`, change)));
    expect(answers.map(({ status }) => status)).to.deep.equal(changes.map(() => 200));
    expect((await admin.get(`/guests/${sub}`)).body).to.deep.include(Object.assign({}, ...changes));
  });

  it("have a new version after every change, even where the clock was put back", async () => {
    const { sub } = await create("ada@example.com");
    const etags = [(await admin.get(`/guests/${sub}`)).headers.get("etag")];
    guestpass.clock.advance({ minutes: -1 });
    for (const [path, body] of [
      ["suspend", { reason: "left" }],
      ["resume", undefined],
      ["aliases", { email: "a@example.com" }],
      ["aliases/make-primary", { email: "a@example.com" }],
      ["aliases/remove", { email: "ada@example.com" }],
    ] as const)
      etags.push((await admin.post(`/guests/${sub}/${path}`, body)).headers.get("etag"));
    etags.push((await admin.patch(`/guests/${sub}`, { name: "A" })).headers.get("etag"));
    expect(new Set(etags).size, etags.join(" ")).to.equal(7);
    expect(etags).to.deep.equal([...etags].sort());
  });

  it("are suspended with the reason, and resumed", async () => {
    const { sub } = await create("ada@example.com");
    const suspended = await admin.post(`/guests/${sub}/suspend`, { reason: "left the partner company" });
    expect(suspended.body).to.include({ state: "suspended", suspended_reason: "left the partner company" });
    expect((await admin.post(`/guests/${sub}/suspend`, { reason: "again" })).body["suspended_reason"]).to.equal("left the partner company");
    expect((await admin.post(`/guests/${sub}/suspend`, { reason: " " })).status).to.equal(400);
    expect((await admin.post(`/guests/${sub}/resume`)).body).to.include({ state: "invited", suspended_reason: null });
  });

  it("accept only fields that can be changed", async () => {
    const { sub } = await create("ada@example.com");
    for (const field of ["sub", "state", "email", "verified_at", "created_at", "suspended_reason", "aliases", "constructor"]) {
      const { status, body } = await admin.patch(`/guests/${sub}`, JSON.parse(`{"name":"X","${field}":"active"}`));
      expect([status, (body["errors"] as object[])?.[0]], field).to.deep.equal([
        400,
        { field, in: "body", message: "is not an allowed field here" },
      ]);
    }
    const poisoned = await admin.send("PATCH", `/guests/${sub}`, { json: JSON.parse('{"name":"X","__proto__":{"state":"active"}}') });
    expect(poisoned.status).to.equal(400);
    expect((await admin.get(`/guests/${sub}`)).body).to.include({ name: null, state: "invited" });
  });
});
