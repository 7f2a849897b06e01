import { expect } from "chai";
import { minute } from "../../../src/clock.ts";
import { MailServer, type Reply } from "../../../src/testing/mail-server.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { type AuthorizationRequest, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { enqueue } from "../../support/queued-mail.ts";
import { say } from "../../support/texts.ts";

/** How long (milliseconds) Guestpass waits for a server of this test that says nothing, in place of 10 and 30 seconds. */
const patience = "greetingTimeout=1000&socketTimeout=1000";
const late = /^The email could not be delivered yet\. We try again within (\d+|a) minutes?\./;
const never = () => new Promise<never>(() => undefined);

interface Trouble {
  what: string;
  begin(server: MailServer): void | Promise<void>;
  /** What is on record of the attempt. */
  outcome: "delayed" | "unknown";
  reply: string | RegExp;
  /** How long it lasts by the clock; otherwise until it is put right. */
  minutes?: number;
}

const troubles: Trouble[] = [
  {
    what: "greylists for 6 minutes",
    begin: (server) => {
      let first: number | undefined;
      server.answer = () => {
        first ??= Date.now();
        return Date.now() - first < 6 * minute ? { code: 451, text: "4.7.1 greylisted, come back later" } : undefined;
      };
    },
    outcome: "delayed",
    reply: "451 4.7.1",
    minutes: 6,
  },
  {
    what: "says later, once it has the mail",
    begin: (server) => {
      server.answerToMail = () => ({ code: 452, text: "4.3.1 no space left" });
    },
    outcome: "delayed",
    reply: "452 4.3.1",
  },
  {
    what: "takes nothing from this sender any more",
    begin: (server) => {
      server.answerToSender = () => ({ code: 550, text: "5.7.1 account suspended" });
    },
    outcome: "delayed",
    reply: "550 5.7.1",
  },
  {
    what: "takes the connection and says nothing",
    begin: (server) => {
      server.hangUp();
      server.greet = never;
    },
    outcome: "delayed",
    reply: "ETIMEDOUT",
  },
  {
    what: "falls silent in the conversation",
    begin: (server) => {
      server.answer = never;
    },
    outcome: "delayed",
    reply: "ETIMEDOUT",
  },
  {
    what: "falls silent once it has the mail",
    begin: (server) => {
      server.answerToMail = never;
    },
    outcome: "unknown",
    reply: "ETIMEDOUT",
  },
  {
    what: "drops the connection once it has the mail",
    begin: (server) => {
      server.answerToMail = () => {
        server.hangUp();
        return never();
      };
    },
    outcome: "unknown",
    reply: /^E/,
  },
  { what: "goes down", begin: (server) => server.stop(), outcome: "delayed", reply: "ESOCKET" },
];

