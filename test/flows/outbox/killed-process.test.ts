import { expect } from "chai";
import type { Reply } from "../../../src/testing/mail-server.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { ServerProcess } from "../../support/command.ts";
import { eventually } from "../../support/eventually.ts";
import { type AuthorizationRequest, freePort, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

// One process is killed, another on the same database is the test's own, whose clock can be moved: the lease of a mail is a matter of time.
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

  const states = async (address: string) =>
    (await survivor.server.app.db("outbox").where({ recipient: address })).map(({ state }) => state);
  const settled = (address: string) =>
    eventually("the mail is settled", async () => (await states(address)).every((state) => state === "sent"));

  it("leaves the mail that it had not sent to another one, which sends it once, and the guest goes on", async () => {
    let stalled = false;
    survivor.mail.answer = () => {
      stalled = true;
      return new Promise<Reply>(() => undefined);
    };
    const { browser, request, page } = await ask("unsent@example.com");
    await eventually("the mail server is asked", () => stalled);
    await restart();
    expect(await states("unsent@example.com")).to.deep.equal(["queued"]);
    survivor.mail.answer = () => undefined;
    survivor.clock.advance({ minutes: 2 });
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
    survivor.clock.advance({ minutes: 2 });
    await ask("marker@example.com");
    await survivor.mail.wait("marker@example.com");
    const tokens = await killed.redeem(request, await browser.submit(page, "/passcode", { code }));
    expect(tokens.claims()?.sub).to.be.a("string");
    expect(survivor.mail.to("sent@example.com")).to.have.length(1);
  });

  it("may have handed over a mail and not noted it: that one goes out again as the same mail, and its code works", async () => {
    const handedOver: (string | undefined)[] = [];
    survivor.mail.answerToMail = ({ parsed }) => {
      handedOver.push(parsed.messageId);
      return new Promise<Reply>(() => undefined);
    };
    const { browser, request, page } = await ask("unnoted@example.com");
    await eventually("the mail server has the mail", () => handedOver.length === 1);
    await restart();
    survivor.mail.answerToMail = () => undefined;
    survivor.clock.advance({ minutes: 2 });
    const code = await survivor.mail.code("unnoted@example.com");
    const [mail] = survivor.mail.to("unnoted@example.com");
    expect(mail?.parsed.messageId).to.equal(handedOver[0]);
    const tokens = await killed.redeem(request, await browser.submit(page, "/passcode", { code }));
    expect(tokens.claims()?.sub).to.be.a("string");
  });
});
