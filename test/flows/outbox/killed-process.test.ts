import { setTimeout as wait } from "node:timers/promises";
import { expect } from "chai";
import { day } from "../../../src/clock.ts";
import { type Db, transaction } from "../../../src/database/database.ts";
import type { Reply } from "../../../src/testing/mail-server.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { ServerProcess } from "../../support/command.ts";
import { eventually } from "../../support/eventually.ts";
import { type AuthorizationRequest, freePort, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

// One process is killed, another on the same database is the test's own. No clock is moved: what the dead one held is free within seconds.
describe("a process that is killed", () => {
  let survivor: Guestpass;
  let application: RegisteredApplication;
  let settings: Record<string, string>;
  let killed: Guestpass;
  let running: ServerProcess;

  before(async () => {
    survivor = await Guestpass.start();
    application = await survivor.register("files");
    const port = String(await freePort());
    settings = { ...survivor.settings, GUESTPASS_PORT: port, GUESTPASS_ISSUER: `http://localhost:${port}` };
    killed = survivor.at(settings["GUESTPASS_ISSUER"] as string);
  });
  after(() => survivor.stop());

  beforeEach(async () => {
    running = await ServerProcess.start(settings);
  });
  afterEach(async () => {
    survivor.mail.answer = () => undefined;
    survivor.mail.answerToMail = () => undefined;
    await running.kill("SIGKILL");
  });

  async function restart(): Promise<void> {
    await running.kill("SIGKILL");
    running = await ServerProcess.start(settings);
  }

  async function ask(address: string): Promise<{ browser: Browser; request: AuthorizationRequest; page: Answer }> {
    const browser = killed.browser();
    const request = await killed.authorizationRequest(application);
    return { browser, request, page: await killed.askForCode(browser, request, address) };
  }

  /** Only servers that are alive are left: what the killed one held has been freed. */
  const deadIsForgotten = () =>
    eventually("the dead server is forgotten", async () => (await survivor.server.app.db("outbox_instances")).length <= 2);
  const states = async (address: string) =>
    (await survivor.server.app.db("outbox").where({ recipient: address })).map(({ state }) => state);
  const settled = (address: string) =>
    eventually("the mail is settled", async () => (await states(address)).every((state) => state === "sent"));

  it("leaves the mail that it had not sent to another one, which sends it once, and the guest goes on", async () => {
    let asked = 0;
    survivor.mail.answer = () => {
      asked++;
      return new Promise<Reply>(() => undefined);
    };
    const { browser, request, page } = await ask("unsent@example.com");
    await eventually("the mail server is asked", () => asked === 1);
    await running.kill("SIGKILL");
    survivor.mail.answer = () => undefined;
    running = await ServerProcess.start(settings);
    const code = await survivor.mail.code("unsent@example.com");
    const tokens = await killed.redeem(request, await browser.submit(page, "/passcode", { code }));
    expect(tokens.claims()?.sub).to.be.a("string");
    await settled("unsent@example.com");
    expect(survivor.mail.to("unsent@example.com")).to.have.length(1);
  });

  it("leaves the mail that it had sent as it is: nobody sends it again", async () => {
    const { browser, request, page } = await ask("sent@example.com");
    const code = await survivor.mail.code("sent@example.com");
    await settled("sent@example.com");
    await restart();
    await deadIsForgotten();
    await ask("marker@example.com");
    await survivor.mail.wait("marker@example.com");
    const tokens = await killed.redeem(request, await browser.submit(page, "/passcode", { code }));
    expect(tokens.claims()?.sub).to.be.a("string");
    expect(survivor.mail.to("sent@example.com")).to.have.length(1);
  });

  it("may have handed over a mail without recording it: that one goes out again as the same mail, and its code works", async () => {
    const handedOver: (string | undefined)[] = [];
    survivor.mail.answerToMail = ({ parsed }) => {
      handedOver.push(parsed.messageId);
      return new Promise<Reply>(() => undefined);
    };
    const { browser, request, page } = await ask("unnoted@example.com");
    await eventually("the mail server has the mail", () => handedOver.length === 1);
    survivor.mail.answerToMail = () => undefined;
    await restart();
    const code = await survivor.mail.code("unnoted@example.com");
    const [mail] = survivor.mail.to("unnoted@example.com");
    expect(mail?.parsed.messageId).to.equal(handedOver[0]);
    await settled("unnoted@example.com");
    const { outbox } = survivor.server.app;
    const [record] = await outbox.list({ recipient: "unnoted@example.com" });
    const attempts = (await outbox.show(record?.id as string))?.attempts ?? [];
    expect(attempts.map(({ attempt, route, outcome }) => [attempt, route, outcome])).to.deep.equal([
      [1, null, "unknown"],
      [2, "smtp", "accepted"],
    ]);
    const tokens = await killed.redeem(request, await browser.submit(page, "/passcode", { code }));
    expect(tokens.claims()?.sub).to.be.a("string");
  });

  for (const after of [20, 150]) {
    it(`sends no code twice that no mail server had to the last byte: killed ${after} ms after eight guests asked`, async () => {
      const guests = Array.from({ length: 8 }, (_, guest) => `guest${guest}.after${after}@example.com`);
      const handedOver: string[] = [];
      survivor.mail.answerToMail = ({ parsed }) => void handedOver.push(String(parsed.messageId));
      const asking = Promise.allSettled(guests.map(ask));
      await wait(after);
      await restart();
      await asking;
      await deadIsForgotten();
      const { db, outbox } = survivor.server.app;
      const mails = async (): Promise<{ id: string; state: string; message_id: string }[]> => db("outbox").whereIn("recipient", guests);
      await eventually("all that was asked for is sent", async () => (await mails()).every(({ state }) => state === "sent"));
      for (const { id, message_id } of await mails()) {
        const times = handedOver.filter((messageId) => messageId === message_id).length;
        const shown = await outbox.show(id);
        const unknown = shown?.attempts.filter(({ outcome }) => outcome === "unknown").length ?? 0;
        expect(times, `${message_id}, ${unknown} attempts without an end`).to.be.within(1, 1 + unknown);
      }
    });
  }
});

describe("a transaction whose COMMIT is not answered", () => {
  let guestpass: Guestpass;
  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  const content = { subject: "Your code", text: "Hello.", html: "<p>Hello.</p>", language: "en" };
  const enqueued = (trx: Db, recipient: string) =>
    guestpass.server.app.outbox.enqueue(trx, {
      kind: "passcode",
      priority: "code",
      recipient,
      content,
      expiresAt: guestpass.clock.now() + day,
    });

  it("and was committed all the same sends its mail within seconds, once, though the answer comes late", async () => {
    const send = await transaction(guestpass.server.app.db, (trx) => enqueued(trx, "unanswered@example.com"));
    await guestpass.mail.wait("unanswered@example.com");
    send();
    await enqueueAndSend("marker@example.com");
    expect(guestpass.mail.to("unanswered@example.com")).to.have.length(1);
  });

  it("and was rolled back sends nothing", async () => {
    const { db } = guestpass.server.app;
    const failed = await transaction(db, async (trx) => {
      await enqueued(trx, "rolled-back@example.com");
      throw new Error("the connection was lost");
    }).catch((error: Error) => error.message);
    expect(failed).to.equal("the connection was lost");
    await transaction(db, (trx) => enqueued(trx, "asked-later@example.com"));
    await guestpass.mail.wait("asked-later@example.com");
    expect(guestpass.mail.to("rolled-back@example.com")).to.deep.equal([]);
  });

  async function enqueueAndSend(recipient: string): Promise<void> {
    const send = await transaction(guestpass.server.app.db, (trx) => enqueued(trx, recipient));
    send();
    await guestpass.mail.wait(recipient);
  }
});
