import { expect } from "chai";
import { AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { signedIn } from "../../support/protocol.ts";
import { placesOf } from "../../support/tables.ts";

describe("invitations through the administration API", () => {
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
  const subjects = async (count: number) => (await guestpass.mail.wait("ada@example.com", count)).map(({ parsed }) => parsed.subject);

  it("give the sub at once, and mail the link", async () => {
    const target = "https://app.example/f/42";
    const { status, body } = await invite("ada@example.com", {
      target_url: target,
      sponsor_name: "Charles",
      message: "Have a look\nbefore Friday",
    });
    expect(status).to.equal(201);
    expect(body).to.include({ state: "pending", client_id: "files", target_url: target, sponsor_name: "Charles" });
    expect(body).not.to.have.property("link");
    expect((await admin.get(`/guests/${body["sub"]}`)).body).to.include({ state: "invited", email: "ada@example.com" });
    const [mail] = await guestpass.mail.wait("ada@example.com");
    expect(mail?.parsed.subject, "nobody can check who Charles is").to.equal("You are invited to Application files");
    expect(mail?.parsed.text).to.match(/^Someone who says they are Charles invites you to Application files\n/);
    expect(mail?.parsed.text).to.contain("This message came with the invitation:\n> Have a look\n> before Friday");
  });

  it("name the address that a sponsor can be asked at in place of a name that reads like another one", async () => {
    await invite("ada@example.com", { sponsor_name: "ceo\uff20bank.example", sponsor_email: "mallory@evil.example" });
    const [mail] = await guestpass.mail.wait("ada@example.com");
    expect(mail?.parsed.subject).to.equal("mallory@evil.example invites you to Application files");
    expect(mail?.parsed.text).to.contain("Sponsor: mallory@evil.example").and.not.contain("bank");
  });

  it("extend and resend where the same address is invited to the same target again", async () => {
    const first = await invite("ada@example.com", { target_url: "https://app.example/a", label: "Plan", redeem_by: inDays(1) });
    const again = await invite("ADA@example.com", { target_url: "https://app.example/a", redeem_by: inDays(9) });
    expect([first.status, again.status]).to.deep.equal([201, 200]);
    expect(again.body).to.include({ id: first.body["id"], label: "Plan", redeem_by: inDaysOf(again.body) });
    expect(Date.parse(String(again.body["redeem_by"]))).to.be.greaterThan(Date.parse(String(first.body["redeem_by"])));
    const { items } = (await admin.get("/audit?action=invitation.extended")).body as { items: { details: object }[] };
    const dates = ({ body }: typeof first) => ({ redeem_by: body["redeem_by"], access_ends_at: null });
    expect(items.map(({ details }) => details)).to.deep.equal([
      { invitation: first.body["id"], ...dates(again), before: dates(first), after: dates(again) },
    ]);
    expect((await invite("ada@example.com", { target_url: "https://app.example/b" })).status).to.equal(201);
    expect(await subjects(3)).to.have.length(3);
  });

  it("are mailed again to a guest who has redeemed them, whenever that was, without a date that has passed", async () => {
    const { body } = await invite("ada@example.com", { redeem_by: inDays(1) });
    await guestpass.mail.wait("ada@example.com");
    await signedIn(guestpass, application, { address: "ada@example.com" });
    guestpass.clock.advance({ days: 2 });
    expect((await new AdminApi(guestpass, application).post(`/invitations/${body["id"]}/resend`)).status).to.equal(200);
    const [first, , again] = await guestpass.mail.wait("ada@example.com", 3);
    expect(again?.parsed.subject).to.equal(first?.parsed.subject);
    expect([first, again].map((mail) => mail?.parsed.text?.includes("Open it by"))).to.deep.equal([true, false]);
  });

  it("keep the end of access where they are extended without a word about it, unless access has ended", async () => {
    const end = async (more: object = {}) => (await invite("ada@example.com", { send_mail: false, ...more })).body["access_ends_at"];
    const given = await end({ access_ends_at: inDays(3) });
    expect(given).not.to.equal(null);
    expect(await end()).to.equal(given);
    expect(await end({ access_ends_at: null })).to.equal(null);
    expect(await end({ access_ends_at: inDays(1 / 1440) })).not.to.equal(null);
    guestpass.clock.advance({ minutes: 2 });
    expect(await end()).to.equal(null);
  });

  it("can be redeemed no shorter for being extended, unless that is said", async () => {
    const until = async (more: object = {}) =>
      new Date((await invite("ada@example.com", { send_mail: false, ...more })).body["redeem_by"] as string);
    const given = await until({ redeem_by: inDays(60) });
    expect(await until()).to.deep.equal(given);
    expect(await until({ redeem_by: inDays(2) })).to.be.lessThan(given);
    expect(await until()).to.be.greaterThan(new Date(inDays(13)));
  });

  it("are one, though they are asked for many times at once", async () => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => invite("ada@example.com", { send_mail: false })));
    expect(new Set(answers.map(({ body }) => body["id"])).size).to.equal(1);
    expect(answers.filter(({ status }) => status === 201)).to.have.length(1);
    expect((await admin.get("/guests")).body["items"]).to.have.length(1);
  });

  it("are made once for an Idempotency-Key, at once or one after the other", async () => {
    const key = { "idempotency-key": "share-42-with-ada@example.com" };
    const ask = (email: string) => files.post("/invitations", { email }, key);
    const answers = await Promise.all(Array.from({ length: 6 }, () => ask("ada@example.com")));
    const made = answers.filter(({ status }) => status === 201);
    expect(made.length).to.be.greaterThan(0);
    for (const { status } of answers) expect(status).to.be.oneOf([201, 409]);
    const repeated = await ask("ada@example.com");
    expect([repeated.status, repeated.text]).to.deep.equal([201, made[0]?.text]);
    expect(repeated.headers.get("etag")).to.equal(made[0]?.headers.get("etag"));
    expect(await subjects(1)).to.have.length(1);
    expect(await placesOf(guestpass.server.app.db, "share-42")).to.deep.equal([]);
    expect((await ask("grace@example.com")).status, "another request with the key").to.equal(422);
    const other = await admin.post("/invitations", { email: "grace@example.com", client_id: "files" }, key);
    expect(other.status, "another application's key of the same name").to.equal(201);
    guestpass.clock.advance({ days: 1, minutes: 1 });
    await guestpass.server.app.sweep();
    expect((await new AdminApi(guestpass, application).post("/invitations", { email: "grace@example.com" }, key)).status).to.equal(200);
  });

  it("hand the link to an application that sends its own mail", async () => {
    const { body } = await invite("ada@example.com", { send_mail: false, target_url: "https://app.example/f/42" });
    const answer = await guestpass.browser().request(String(body["link"]));
    expect(answer.location).to.equal("https://app.example/f/42");
    expect(guestpass.mail.mails).to.deep.equal([]);
  });

  it("have the states that their dates say, and are listed by them", async () => {
    const pending = (await invite("a@example.com", { send_mail: false })).body;
    const revoked = (await invite("b@example.com", { send_mail: false })).body;
    const expired = (await invite("c@example.com", { send_mail: false, redeem_by: inDays(1) })).body;
    const ended = (await invite("d@example.com", { send_mail: false, access_ends_at: inDays(1) })).body;
    const redeemed = (await invite("e@example.com", { send_mail: false })).body;
    await signedIn(guestpass, application, { address: "e@example.com" });
    await files.post(`/invitations/${revoked["id"]}/revoke`);
    guestpass.clock.advance({ days: 2 });
    const later = new AdminApi(guestpass, application);
    for (const [state, ids] of Object.entries({
      pending: [pending],
      revoked: [revoked],
      expired: [expired, ended],
      redeemed: [redeemed],
    })) {
      const { items } = (await later.get(`/invitations?state=${state}`)).body as { items: { id: string; state: string }[] };
      expect(
        items.map((each) => each.id),
        state,
      ).to.have.members(ids.map((each) => each["id"]));
      expect(new Set(items.map((each) => each.state))).to.deep.equal(new Set([state]));
    }
  });

  it("are revoked one by one: the guest's others stay, and access ends with the last", async () => {
    const one = (await invite("ada@example.com", { send_mail: false, target_url: "https://app.example/a" })).body;
    const two = (await invite("ada@example.com", { send_mail: false, target_url: "https://app.example/b" })).body;
    const { browser } = await signedIn(guestpass, application, { address: "ada@example.com" });
    const { url } = await guestpass.authorizationRequest(application, { prompt: "none" });
    const isLetIn = async () => (await browser.open(url)).query["code"] !== undefined;
    const revoked = await files.post(`/invitations/${one["id"]}/revoke`);
    expect(revoked.body).to.include({ state: "revoked" });
    expect(await isLetIn()).to.equal(true);
    expect((await files.post(`/invitations/${one["id"]}/revoke`)).body).to.deep.equal(revoked.body);
    await files.post(`/invitations/${two["id"]}/revoke`);
    expect(await isLetIn()).to.equal(false);
    expect((await files.post(`/invitations/${one["id"]}/resend`)).status).to.equal(409);
    expect((await files.patch(`/invitations/${one["id"]}`, { redeem_by: inDays(5) })).status).to.equal(409);
    expect((await invite("ada@example.com", { send_mail: false, target_url: "https://app.example/a" })).body["id"]).not.to.equal(one["id"]);
  });

  it("are extended and resent, with the same link", async () => {
    const { body, headers } = await invite("ada@example.com");
    const etag = headers.get("etag") as string;
    const until = inDays(60);
    const answers = await Promise.all(
      [1, 2].map(() => files.patch(`/invitations/${body["id"]}`, { access_ends_at: until }, { "if-match": etag })),
    );
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 412]);
    expect((await files.get(`/invitations/${body["id"]}`)).body).to.include({ access_ends_at: until, redeem_by: body["redeem_by"] });
    expect((await files.post(`/invitations/${body["id"]}/resend`)).status).to.equal(200);
    const mails = await guestpass.mail.wait("ada@example.com", 2);
    const links = mails.map(({ parsed }) => /http\S+\/invitations\/\S+/.exec(parsed.text ?? "")?.[0]);
    expect(new Set(links).size).to.equal(1);
    expect((await files.patch(`/invitations/${body["id"]}`, { access_ends_at: null })).body["access_ends_at"]).to.equal(null);
  });
});

/** What was asked for, in the form of the answer. */
function inDaysOf(body: Record<string, unknown>): unknown {
  return body["redeem_by"];
}
