import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { SMTPServer } from "smtp-server";
import { codeIn } from "../../../src/testing/mail-server.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { verdict } from "../../support/passcodes.ts";
import { say } from "../../support/texts.ts";

const delayed = /^The email could not be delivered yet\. We try again within (\d+|a) minutes?\. We keep trying for (\d+) more minutes\.$/;

const secret = "a-secret-of-the-webhook-for-bounces-that-is-long";

describe("the page that waits for the code says where the mail is", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files", { admission: "directory" });
    await guestpass.addGuest("known@example.com");
    await guestpass.addGuest("two-tabs@example.com");
  });
  after(() => guestpass.stop());
  afterEach(() => {
    guestpass.mail.answer = () => undefined;
  });

  async function ask(address: string): Promise<{ browser: Browser; page: Answer }> {
    const browser = guestpass.browser();
    return { browser, page: await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), address) };
  }

  /** Holds mail back until the function that is returned is called. @param reply what the mail server answers then */
  function stall(reply?: { code: number; text: string }): () => void {
    const { promise, resolve } = Promise.withResolvers<typeof reply>();
    guestpass.mail.answer = () => promise;
    return () => resolve(reply);
  }

  const shown = (page: Answer) => page.document.querySelector("#delivery")?.text;

  /** Loads the page again until it shows this. */
  async function shows(browser: Browser, page: Answer, holds: (text: string) => boolean): Promise<string> {
    let text = "";
    await eventually("the page shows it", async () => {
      text = shown(await browser.open(page.url)) ?? "";
      return holds(text);
    });
    return text;
  }

  /** Opens the news of the mail as the page's script does. */
  async function news(browser: Browser, page: Answer) {
    const url = `${page.url}/delivery`;
    const tab = new AbortController();
    const response = await fetch(url, { headers: { cookie: await browser.jar.getCookieString(url) }, signal: tab.signal });
    const decoder = new TextDecoder();
    const parts = response.body?.values();
    let text = "";
    const until = async (holds: (all: string) => boolean) => {
      while (!holds(text)) {
        const part = await parts?.next();
        if (!part || part.done) break;
        text += decoder.decode(part.value);
      }
      return text;
    };
    return { response, until, all: () => until(() => false), close: () => tab.abort() };
  }

  const event = (kind: string, key: Parameters<typeof say>[0]) => `event: ${kind}\ndata: ${say(key)}\n\n`;

  for (const [who, address] of [
    ["a guest", "known@example.com"],
    ["a stranger", "stranger@example.com"],
  ] as const) {
    it(`on its way, then handed over, live and after a reload, to ${who}`, async () => {
      const release = stall();
      const { browser, page } = await ask(address);
      expect(shown(page)).to.equal(say("delivery.on-its-way"));
      const live = await news(browser, page);
      expect(live.response.headers.get("content-type")).to.match(/^text\/event-stream/);
      await live.until((text) => text.includes(event("news", "delivery.on-its-way")));
      release();
      const handedOver = event("news", "delivery.handed-over");
      expect(await live.until((text) => text.includes(handedOver))).to.contain(handedOver);
      live.close();
      expect(shown(await browser.open(page.url))).to.equal(say("delivery.handed-over"));
    });

    it(`delayed, and by when it is tried again, while a server keeps ${who} waiting for 6 minutes; then the code works`, async () => {
      guestpass.mail.answer = () => ({ code: 451, text: "4.7.1 greylisted, come back later" });
      const { browser, page } = await ask(address);
      const first = await shows(browser, page, (text) => text !== say("delivery.on-its-way"));
      expect(delayed.exec(first)?.slice(1)).to.deep.equal(["a", "60"]);
      for (let minutes = 0; minutes < 6; minutes += 2) guestpass.clock.advance({ minutes: 2 });
      const left = await shows(browser, page, (text) => delayed.exec(text)?.[2] !== "60");
      expect(delayed.exec(left)?.[2]).to.equal("54");
      guestpass.mail.answer = () => undefined;
      guestpass.clock.advance({ minutes: 3 });
      await shows(browser, page, (text) => text === say("delivery.handed-over"));
      const mail = guestpass.mail.to(address).at(-1);
      const code = mail && codeIn(mail);
      expect(code === undefined).to.equal(who === "a stranger");
      if (code) expect(verdict(await browser.post(page, "/passcode", { code }))).to.equal("accepted");
    });

    it(`refused, and what to do, to ${who}; another code begins anew`, async () => {
      const refuse = stall({ code: 550, text: "5.1.1 no such mailbox" });
      const { browser, page } = await ask(address);
      refuse();
      await shows(browser, page, (text) => text === say("delivery.refused"));
      const live = await news(browser, page);
      expect(await live.all()).to.equal(`retry: 3000\n\n${event("refused", "delivery.refused")}`);
      guestpass.mail.answer = () => undefined;
      await browser.submit(page, "/resend");
      await shows(browser, page, (text) => text === say("delivery.handed-over"));
    });
  }

  it("refused, where no mail server takes addresses with such letters", async () => {
    const plain = new SMTPServer({ authOptional: true, disabledCommands: ["STARTTLS"], hideSMTPUTF8: true });
    await new Promise<void>((resolve) => plain.listen(0, "127.0.0.1", resolve));
    const other = await Guestpass.start({ GUESTPASS_SMTP_URL: `smtp://127.0.0.1:${(plain.server.address() as AddressInfo).port}` });
    try {
      const browser = other.browser();
      const page = await other.askForCode(browser, await other.authorizationRequest(await other.register("files")), "josé@example.com");
      await shows(browser, page, (text) => text === say("delivery.letters"));
      expect(await (await news(browser, page)).all()).to.contain(event("refused", "delivery.letters"));
    } finally {
      await other.stop();
      await new Promise<void>((resolve) => plain.close(resolve));
    }
  });

  it("without script, by a link that looks again, as long as there may be news", async () => {
    const release = stall();
    const { browser, page } = await ask("known@example.com");
    expect(page.body).to.contain(`<noscript><p><a href="${new URL(page.url).pathname}">`);
    release();
    await shows(browser, page, (text) => text === say("delivery.handed-over"));
    expect((await browser.open(page.url)).body).to.not.contain("<noscript>");
  });

  it("to the browser that asked for the code and to no other", async () => {
    const { page } = await ask("known@example.com");
    const live = await news(guestpass.browser(), page);
    expect(live.response.status).to.equal(400);
    expect(await live.all()).to.not.contain(say("delivery.handed-over"));
  });

  it("to three tabs at once; a fourth is told to stop asking, until one is closed", async () => {
    const release = stall();
    const { browser, page } = await ask("known@example.com");
    const open = [await news(browser, page), await news(browser, page), await news(browser, page)];
    expect((await news(browser, page)).response.status).to.equal(204);
    open[0]?.close();
    await eventually("there is room again", async () => (await news(browser, page)).response.status === 200);
    release();
  });

  for (const [who, address] of [
    ["a guest", "known@example.com"],
    ["a stranger", "stranger@example.com"],
  ] as const)
    it(`refused, to ${who}, when the mail comes back after it was handed over, live and after a reload; a new code is another mail`, async () => {
      const other = await Guestpass.start({ GUESTPASS_BOUNCE_DOMAIN: "bounce.idp.example", GUESTPASS_BOUNCE_WEBHOOK_SECRET: secret });
      try {
        await other.addGuest("known@example.com");
        const request = await other.authorizationRequest(await other.register("files", { admission: "directory" }));
        const browser = other.browser();
        const page = await other.askForCode(browser, request, address);
        const returnPath = (await other.mail.wait(address))[0]?.from;
        await shows(browser, page, (text) => text === say("delivery.handed-over"));
        const live = await news(browser, page);
        await live.until((text) => text.includes(event("news", "delivery.handed-over")));
        const headers = { "content-type": "application/json", authorization: `Bearer ${secret}` };
        const tell = (action: string, status: string) => {
          const body = JSON.stringify({ return_path: returnPath, action, status });
          return fetch(`${other.issuer}/bounces`, { method: "POST", headers, body });
        };
        await tell("delayed", "4.4.1");
        expect(shown(await browser.open(page.url)), "a relay still tries").to.equal(say("delivery.handed-over"));
        await tell("failed", "5.7.1");
        expect(shown(await browser.open(page.url)), "the address may be right").to.equal(say("delivery.undelivered"));
        expect(await live.all()).to.match(new RegExp(`${event("refused", "delivery.undelivered").replaceAll(".", "\\.")}$`));
        await browser.submit(page, "/resend");
        await shows(browser, page, (text) => text === say("delivery.handed-over"));
      } finally {
        await other.stop();
      }
    });

  it("until the guest is in by a code that came before, in another tab", async () => {
    const { browser, page } = await ask("two-tabs@example.com");
    const code = await guestpass.mail.code("two-tabs@example.com");
    const release = stall();
    await browser.submit(page, "/resend");
    const live = await news(browser, page);
    await live.until((text) => text.includes(event("news", "delivery.on-its-way")));
    expect(verdict(await browser.post(page, "/passcode", { code }))).to.equal("accepted");
    expect(await live.all()).to.match(new RegExp(`${event("finished", "delivery.on-its-way").replaceAll(".", "\\.")}$`));
    release();
  });

  it("until the server stops, which does not wait for it", async () => {
    const other = await Guestpass.start();
    other.mail.answer = () => new Promise(() => undefined);
    const browser = other.browser();
    const page = await other.askForCode(browser, await other.authorizationRequest(await other.register("files")), "ada@example.com");
    const live = await news(browser, page);
    await live.until((text) => text.includes("on its way"));
    const stopped = other.stop();
    await live.all();
    await stopped;
  });
});
