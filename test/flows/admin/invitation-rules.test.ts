// Where the administration API does not invite, and whom it does not invite.
import { expect } from "chai";
import { AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

describe("invitations that an application asks for", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: AdminApi;
  let application: RegisteredApplication;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    const started = await startWithAdmin(guestpass);
    ({ admin, files } = started);
    application = started.applications.files;
  });
  afterEach(() => guestpass.stop());

  const invite = (email: string, more: object = {}) => files.post("/invitations", { email, ...more });
  const inDays = (days: number) => new Date(guestpass.clock.now() + days * 86_400_000).toISOString();

  it("lead to an origin that the application registered, and nowhere else", async () => {
    for (const target of [
      "https://evil.example/",
      "http://app.example/",
      "https://app.example.evil.example/",
      "https://app.example@evil.example/",
      "https://user:pass@app.example/",
      "https://app.example:8080/",
      "http:\\\\evil.example\\app.example",
      "//app.example/",
      "javascript:alert(1)",
      "app.example",
      "https://app.example\u0000.evil.example/",
    ]) {
      const { status } = await invite("ada@example.com", { target_url: target });
      expect(status, target).to.be.oneOf([400, 422]);
    }
    expect((await admin.get("/guests")).body["items"]).to.deep.equal([]);
    expect((await invite("ada@example.com", { target_url: "HTTPS://APP.example:443/a b" })).body["target_url"]).to.equal(
      "https://app.example/a%20b",
    );
  });

  it("go to the domains that the settings and the application allow", async () => {
    await admin.patch("/settings", { deny_domains: ["*.bad.example"], allow_domains: [] });
    await admin.patch("/applications/files", { allow_domains: ["example.com", "sub.bad.example"] });
    guestpass.clock.advance({ seconds: 6 });
    const api = new AdminApi(guestpass, application);
    for (const [email, status] of [
      ["ada@example.com", 201],
      ["ada@sub.example.com", 422],
      ["ada@sub.bad.example", 422],
      ["ada@other.example", 422],
      ["ada@EXAMPLE.COM", 200],
    ] as const)
      expect((await api.post("/invitations", { email, send_mail: false })).status, email).to.equal(status);
  });

  it("are refused with what is wrong, field by field", async () => {
    const { status, body } = await files.post("/invitations", {
      email: "nobody",
      message: "hello\u202eolleh",
      label: "plan\u202enalp",
      redeem_by: "tomorrow",
      reverification_days: 0,
      sponsor: "x",
    });
    expect(status).to.equal(400);
    const fields = (body["errors"] as { field: string; in: string }[]).map(({ field }) => field);
    expect(fields).to.have.members(["email", "message", "label", "redeem_by", "reverification_days", "sponsor"]);
    for (const past of [{ redeem_by: inDays(-1) }, { access_ends_at: inDays(-1) }])
      expect((await invite("ada@example.com", past)).body["title"]).to.equal("Over already");
  });

  it("mail one address ten times an hour at the most for one application", async () => {
    const answers = [];
    // Nothing is mailed for a refused request.
    expect((await invite("ada@example.com", { target_url: "https://evil.example/" })).status).to.equal(422);
    for (let times = 0; times < 12; times++) answers.push(await invite("ada@example.com", { target_url: `https://app.example/${times}` }));
    expect(answers.map(({ status }) => status)).to.deep.equal([...Array<number>(10).fill(201), 429, 429]);
    expect(Number(answers.at(-1)?.headers.get("retry-after"))).to.be.within(3000, 3600);
    expect((await invite("grace@example.com")).status).to.equal(201);
    expect((await invite("ada@example.com", { send_mail: false })).status).to.equal(201);
    const again = await files.post(`/invitations/${answers[0]?.body["id"]}/resend`);
    expect([again.status, Number(again.headers.get("retry-after")) > 3000], "sent again").to.deep.equal([429, true]);
    const other = new AdminApi(guestpass, await guestpass.register("photos"));
    expect((await other.post("/invitations", { email: "ada@example.com" })).status, "another application").to.equal(201);
  });

  for (const [how, shutOut] of [
    ["is suspended", (sub: string) => admin.post(`/guests/${sub}/suspend`, { reason: "left" })],
    ["has expired", (sub: string) => admin.patch(`/guests/${sub}`, { expires_at: inDays(-1) })],
  ] as const) {
    it(`mail nobody who ${how}, asked for anew or sent again; to an application that has not met the guest that does not show`, async () => {
      const { body } = await invite("ada@example.com");
      await guestpass.mail.wait("ada@example.com");
      await shutOut(String(body["sub"]));
      for (const path of [`/invitations/${body["id"]}/resend`, "/invitations"]) {
        const details = path === "/invitations" ? { email: "ada@example.com" } : undefined;
        const { client_id } = body;
        const refused = await admin.post(path, details && { ...details, client_id });
        expect([refused.status, refused.body["sub"]], path).to.deep.equal([409, body["sub"]]);
        expect((await files.post(path, details)).status, path).to.equal(200);
      }
      await invite("grace@example.com");
      await guestpass.mail.wait("grace@example.com");
      expect(guestpass.mail.to("ada@example.com")).to.have.length(1);
    });
  }

  it("are not sent again to a domain that is refused by now", async () => {
    const { body } = await invite("ada@example.com", { send_mail: false });
    await admin.patch("/settings", { deny_domains: ["example.com"] });
    guestpass.clock.advance({ seconds: 6 });
    const again = await new AdminApi(guestpass, application).post(`/invitations/${body["id"]}/resend`);
    expect([again.status, again.body["title"]]).to.deep.equal([422, "Domain refused"]);
  });
});
