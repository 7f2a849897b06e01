// Mail servers report to the bounce listener, by SMTP, what they could not deliver.
import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { expect } from "chai";
import { createTransport, type NodemailerError } from "nodemailer";
import { SMTPServer } from "smtp-server";
import { ReturnPaths } from "../../../src/bounces/return-path.ts";
import { deriveSecrets } from "../../../src/secrets.ts";
import { startWithAdmin } from "../../support/admin.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { failures, malformed, otherwise } from "../../support/notifications.ts";
import { enqueue } from "../../support/queued-mail.ts";

const domain = "bounce.idp.example";
const bounceSettings = { GUESTPASS_BOUNCE_DOMAIN: domain, GUESTPASS_BOUNCE_HOST: "127.0.0.1", GUESTPASS_BOUNCE_PORT: "0" };
const [postfix] = failures as [(typeof failures)[0]];

describe("notifications about mail that came back", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let admin: Awaited<ReturnType<typeof startWithAdmin>>["admin"];
  let sub: string;

  before(async () => {
    guestpass = await Guestpass.start(bounceSettings);
    ({ admin } = await startWithAdmin(guestpass));
    files = await guestpass.register("anyone", { admission: "anyone" });
  });
  after(() => guestpass.stop());
  beforeEach(async () => {
    guestpass.mail.mails.length = 0;
    sub = await guestpass.addGuest("ada@example.com");
  });
  afterEach(() => {
    guestpass.clock.reset();
    return admin.delete(`/guests/${sub}`);
  });

  /** A mail on its way. @returns where it comes back to */
  async function mailed(address = "ada@example.com"): Promise<string> {
    const before = guestpass.mail.to(address).length;
    await enqueue(guestpass.server.app, address);
    return (await guestpass.mail.wait(address, before + 1)).at(-1)?.from as string;
  }

  /** Sends as a mail server does. @returns undefined if it was accepted, and the listener's words otherwise */
  async function notify(to: string | string[], raw: string, { of = guestpass, from = "127.0.0.1" } = {}): Promise<string | undefined> {
    const { bounceListener } = of.server;
    const smtp = createTransport({ host: "127.0.0.1", port: bounceListener?.port as number, localAddress: from, ignoreTLS: true });
    try {
      await smtp.sendMail({ envelope: { from: "", to }, raw: raw.replace(/\r?\n/g, "\r\n") });
      return undefined;
    } catch (error) {
      return (error as NodemailerError).response ?? (error as Error).message;
    } finally {
      smtp.close();
    }
  }

  const mark = async () => {
    const { aliases } = (await admin.get(`/guests/${sub}`)).body as unknown as { aliases: { undeliverable: Mark | null }[] };
    return aliases[0]?.undeliverable;
  };

  it("come back to an address that is each mail's own, at the bounce domain", async () => {
    const first = await mailed();
    const second = await mailed();
    expect(first).to.match(/^b-[0-9a-f]{32}-[0-9a-f]{24}@bounce\.idp\.example$/);
    expect(first.split("@")[0]?.length).to.be.at.most(64);
    expect(second).to.not.equal(first);
    expect(guestpass.mail.mails[0]?.parsed.from?.text).to.contain("guests@idp.example");
  });

  for (const { from, raw, status, reason } of failures)
    it(`mark the mailbox: ${from}`, async () => {
      expect(await notify(await mailed(), raw)).to.equal(undefined);
      const marked = await mark();
      expect(marked).to.include({ status, refusals: 1 });
      expect(marked?.reason).to.match(reason).and.not.contain("ada@");
    });

  for (const { from, raw } of otherwise)
    it(`are accepted and do not mark it: ${from}`, async () => {
      expect(await notify(await mailed(), raw)).to.equal(undefined);
      expect(await mark()).to.equal(null);
    });

  it("that are malformed are accepted and do no harm", async () => {
    const returnPath = await mailed();
    for (const { from, raw } of malformed) {
      expect(await notify(returnPath, raw), from).to.equal(undefined);
      expect(await mark(), from).to.equal(null);
    }
    await notify(returnPath, postfix.raw);
    expect(await mark(), "the listener goes on").to.include({ refusals: 1 });
  });

  it("are read whatever becomes of the case of the address on its way", async () => {
    await notify((await mailed()).toUpperCase(), postfix.raw);
    expect(await mark()).to.include({ refusals: 1 });
  });

  it("count once for each mail, however often and however many at a time", async () => {
    const returnPath = await mailed();
    const answers = await Promise.all(Array.from({ length: 8 }, () => notify(returnPath, postfix.raw)));
    expect(answers).to.deep.equal(Array(8).fill(undefined));
    expect(await notify(returnPath, failures[1]?.raw as string)).to.equal(undefined);
    expect(await mark()).to.include({ refusals: 1 });
  });

  it("count every mail where those of many come back at the same moment", async () => {
    const paths = [await mailed(), await mailed(), await mailed(), await mailed()];
    await Promise.all(paths.map((path) => notify(path, postfix.raw)));
    expect(await mark()).to.include({ refusals: 4 });
  });

  it("show with the mail: it was sent, and came back", async () => {
    await notify(await mailed("ada@example.com"), postfix.raw);
    const [mail] = await guestpass.server.app.outbox.list({ recipient: "ada@example.com", most: 1 });
    expect(mail?.state).to.equal("sent");
    expect(mail?.bouncedAt).to.be.a("number");
  });

  it("that arrive after a code from the mailbox came back do not count", async () => {
    const early = await mailed();
    await guestpass.signIn(guestpass.browser(), await guestpass.authorizationRequest(files), "ada@example.com");
    expect(await notify(early, postfix.raw)).to.equal(undefined);
    expect(await mark()).to.equal(null);
    await notify(await mailed(), postfix.raw);
    expect(await mark(), "those of later mails do").to.include({ refusals: 1 });
  });

  it("are accepted only at the address that Guestpass made for that mail", async () => {
    const returnPath = await mailed();
    const [local = ""] = returnPath.split("@");
    const [, id = "", mac = ""] = local.split("-");
    const other = (await mailed()).split("@")[0]?.split("-")[2] as string;
    const forged = new ReturnPaths({ key: deriveSecrets("another secret that is just as long").returnPaths, domain });
    for (const [what, address] of Object.entries({
      "a MAC that is wrong by one bit": `b-${id}-${mac.slice(0, -1)}${(Number.parseInt(mac.slice(-1), 16) ^ 1).toString(16)}@${domain}`,
      "the MAC of another mail": `b-${id}-${other}@${domain}`,
      "no MAC": `b-${id}@${domain}`,
      "a short MAC": `b-${id}-${mac.slice(0, 8)}@${domain}`,
      "a MAC under another key": forged.of("1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11"),
      "another domain": `${local}@idp.example`,
      "somebody else's mailbox": "grace@example.org",
      "the sender": "guests@idp.example",
    }))
      expect(await notify(address, postfix.raw), what).to.match(/^550 5\.1\.1 No such/);
    expect(await notify([returnPath, returnPath.replace("b-", "B-")], postfix.raw), "two at once").to.equal(undefined);
    expect(await mark()).to.include({ refusals: 1 });
  });

  it("about a mail that nobody knows any more are refused: one of two weeks ago, or of a guest who was erased", async () => {
    const ofErased = await mailed();
    await admin.delete(`/guests/${sub}`);
    expect(await notify(ofErased, postfix.raw)).to.match(/^550 5\.1\.1 No such/);
    const early = await mailed();
    const { outbox } = guestpass.server.app;
    await eventually("it is settled", async () => (await outbox.list({ state: "queued" })).length === 0);
    guestpass.clock.advance({ days: 14 });
    expect(await notify(early, postfix.raw)).to.match(/^550 5\.1\.1 No such/);
  });

  it("of 10 MB are refused", async () => {
    const returnPath = await mailed();
    const raw = `${postfix.raw}\n${"x".repeat(78)}\n`.padEnd(10_000_000, `${"x".repeat(78)}\n`);
    expect(await notify(returnPath, raw)).to.match(/^552 5\.3\.4 /);
    expect(await mark()).to.equal(null);
    expect(await notify(returnPath, postfix.raw)).to.equal(undefined);
  });

  it("are accepted though one network holds all the connections it may have", async () => {
    const returnPath = await mailed();
    const held = Array.from({ length: 60 }, () => connect(guestpass.server.bounceListener?.port as number, "127.0.0.1"));
    try {
      const greetings = await Promise.all(held.map(async (socket) => String((await once(socket, "data"))[0]).slice(0, 3)));
      expect(greetings.filter((code) => code === "220")).to.have.length(20);
      expect(greetings.filter((code) => code === "421")).to.have.length(40);
      expect(await notify(returnPath, postfix.raw)).to.match(/^421 /);
      expect(await notify(returnPath, postfix.raw, { from: "127.0.1.1" })).to.equal(undefined);
    } finally {
      for (const socket of held) socket.destroy();
    }
    await eventually("they are let go", async () => (await notify(await mailed(), postfix.raw)) === undefined);
  });

  it("of one network are put off past 200 in a minute, and those of others are taken in", async () => {
    const returnPath = await mailed();
    guestpass.clock.advance({ minutes: 1 });
    const conversation = connect(guestpass.server.bounceListener?.port as number, "127.0.0.1");
    const begun = ["MAIL FROM:<>", `RCPT TO:<${returnPath}>`, "RSET"];
    await once(conversation, "data");
    let said = "";
    conversation.on("data", (part) => (said += String(part)));
    conversation.write(["EHLO mx.example.com", ...Array.from({ length: 202 }, () => begun).flat(), "QUIT", ""].join("\r\n"));
    await once(conversation, "close");
    expect(said.match(/^451 .*Too many notifications/gm)).to.have.length(2);
    expect(await notify(returnPath, postfix.raw)).to.match(/^451 /);
    expect(await notify(returnPath, postfix.raw, { from: "127.0.1.1" })).to.equal(undefined);
    guestpass.clock.advance({ minutes: 1 });
    expect(await notify(returnPath, postfix.raw)).to.equal(undefined);
  });

  it("are accepted by every instance", async () => {
    const returnPath = await mailed();
    const second = await Guestpass.start(bounceSettings, { on: guestpass });
    try {
      expect(await notify(returnPath, postfix.raw, { of: second })).to.equal(undefined);
      await notify(returnPath, postfix.raw);
      expect(await mark()).to.include({ refusals: 1 });
    } finally {
      await second.server.close();
    }
  });

  it("are asked for of failures alone and without the mail's text, wherever they go: no code comes back with them", async () => {
    const asked: unknown[] = [];
    const relay = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      hideDSN: false,
      onRcptTo: ({ args }, { envelope: { mailFrom } }, done) => {
        if (mailFrom) asked.push(args, mailFrom.args);
        done();
      },
    });
    await once(relay.listen(0, "127.0.0.1"), "listening");
    const { port } = relay.server.address() as AddressInfo;
    for (const settings of [bounceSettings, {}]) {
      const telling = await Guestpass.start({ ...settings, GUESTPASS_SMTP_URL: `smtp://127.0.0.1:${port}` });
      await enqueue(telling.server.app, "ada@example.com");
      await eventually("it is handed over", () => asked.length > 0);
      await telling.stop();
      expect(asked.splice(0)).to.deep.equal([{ NOTIFY: "FAILURE" }, { RET: "HDRS" }]);
    }
    relay.close(() => undefined);
  });

  it("are received only where the operator configures an address: mail then comes back to the sender", async () => {
    const plain = await Guestpass.start();
    try {
      await enqueue(plain.server.app, "ada@example.com");
      expect((await plain.mail.wait("ada@example.com"))[0]?.from).to.equal("guests@idp.example");
      expect(plain.server.bounceListener).to.equal(undefined);
      await eventually("it is settled", async () => (await plain.server.app.outbox.list({ state: "sent" })).length === 1);
    } finally {
      await plain.stop();
    }
  });
});

interface Mark {
  status: string;
  reason: string;
  refusals: number;
}
