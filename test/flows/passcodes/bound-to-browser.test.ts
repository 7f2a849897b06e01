import { Writable } from "node:stream";
import { expect } from "chai";
import { pino } from "pino";
import type { Answer, Browser } from "../../support/browser.ts";
import { type AuthorizationRequest, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { verdict } from "../../support/passcodes.ts";

describe("a code works in the browser that asked for it", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let log = "";

  before(async () => {
    const sink = new Writable({
      write: (chunk, _encoding, done) => {
        log += chunk;
        done();
      },
    });
    guestpass = await Guestpass.start({}, { log: pino({ level: "trace" }, sink) });
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  async function ask(address: string): Promise<{ browser: Browser; request: AuthorizationRequest; page: Answer; code: string }> {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(application);
    const page = await guestpass.askForCode(browser, request, address);
    return { browser, request, page, code: await guestpass.mail.code(address) };
  }

  it("another browser that asked for a code of its own is refused with this one", async () => {
    const ada = await ask("ada@example.com");
    const eve = await ask("eve@example.com");
    expect(verdict(await eve.browser.post(eve.page, "/passcode", { code: ada.code }))).to.equal("not right");
    expect(verdict(await ada.browser.post(ada.page, "/passcode", { code: ada.code }))).to.equal("accepted");
  });

  it("so is one that asked for the same address", async () => {
    const victim = await ask("both@example.com");
    const attacker = await ask("both@example.com");
    expect(verdict(await attacker.browser.post(attacker.page, "/passcode", { code: victim.code }))).to.equal("not right");
  });

  it("a browser that asked for none is led to the page that asks for one", async () => {
    const { code } = await ask("none@example.com");
    const stranger = guestpass.browser();
    const start = await stranger.open((await guestpass.authorizationRequest(application)).url);
    const token = start.document.querySelector("input[name=token]")?.getAttribute("value") as string;
    const body = new URLSearchParams({ token, code });
    const answer = await stranger.follow(await stranger.request(`${start.url}/passcode`, { method: "POST", body }));
    expect(answer.document.querySelector("input[name=email]")).to.not.equal(null);
  });

  it("the pages and forms of a sign-in are closed to another browser", async () => {
    const { page, code } = await ask("closed@example.com");
    const stranger = guestpass.browser();
    for (const url of [page.url, `${page.url}/email`]) expect((await stranger.open(url)).title).to.equal("You are one step away");
    for (const action of ["/passcode", "/resend", "/cancel"]) {
      const answer = await stranger.post(page, action, { code });
      expect(answer.status, action).to.equal(400);
    }
    expect(guestpass.mail.to("closed@example.com")).to.have.length(1);
  });

  it("the link in the mail carries the code where no server sees it, and asks for a click", async () => {
    const { browser, page, code } = await ask("link@example.com");
    const [mail] = guestpass.mail.to("link@example.com");
    const links = [...`${mail?.parsed.text} ${mail?.parsed.html}`.matchAll(/https?:\/\/[^\s"<>]+/g)].map(([url]) => new URL(url));
    const carrying = links.filter((url) => url.href.includes(code));
    expect(carrying.map(({ href }) => href)).to.deep.equal([`${page.url}#code=${code}`, `${page.url}#code=${code}`]);
    const opened = await browser.open(carrying[0]?.href as string);
    expect(opened.status).to.equal(200);
    expect(opened.document.querySelector("input[name=code]")?.getAttribute("value")).to.be.oneOf([null, undefined, ""]);
    expect(verdict(await browser.post(opened, "/passcode", { code }))).to.equal("accepted");
  });

  it("the link says in another browser where it has to be opened, and uses nothing up", async () => {
    const { browser, page, code } = await ask("elsewhere@example.com");
    const elsewhere = await guestpass.browser().open(`${page.url}#code=${code}`);
    expect(elsewhere.status).to.equal(400);
    expect(elsewhere.text).to.contain("You are one step away You started");
    expect(verdict(await browser.post(page, "/passcode", { code }))).to.equal("accepted");
  });

  it("a code signs in as the address it was mailed to, on the page that shows that address, though another one was typed after it", async () => {
    for (const [nth, expected] of ["first@example.com", "second@example.com"].entries()) {
      const { browser, request, page, code } = await ask("first@example.com");
      const form = await browser.open(`${page.url}/email`);
      const asked = await browser.submit(form, "/email", { email: "second@example.com" });
      expect(asked.text).to.contain("second@example.com");
      const second = await guestpass.mail.code("second@example.com", nth + 1);
      expect(verdict(await browser.post(asked, "/passcode", { code })), "there it is another address's").to.equal("not right");
      const arrived = await browser.submit(nth === 0 ? page : asked, "/passcode", { code: nth === 0 ? code : second });
      const tokens = await guestpass.redeem(request, arrived);
      const guest = await guestpass.server.app.guests.findBySub(tokens.claims()?.sub as string);
      expect(guest?.email).to.equal(expected);
    }
  });

  it("no code and no address was ever written to the log", () => {
    expect(log).to.contain("/interaction/:uid");
    const codes = guestpass.mail.mails.map(({ parsed }) => /^(\d{6})$/m.exec(parsed.text ?? "")?.[1] as string);
    expect(codes.filter((code) => new RegExp(`\\b${code}\\b`).test(log))).to.deep.equal([]);
    expect(log).to.not.contain("@example.com");
  });
});
