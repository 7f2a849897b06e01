import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { SMTPServer } from "smtp-server";
import { priorities } from "../../../src/outbox/outbox-store.ts";
import { type RouteSettings, Routes } from "../../../src/outbox/routes.ts";
import { testClock } from "../../../src/testing/clock.ts";
import { MailServer } from "../../../src/testing/mail-server.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort, Guestpass } from "../../support/guestpass.ts";
import { queuedMail } from "../../support/queued-mail.ts";
import { knownReplies } from "../../support/replies.ts";

describe("mail with several routes", () => {
  let first: MailServer;
  let second: MailServer;
  let routes: Routes | undefined;

  beforeEach(async () => {
    first = await new MailServer().start();
    second = await new MailServer().start();
  });
  afterEach(async () => {
    routes?.close();
    routes = undefined;
    await first.stop();
    await second.stop();
    testClock.reset();
  });

  const from = "guests@idp.example";
  const open = (ofFirst: Partial<RouteSettings> = {}, ofSecond: Partial<RouteSettings> = {}, journeyMs = 20_000) =>
    (routes = new Routes({
      clock: testClock,
      journeyMs,
      routes: [
        { name: "first", smtpUrl: first.url, from, ...ofFirst },
        { name: "second", smtpUrl: second.url, from, ...ofSecond },
      ],
    }));

  /** Has the server answer the command so. */
  function answer(server: MailServer, command: string, reply: string): void {
    const said = {
      code: Number(reply.slice(0, 3)),
      text: reply
        .split("\n")
        .map((line) => line.slice(4))
        .join(" "),
    };
    if (command === "RCPT TO") server.answer = () => said;
    else if (command === "DATA") server.answerToMail = () => said;
    else server.answerToSender = () => said;
  }

  const told = async (carrier: Routes, recipient?: string, priority: keyof typeof priorities = "code") =>
    (await carrier.deliver({ ...queuedMail(recipient), priority: priorities[priority] })).tries.map(
      ({ route, outcome, reply }) => `${route} ${outcome} ${reply}`,
    );

  it("goes by the first while that one accepts it", async () => {
    expect(await told(open())).to.deep.equal(["first accepted 250"]);
    expect(second.mails).to.deep.equal([]);
  });

  it("goes by the second at once where the first says later", async () => {
    first.answer = () => ({ code: 451, text: "4.7.1 greylisted" });
    expect(await told(open())).to.deep.equal(["first delayed 451 4.7.1", "second accepted 250"]);
  });

  it("goes by the second at once where the first cannot be reached", async () => {
    const nowhere = `smtp://127.0.0.1:${await freePort()}`;
    expect(await told(open({ smtpUrl: nowhere }))).to.deep.equal(["first delayed ESOCKET", "second accepted 250"]);
  });

  it("goes by the second in good time where the first takes the connection and then stalls", async () => {
    first.answer = () => new Promise(() => undefined);
    expect(await told(open({}, {}, 1000))).to.deep.equal(["first delayed EABORT", "second accepted 250"]);
  });

  it("does not wait for a slow one where it is a code and there is another way; everything else does, and so does a code that has no other", async () => {
    const slow = () => new Promise<undefined>((resolve) => setTimeout(resolve, 2000, undefined));
    first.answer = slow;
    // Half of it is each route's, a ninth is a code's.
    const carrier = open({}, {}, 9000);
    expect(await told(carrier)).to.deep.equal(["first delayed EABORT", "second accepted 250"]);
    expect(await told(carrier, undefined, "invitation")).to.deep.equal(["first accepted 250"]);
    const { port } = second;
    await second.stop();
    first.answer = () => ({ code: 451, text: "4.7.1 greylisted" });
    for (let mail = 0; mail < 5; mail++) await told(carrier);
    first.answer = slow;
    expect(await told(carrier)).to.deep.equal(["first accepted 250"]);
    second = await new MailServer().start(port);
  });

  it("goes by the first of any number", async () => {
    for (let number = 1; number <= 12; number++) {
      const way = (index: number): RouteSettings => ({ name: `route ${index}`, smtpUrl: first.url, from });
      const carrier = new Routes({ clock: testClock, routes: Array.from({ length: number }, (_, index) => way(index)) });
      expect(await told(carrier), `${number} routes`).to.deep.equal(["route 0 accepted 250"]);
      carrier.close();
    }
  });

  it("goes nowhere else where the first refuses it permanently", async () => {
    first.answer = () => ({ code: 550, text: "5.1.1 no such mailbox" });
    expect(await told(open())).to.deep.equal(["first refused 550 5.1.1"]);
    expect(second.mails).to.deep.equal([]);
  });

  for (const { server, command, reply, verdict } of knownReplies.filter((known) =>
    ["RCPT TO", "DATA", "MAIL FROM"].includes(known.command),
  ))
    it(`${server} says ${reply.split("\n")[0]?.slice(0, 60)} to ${command}: ${verdict === "somebody else" ? "the second route takes it" : "no other is asked"}`, async () => {
      answer(first, command, reply);
      const [asked, ...others] = await told(open());
      const temporary = reply.startsWith("4") || command === "MAIL FROM";
      expect(asked).to.match(temporary ? /^first delayed / : /^first refused /);
      expect(others).to.deep.equal(temporary || verdict === "somebody else" ? ["second accepted 250"] : []);
      expect(second.mails).to.have.length(others.length);
    });

  it("is delayed where one says later and another does not want it, and refused only once all refuse it", async () => {
    first.answer = () => ({ code: 451, text: "4.7.1 greylisted" });
    second.answer = () => ({ code: 550, text: "5.7.1 relaying denied" });
    const carrier = open();
    expect((await carrier.deliver(queuedMail())) as object).to.include({ end: "delayed" });
    first.answer = () => ({ code: 550, text: "5.4.5 daily user sending limit exceeded" });
    expect((await carrier.deliver(queuedMail())) as object).to.include({ end: "refused" });
  });

  it("that needs SMTPUTF8 goes to no server that does not offer it, and is refused at once where none does", async () => {
    const taken: string[] = [];
    const plain = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      hideSMTPUTF8: true,
      onRcptTo: ({ address }, _session, done) => {
        taken.push(address);
        done();
      },
    });
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const smtpUrl = `smtp://127.0.0.1:${(plain.server.address() as AddressInfo).port}`;
    const carrier = open({ smtpUrl });
    expect(await told(carrier, "josé@example.com")).to.deep.equal(["first refused no SMTPUTF8", "second accepted 250"]);
    expect(second.mails[0]?.to).to.equal("josé@example.com");
    expect(await told(carrier, "jose@bücher.example"), "a domain has a form in ASCII").to.deep.equal(["first accepted 250"]);
    const nowhere = new Routes({ clock: testClock, routes: [{ name: "first", smtpUrl, from }] });
    const refused = await nowhere.deliver(queuedMail("josé@example.com"));
    expect(refused).to.include({ end: "refused" });
    expect(refused.tries[0]).to.include({ blame: "letters" });
    expect(refused.tries[0]?.words).to.match(/does not offer SMTPUTF8/);
    nowhere.close();
    carrier.close();
    await new Promise<void>((resolve) => plain.close(resolve));
    expect(taken).to.deep.equal(["jose@bücher.example"]);
  });

  it("names a help address that needs SMTPUTF8 to those alone whose own address needs it", async () => {
    const carrier = open({});
    for (const [recipient, support, replyTo] of [
      ["ada@example.com", "hilfé@example.com", undefined],
      ["ada@example.com", "help@bücher.example", "help@xn--bcher-kva.example"],
      ["josé@example.com", "hilfé@example.com", "hilfé@example.com"],
    ] as const) {
      const mail = queuedMail(recipient);
      await carrier.deliver({ ...mail, content: JSON.stringify({ ...JSON.parse(mail.content), replyTo: support }) });
      const [, found] = /^Reply-To: (.*)$/m.exec(first.mails.at(-1)?.raw ?? "") ?? [];
      expect(found?.trim(), `${support} to ${recipient}`).to.equal(replyTo);
    }
  });

  it("goes by the route that carries its recipient's domain", async () => {
    const carrier = open({ domains: ["partner.example", "*.partner.example", "xn--bcher-kva.example"] });
    expect(await told(carrier, "ada@Partner.example")).to.deep.equal(["first accepted 250"]);
    expect(await told(carrier, "ada@mail.partner.example")).to.deep.equal(["first accepted 250"]);
    expect(await told(carrier, "ada@Bücher.example")).to.deep.equal(["first accepted 250"]);
    expect(await told(carrier, "ada@notpartner.example")).to.deep.equal(["second accepted 250"]);
  });

  it("goes by the second where the first has used up its mails for this minute, and by the first again later", async () => {
    const carrier = open({ perMinute: 2 });
    expect(await told(carrier)).to.deep.equal(["first accepted 250"]);
    expect(await told(carrier)).to.deep.equal(["first accepted 250"]);
    expect(await told(carrier)).to.deep.equal(["second accepted 250"]);
    testClock.advance({ seconds: 30 });
    expect(await told(carrier)).to.deep.equal(["first accepted 250"]);
    testClock.advance({ hours: 1 });
    const afterAQuietHour = [await told(carrier), await told(carrier), await told(carrier)].flat();
    expect(afterAQuietHour).to.deep.equal(["first accepted 250", "first accepted 250", "second accepted 250"]);
  });

  it("goes by a route that is limited to one in two minutes, every two minutes", async () => {
    const carrier = open({ perMinute: 0.5 });
    const ways: string[] = [];
    for (let minutes = 0; minutes < 5; minutes++) {
      ways.push(...(await told(carrier)));
      testClock.advance({ minutes: 1 });
    }
    const [byFirst, bySecond] = ["first accepted 250", "second accepted 250"];
    expect(ways).to.deep.equal([byFirst, bySecond, byFirst, bySecond, byFirst]);
  });

  it("waits for a free route where all have reached their limit: that is no attempt", async () => {
    const carrier = open({ perMinute: 1 }, { perMinute: 1 });
    await told(carrier);
    await told(carrier);
    const journey = await carrier.deliver(queuedMail());
    expect(journey.tries).to.deep.equal([]);
    expect("retryAt" in journey && journey.retryAt - testClock.now()).to.be.within(1, 60_000);
  });

  it("avoids a route that does not answer, asks it now and then, and comes back to it", async () => {
    const { port } = first;
    const carrier = open();
    await first.stop();
    const state = () => carrier.health.find(({ name }) => name === "first")?.state;
    for (let failures = 0; failures < 5; failures++) {
      expect(state()).to.equal("closed");
      expect(await told(carrier)).to.deep.equal(["first delayed ESOCKET", "second accepted 250"]);
    }
    expect(state()).to.equal("open");
    expect(await told(carrier)).to.deep.equal(["second accepted 250"]);
    testClock.advance({ seconds: 11 });
    expect(state()).to.equal("half-open");
    expect(await told(carrier)).to.deep.equal(["first delayed ESOCKET", "second accepted 250"]);
    expect(state()).to.equal("open");
    testClock.advance({ seconds: 11 });
    expect(await told(carrier), "the pause is longer now").to.deep.equal(["second accepted 250"]);
    first = await new MailServer().start(port);
    testClock.advance({ seconds: 11 });
    const both = await Promise.all([told(carrier), told(carrier)]);
    expect(both.flat(), "one mail tries it out").to.have.members(["first accepted 250", "second accepted 250"]);
    expect(state()).to.equal("closed");
  });

  it("tries a route that does not answer once a minute, however long it has been down: codes may have no other", async () => {
    const carrier = open();
    await first.stop();
    for (let minutes = 0; minutes < 15; minutes++) {
      expect(await told(carrier), `minute ${minutes}`).to.deep.equal(["first delayed ESOCKET", "second accepted 250"]);
      testClock.advance({ minutes: 1 });
    }
  });

  it("avoids a route that answers every mail with 421", async () => {
    first.answer = () => ({ code: 421, text: "4.3.2 shutting down" });
    const carrier = open();
    for (let mail = 0; mail < 5; mail++) expect(await told(carrier)).to.deep.equal(["first delayed 421 4.3.2", "second accepted 250"]);
    expect(await told(carrier)).to.deep.equal(["second accepted 250"]);
  });

  it("tries a route last that refuses every mail for reasons of its own, and tries now and then whether it still does", async () => {
    first.answer = () => ({ code: 550, text: "5.7.1 relaying denied" });
    const carrier = open();
    for (let mail = 0; mail < 5; mail++) expect(await told(carrier)).to.deep.equal(["first refused 550 5.7.1", "second accepted 250"]);
    expect(await told(carrier)).to.deep.equal(["second accepted 250"]);
    second.answer = () => ({ code: 451, text: "4.7.1 greylisted" });
    expect(await told(carrier), "it is better than nothing").to.deep.equal(["second delayed 451 4.7.1", "first refused 550 5.7.1"]);
    second.answer = () => undefined;
    testClock.advance({ seconds: 11 });
    expect(await told(carrier)).to.deep.equal(["first refused 550 5.7.1", "second accepted 250"]);
    testClock.advance({ seconds: 11 });
    expect(await told(carrier), "the pause is longer now").to.deep.equal(["second accepted 250"]);
    first.answer = () => undefined;
    testClock.advance({ seconds: 11 });
    expect(await told(carrier)).to.deep.equal(["first accepted 250"]);
    expect(await told(carrier)).to.deep.equal(["first accepted 250"]);
  });

  it("tries a route first whose refusals are about mailboxes, or come between mails that it takes", async () => {
    const carrier = open();
    first.answer = () => ({ code: 550, text: "5.1.1 no such mailbox" });
    for (let mail = 0; mail < 7; mail++) expect(await told(carrier)).to.deep.equal(["first refused 550 5.1.1"]);
    first.answer = (to) => (to.startsWith("ada") ? { code: 550, text: "5.7.1 relaying denied" } : undefined);
    for (let mail = 0; mail < 7; mail++) {
      expect(await told(carrier)).to.deep.equal(["first refused 550 5.7.1", "second accepted 250"]);
      expect(await told(carrier, "bob@example.com")).to.deep.equal(["first accepted 250"]);
    }
  });

  it("tries the only route whatever it says: strangers choose the addresses that it refuses", async () => {
    const only = new Routes({ clock: testClock, routes: [{ name: "first", smtpUrl: first.url, from }] });
    first.answer = (to) => (to.startsWith("ada") ? { code: 550, text: "5.7.1 relaying denied" } : undefined);
    for (let mail = 0; mail < 9; mail++) expect(await told(only)).to.deep.equal(["first refused 550 5.7.1"]);
    expect(await told(only, "bob@example.com")).to.deep.equal(["first accepted 250"]);
    only.close();
  });

  it("keeps using a route that answers, however many mailboxes it says later to", async () => {
    first.answer = () => ({ code: 452, text: "4.2.2 mailbox full" });
    const carrier = open();
    for (let mail = 0; mail < 7; mail++) await told(carrier);
    expect(carrier.health).to.deep.equal([
      { name: "first", state: "closed" },
      { name: "second", state: "closed" },
    ]);
  });

  it("gets a code to the guest by the second route, tells both attempts, and shows the routes to those who watch it", async () => {
    const token = "a-token-of-the-metrics-that-is-long-enough";
    const down = `smtp://mailer:hunter2@127.0.0.1:${await freePort()}`;
    const ways = [
      { name: "relay", url: down, tls: "required" },
      { name: "backup", url: second.url },
    ];
    const guestpass = await Guestpass.start({
      GUESTPASS_SMTP_URL: "",
      GUESTPASS_SMTP_ROUTES: JSON.stringify(ways),
      GUESTPASS_METRICS_TOKEN: token,
    });
    try {
      const browser = guestpass.browser();
      await guestpass.askForCode(browser, await guestpass.authorizationRequest(await guestpass.register("files")), "ada@example.com");
      await second.code("ada@example.com");
      const { outbox } = guestpass.server.app;
      await eventually("it is on record", async () => (await outbox.list({ state: "sent" })).length === 1);
      const [mail] = await outbox.list({});
      const attempts = (await outbox.show(mail?.id as string))?.attempts ?? [];
      expect(attempts.map(({ route, outcome }) => [route, outcome])).to.deep.equal([
        ["relay", "delayed"],
        ["backup", "accepted"],
      ]);
      const ready = await fetch(`${guestpass.issuer}/readyz?detail`, { headers: { authorization: `Bearer ${token}` } });
      expect(await ready.json()).to.deep.equal({ status: "ready", mail: { routes: { relay: "closed", backup: "closed" } } });
    } finally {
      await guestpass.stop();
    }
  });
});
