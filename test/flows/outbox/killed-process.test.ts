import { expect } from "chai";
import type { Reply } from "../../../src/testing/mail-server.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { ServerProcess } from "../../support/command.ts";
import { eventually } from "../../support/eventually.ts";
import { type AuthorizationRequest, freePort, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { statementsOf } from "../../support/statements.ts";

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
    // Both clocks agree until a test moves one: a lease that one process takes must not be over for the other.
    survivor.clock.reset();
    running = await ServerProcess.start(settings);
  });
  afterEach(async () => {
    survivor.mail.answer = () => undefined;
    survivor.mail.answerToMail = () => undefined;
    await running.kill("SIGKILL");
    // Else a lease that the next process takes would have run out to the survivor from the first moment.
    survivor.clock.reset();
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

  /** The survivor has looked for mail to send, twice over: once it may have been at it already. */
  async function survivorHasLooked(): Promise<void> {
    await statementsOf((statements) =>
      eventually("the survivor has looked", () => statements.filter((sql) => sql.includes("SET leased_until")).length >= 2),
    );
  }

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
    await restart();
    await survivorHasLooked();
    expect(asked).to.equal(1);
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
});