describe("a guest whose code goes by a mail server that", () => {
  let server: MailServer;
  let port: number;
  let backup: MailServer;
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let asked = 0;

  async function start(urls: string[], more: object = {}) {
    const ways = urls.map((url, index) => ({ name: ["first", "backup"][index], url, ...more }));
    guestpass = await Guestpass.start({ GUESTPASS_SMTP_URL: "", GUESTPASS_SMTP_ROUTES: JSON.stringify(ways) });
    application = await guestpass.register("files");
    // The connection that is kept stands when the trouble begins.
    const warm = await ask();
    await server.wait(warm.address);
  }

  beforeEach(async () => {
    server = await new MailServer().start();
    port = server.port;
    backup = await new MailServer().start();
  });
  afterEach(async () => {
    server.hangUp();
    backup.hangUp();
    await guestpass.stop();
    await server.stop();
    await backup.stop();
  });

  interface Waiting {
    address: string;
    browser: Browser;
    page: Answer;
    request: AuthorizationRequest;
  }

  async function ask(): Promise<Waiting> {
    const address = `guest${++asked}@example.com`;
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(application);
    return { address, browser, request, page: await guestpass.askForCode(browser, request, address) };
  }

  /** The page, loaded again until it says this of the mail. */
  const shows = ({ browser, page }: Waiting, words: RegExp | string) =>
    eventually(`the page says ${words}`, async () => {
      const text = (await browser.open(page.url)).document.querySelector("#delivery")?.text ?? "";
      return typeof words === "string" ? text === words : words.test(text);
    });

  async function entersWith({ browser, page, request }: Waiting, code: string): Promise<void> {
    const tokens = await guestpass.redeem(request, await browser.submit(page, "/passcode", { code }));
    expect(tokens.claims()?.sub).to.be.a("string");
  }

  async function record(address: string) {
    const { outbox } = guestpass.server.app;
    const [mail] = await outbox.list({ recipient: address });
    const { attempts = [] } = (await outbox.show(mail?.id ?? "")) ?? {};
    return { mail, attempts };
  }

  async function getWell(): Promise<void> {
    const { mails } = server;
    server.hangUp();
    await server.stop();
    server = await new MailServer().start(port);
    server.mails.push(...mails);
  }

  /** The clock moves on to each next attempt until there is a last one. */
  async function untilSent(address: string): Promise<void> {
    for (let { mail } = await record(address); mail?.state !== "sent"; { mail } = await record(address)) {
      const { nextAttemptAt, attempts } = mail as NonNullable<typeof mail>;
      guestpass.clock.advance({ seconds: Math.max(0, nextAttemptAt - guestpass.clock.now()) / 1000 });
      await eventually("it is tried again", async () => ((await record(address)).mail?.attempts ?? 0) > attempts);
    }
  }

  for (const { what, begin, outcome, reply, minutes } of troubles) {
    it(`${what}, is told on the page that it is late, gets it when the server is well again, and is in`, async () => {
      await start([`${server.url}?${patience}`]);
      const handedOver: (string | undefined)[] = [];
      await begin(server);
      const begun = guestpass.clock.now();
      const answer = server.answerToMail;
      server.answerToMail = (mail) => {
        handedOver.push(mail.parsed.messageId);
        return answer(mail);
      };
      const guest = await ask();
      await shows(guest, late);
      if (minutes === undefined) await getWell();
      await untilSent(guest.address);
      if (minutes !== undefined) expect(guestpass.clock.now() - begun).to.be.at.least(minutes * minute);
      await shows(guest, say("delivery.handed-over"));
      const mails = server.to(guest.address);
      expect(mails).to.have.length(1);
      if (outcome === "unknown") expect(handedOver).to.deep.equal([mails[0]?.parsed.messageId]);
      const { attempts } = await record(guest.address);
      expect(attempts[0]).to.include({ route: "first", outcome });
      expect(attempts[0]?.reply).to.match(typeof reply === "string" ? new RegExp(`^${reply}$`) : reply);
      expect(attempts.at(-1)).to.include({ route: "first", outcome: "accepted", reply: "250" });
      await entersWith(guest, await server.code(guest.address));
    });

    it(`${what}, has it by the second route at once, and is in`, async () => {
      await start([`${server.url}?${patience}`, backup.url]);
      await begin(server);
      const guest = await ask();
      await entersWith(guest, await backup.code(guest.address));
      await eventually("it is on record", async () => (await record(guest.address)).mail?.state === "sent");
      const { attempts } = await record(guest.address);
      expect(attempts.map(({ attempt, route, outcome: each }) => [attempt, route, each])).to.deep.equal([
        [1, "first", outcome],
        [2, "backup", "accepted"],
      ]);
      expect(server.to(guest.address)).to.deep.equal([]);
      expect(backup.to(guest.address)).to.have.length(1);
    });
  }

  it("has used up its mails for this minute, is told on the page that it is late, and gets it a minute later; other mail spreads", async () => {
    await start([server.url], { perMinute: 1 });
    const guest = await ask();
    await shows(guest, late);
    expect(await record(guest.address), "that is no attempt").to.deep.include({ attempts: [] });
    const { app } = guestpass.server;
    const others = await Promise.all(Array.from({ length: 8 }, (_, index) => enqueue(app, `notice${index}@example.com`)));
    const due = async () => (await Promise.all(others.map((id) => app.outbox.show(id)))).map((shown) => shown?.mail.nextAttemptAt ?? 0);
    await eventually("they wait", async () => (await due()).every((at) => at > guestpass.clock.now()));
    const moments = await due();
    expect(Math.max(...moments) - Math.min(...moments)).to.be.at.least(1000);
    guestpass.clock.advance({ minutes: 1 });
    await entersWith(guest, await server.code(guest.address));
  });

  it("keeps the mail and drops the connection before it says so, can use that code at once; the same mail comes again", async () => {
    await start([server.url]);
    server.answerToMail = (mail) => {
      server.mails.push(mail);
      server.answerToMail = () => undefined;
      server.hangUp();
      return never();
    };
    const guest = await ask();
    await eventually("it is in doubt", async () => (await record(guest.address)).attempts[0]?.outcome === "unknown");
    await entersWith(guest, await server.code(guest.address));
    await untilSent(guest.address);
    const [first, second, ...more] = server.to(guest.address);
    expect(second?.parsed.messageId).to.equal(first?.parsed.messageId);
    expect(more).to.deep.equal([]);
    const { attempts } = await record(guest.address);
    expect(attempts.map((each) => each.outcome)).to.deep.equal(["unknown", "accepted"]);
  });

  for (const [when, refuse] of [
    ["the address", (answer: Reply) => (server.answer = () => answer)],
    ["the mail", (answer: Reply) => (server.answerToMail = () => answer)],
  ] as const)
    it(`refuses ${when} for good, is told what to do, and comes in by another address; no second route is asked`, async () => {
      await start([server.url, backup.url]);
      refuse({ code: 550, text: "5.1.1 no such mailbox" });
      const guest = await ask();
      await shows(guest, say("delivery.refused"));
      refuse(undefined);
      const other = `other-${guest.address}`;
      const form = await guest.browser.open(`${guest.page.url}/email`);
      const page = await guest.browser.submit(form, "/email", { email: other });
      await entersWith({ ...guest, page }, await server.code(other));
      expect(backup.mails).to.deep.equal([]);
      expect((await record(guest.address)).attempts.map((each) => each.outcome)).to.deep.equal(["refused"]);
    });
});
