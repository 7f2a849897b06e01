import { expect } from "chai";
import type { Answer, Browser } from "../../support/browser.ts";
import { type AuthorizationRequest, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { say } from "../../support/texts.ts";

describe("mail is sent only when someone asks for it", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let browser: Browser;
  let request: AuthorizationRequest;
  let page: Answer;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  beforeEach(async () => {
    browser = guestpass.browser();
    request = await guestpass.authorizationRequest(application, { login_hint: "hinted@example.com" });
    page = await guestpass.askForCode(browser, request, "ada@example.com");
    await guestpass.server.app.db("outbox").del();
  });

  async function expectNothingSent(): Promise<void> {
    expect(await guestpass.server.app.db("outbox").select("recipient")).to.deep.equal([]);
  }

  it("not by reloading the page of the code", async () => {
    for (let times = 0; times < 3; times++) {
      const again = await browser.open(page.url);
      expect(again.document.querySelector("input[name=code]")).to.not.equal(null);
      expect(again.text).to.contain("ada@example.com");
    }
    await expectNothingSent();
  });

  it("not by going back to the address and forward again", async () => {
    const back = await browser.open(new URL("email", `${page.url}/`).href);
    expect(back.document.querySelector("input[name=email]")).to.not.equal(null);
    await browser.open(page.url);
    await expectNothingSent();
  });

  it("not by a second tab, whether of this sign-in or of another one", async () => {
    const [same, another] = await Promise.all([browser.open(page.url), browser.open(request.url)]);
    expect(same.document.querySelector("input[name=code]")).to.not.equal(null);
    expect(another.document.querySelector("input[name=email]")?.getAttribute("value")).to.equal("hinted@example.com");
    await expectNothingSent();
  });

  it("not by a program that looks at the page ahead of the guest", async () => {
    for (const url of [page.url, `${page.url}/email`, request.url]) {
      await browser.request(url, { method: "HEAD" });
      await browser.request(url, { headers: { "sec-purpose": "prefetch;prerender", purpose: "prefetch" } });
    }
    await expectNothingSent();
  });

  it("not by opening the address of a form", async () => {
    for (const action of ["email", "resend", "passcode"]) {
      await browser.request(`${page.url}/${action}?email=eve%40example.com&code=123456`);
    }
    await expectNothingSent();
  });

  it("not by a phone that loads the page of a wrong code again, which shows where the sign-in stands", async () => {
    const asked = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), "grace@example.com");
    const code = await guestpass.mail.code("grace@example.com");
    await guestpass.server.app.db("outbox").del();
    const wrong = await browser.submit(asked, "/passcode", { code: code === "000000" ? "111111" : "000000" });
    expect(wrong.status).to.equal(422);
    const again = await browser.open(wrong.url);
    expect(again.url).to.equal(asked.url);
    expect(again.document.querySelector("input[name=code]")).to.not.equal(null);
    await expectNothingSent();
    expect((await guestpass.browser().open(wrong.url)).title).to.equal(say("elsewhere.title"));
    expect((await browser.submit(again, "/passcode", { code })).query).to.have.property("code");
  });

  it("not by a form of another site", async () => {
    const body = new URLSearchParams({ email: "eve@example.com" });
    expect((await browser.request(`${page.url}/email`, { method: "POST", body })).status).to.equal(403);
    expect((await browser.request(`${page.url}/resend`, { method: "POST", body })).status).to.equal(403);
    await expectNothingSent();
  });
});
