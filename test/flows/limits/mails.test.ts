import { expect } from "chai";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import type { Guestpass } from "../../support/guestpass.ts";
import { browserAt, mailsSent, network, startLimited } from "../../support/limits.ts";

interface Row {
  row: number;
  outcome: string;
  link?: string;
  mail_at?: string;
}

describe("mail that others cause is limited, of every kind", () => {
  let guestpass: Guestpass;
  let files: AdminApi;
  let admin: AdminApi;

  afterEach(() => guestpass.stop());

  async function start(settings: Record<string, string> = {}): Promise<void> {
    guestpass = await startLimited(settings);
    // Turns are counted by windows of the clock: none ends in the middle of a test.
    guestpass.clock.advance({ seconds: 86_401 - ((guestpass.clock.now() / 1000) % 86_400) });
    ({ admin, files } = await startWithAdmin(guestpass));
  }

  async function invite(rows: Record<string, unknown>[], api = files): Promise<Row[]> {
    const { status, body } = await api.send("POST", "/invitations/bulk", { json: rows });
    expect(status, JSON.stringify(body)).to.equal(200);
    return body["results"] as Row[];
  }

  const strangers = (count: number, name = "guest") =>
    Array.from({ length: count }, (_, index) => ({ email: `${name}${index}@example.com` }));
  /** How many mails may be sent by now. */
  const due = async () => {
    const rows = await guestpass.server.app.db("outbox").where("next_attempt_at", "<=", guestpass.clock.now());
    return rows.length;
  };

  it("450 strangers invited by one request are all recorded, and mailed 200 in five minutes", async () => {
    await start();
    const rows = await invite(strangers(450));
    expect(rows.filter(({ outcome }) => outcome === "invited")).to.have.length(450);
    expect(await due()).to.equal(200);
    expect(rows.filter(({ mail_at }) => mail_at === undefined)).to.have.length(200);
    for (const sent of [400, 450, 450]) {
      guestpass.clock.advance({ minutes: 5 });
      expect(await due()).to.equal(sent);
    }
  });

  it("those that wait for their turn are sent when it comes, by whichever server is there then", async () => {
    await start({ GUESTPASS_LIMIT_MAILS_PER_APPLICATION: "5/5m" });
    await invite(strangers(12));
    await guestpass.mail.until(() => guestpass.mail.mails.length === 5);
    const other = await startLimited({}, { on: guestpass });
    try {
      await guestpass.server.close();
      guestpass.clock.advance({ minutes: 5 });
      await guestpass.mail.until(() => guestpass.mail.mails.length === 10);
      guestpass.clock.advance({ minutes: 5 });
      await guestpass.mail.until(() => guestpass.mail.mails.length === 12);
    } finally {
      await other.server.close();
    }
  });

  it("two uploads of one application share its turns; another application does not wait for them", async () => {
    await start({ GUESTPASS_LIMIT_MAILS_PER_APPLICATION: "5/5m", GUESTPASS_LIMIT_MAILS_TOTAL: "12/5m" });
    await guestpass.register("photos", { admission: "invited" });
    await Promise.all([invite(strangers(6, "one")), invite(strangers(6, "two"))]);
    expect(await due()).to.equal(5);
    await invite(
      strangers(9, "three").map((row) => ({ ...row, client_id: "photos" })),
      admin,
    );
    expect(await due()).to.equal(10);
    guestpass.clock.advance({ minutes: 5 });
    expect(await due(), "five and four more").to.equal(19);
  });

  it("all of them together are limited by the total", async () => {
    await start({ GUESTPASS_LIMIT_MAILS_TOTAL: "7/5m" });
    await guestpass.register("photos", { admission: "invited" });
    await invite(strangers(5, "one"));
    await invite(
      strangers(5, "two").map((row) => ({ ...row, client_id: "photos" })),
      admin,
    );
    expect(await due()).to.equal(7);
    guestpass.clock.advance({ minutes: 5 });
    expect(await due()).to.equal(10);
  });

  it("one mailbox gets 20 invitations in an hour, whatever stands after its plus, and the rest later", async () => {
    await start();
    const rows = await invite(Array.from({ length: 40 }, (_, index) => ({ email: `victim+${index}@example.com` })));
    expect(rows.filter(({ outcome }) => outcome === "invited")).to.have.length(40);
    expect(await due()).to.equal(20);
    guestpass.clock.advance({ hours: 1 });
    expect(await due()).to.equal(40);
  });

  it("a resent invitation counts like a new one", async () => {
    await start({ GUESTPASS_LIMIT_MAILS_PER_APPLICATION: "3/5m" });
    const { body } = await files.send("POST", "/invitations", { json: { email: "ada@example.com" } });
    for (let times = 0; times < 4; times++) expect((await files.send("POST", `/invitations/${body["id"]}/resend`)).status).to.equal(200);
    expect(await due()).to.equal(3);
  });

  it("a hundred requests to one sponsor are 20 mails, and who is not heard is told so and loses nothing", async () => {
    await start();
    const sponsored = strangers(30).map((row) => ({ ...row, sponsor_email: "sponsor@example.org", send_mail: false }));
    const rows = await invite(sponsored);
    guestpass.clock.advance({ days: 40 });
    const answers: number[] = [];
    const ask = async (link: string) => {
      const browser = browserAt(guestpass, network(1));
      const page = await browser.open(link.replace(guestpass.server.app.config.issuer, guestpass.issuer));
      return browser.post(page, "/ask");
    };
    for (const { link = "" } of rows) answers.push((await ask(link)).status);
    expect(answers.filter((status) => status === 200)).to.have.length(20);
    expect(answers.filter((status) => status === 429)).to.have.length(10);
    expect(await mailsSent(guestpass)).to.equal(20);
    const refused = await ask(rows.at(-1)?.link ?? "");
    expect(refused.text).to.contain("Nothing was sent");
    expect(Number(refused.headers.get("retry-after"))).to.equal(3600);
    guestpass.clock.advance({ hours: 1 });
    expect((await ask(rows.at(-1)?.link ?? "")).status).to.equal(200);
    expect(await mailsSent(guestpass)).to.equal(21);
  });

  it("codes for a mailbox are limited like codes for one address, whatever stands after its plus", async () => {
    await start();
    const request = await guestpass.authorizationRequest(await guestpass.register("open"));
    for (let index = 0; index < 40; index++)
      await guestpass.askForCode(browserAt(guestpass, network(index)), request, `victim+${index}@example.com`);
    expect(await mailsSent(guestpass)).to.equal(5);
    await guestpass.askForCode(browserAt(guestpass, network(50)), request, "victims@example.com");
    expect(await mailsSent(guestpass), "another mailbox").to.equal(6);
  });

  it("three /64 of one /56 do not count as three networks, nor are five /56 of one /48", async () => {
    await start();
    const request = await guestpass.authorizationRequest(await guestpass.register("open"));
    let asked = 0;
    const askFrom = async (subnets: string[]) => {
      const before = await mailsSent(guestpass);
      for (const subnet of subnets)
        for (let host = 0; host < 30; host++)
          await guestpass.askForCode(browserAt(guestpass, `2001:db8:1:${subnet}::${host + 1}`), request, `guest${asked++}@example.com`);
      return (await mailsSent(guestpass)) - before;
    };
    expect(await askFrom(["1", "2", "3"])).to.equal(60);
    expect(await askFrom(["101", "201", "301"])).to.equal(60);
    guestpass.clock.advance({ minutes: 15 });
    expect(await askFrom(["ff03"])).to.equal(30);
  }).timeout(300_000);

  it("an invitation that the database fails uses up no turn, and none of the address's", async () => {
    await start({ GUESTPASS_LIMIT_MAILS_PER_APPLICATION: "1/5m", GUESTPASS_LIMIT_INVITATIONS_PER_ADDRESS: "1/1h" });
    const { db } = guestpass.server.app;
    await db.schema.renameTable("outbox", "outbox_away");
    try {
      for (let times = 0; times < 3; times++)
        expect((await files.send("POST", "/invitations", { json: { email: "ada@example.com" } })).status).to.equal(500);
    } finally {
      await db.schema.renameTable("outbox_away", "outbox");
    }
    expect((await files.send("POST", "/invitations", { json: { email: "ada@example.com" } })).status).to.equal(201);
    expect(await due()).to.equal(1);
    expect((await files.send("POST", "/invitations", { json: { email: "ada@example.com" } })).status).to.equal(429);
  });
});
