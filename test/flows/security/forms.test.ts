// OWASP ASVS 3.5.1: a form is taken from our own page in the same sign-in, and from nowhere else.
import { expect } from "chai";
import type { Answer, Browser } from "../../support/browser.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

const steps = ["email", "passcode", "resend", "consent", "cancel", "start-again"];

describe("a form that did not come from our own page", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let browser: Browser;
  let page: Answer;
  let address: string;
  let guests = 0;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  beforeEach(async () => {
    browser = guestpass.browser();
    address = `guest${++guests}@example.com`;
    page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), address);
  });

  const tokenOf = (answer: Answer) => answer.document.querySelector("input[name=token]")?.getAttribute("value") as string;
  const isRefused = (answer: Answer, why: string) => {
    expect(answer.status, why).to.equal(403);
    expect(answer.title, why).to.equal("This form cannot be used");
  };

  for (const step of steps) {
    it(`is refused at the step "${step}", whatever stands for the token`, async () => {
      const other = await guestpass.browser().open((await guestpass.authorizationRequest(application)).url);
      const token = tokenOf(page);
      const bodies: Record<string, string> = {
        none: "",
        empty: "token=",
        shorter: `token=${token.slice(0, -1)}`,
        longer: `token=${token}A`,
        "another sign-in's": `token=${tokenOf(other)}`,
        twice: `token=${token}&token=${token}`,
        "a list": `token[]=${token}`,
        "an object": `token[token]=${token}`,
        "a prototype's": `__proto__[token]=${token}&constructor[prototype][token]=${token}`,
      };
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      for (const [name, body] of Object.entries(bodies)) {
        const fields = `email=mallory@example.com&code=000000&${body}`;
        isRefused(await browser.request(`${page.url}/${step}`, { method: "POST", headers, body: fields }), name);
      }
    });
  }

  it("is refused in any encoding but a form's, though the token be right", async () => {
    const token = tokenOf(page);
    const fields = { token, email: "mallory@example.com" };
    const shapes: Record<string, string> = {
      "application/json": JSON.stringify(fields),
      "text/plain": new URLSearchParams(fields).toString(),
      "application/x-www-form-urlencoded-not": new URLSearchParams(fields).toString(),
    };
    for (const [type, body] of Object.entries(shapes)) {
      isRefused(await browser.request(`${page.url}/email`, { method: "POST", headers: { "content-type": type }, body }), type);
    }
    const multipart = new FormData();
    for (const [name, value] of Object.entries(fields)) multipart.set(name, value);
    isRefused(await browser.request(`${page.url}/email`, { method: "POST", body: multipart }), "multipart");
  });

  it("is not a link: opening the address of a step with everything in its query does nothing", async () => {
    const code = await guestpass.mail.code(address);
    for (const step of steps.filter((name) => name !== "email")) {
      const query = new URLSearchParams({ token: tokenOf(page), code, email: "mallory@example.com" });
      const answer = await browser.request(`${page.url}/${step}?${query}`);
      expect([answer.status, answer.location], step).to.deep.equal([303, page.url]);
    }
    expect((await browser.request(`${page.url}/email?token=${tokenOf(page)}&email=mallory@example.com`)).status).to.equal(200);
    expect((await browser.open(page.url)).text).to.contain(address);
  });

  it("changes nothing: no mail, no try, no end of the sign-in", async () => {
    const code = await guestpass.mail.code(address);
    for (let round = 0; round < 6; round++) {
      for (const step of steps) {
        const body = new URLSearchParams({ token: "forged", email: "mallory@example.com", code: "000000" });
        await browser.request(`${page.url}/${step}`, { method: "POST", body });
      }
    }
    const answer = await browser.submit(page, "/passcode", { code });
    expect(new URL(answer.location).origin).to.equal(appOrigin);
    await guestpass.signIn(guestpass.browser(), await guestpass.authorizationRequest(application), "after@example.com");
    expect(guestpass.mail.to("mallory@example.com")).to.deep.equal([]);
    expect(guestpass.mail.to(address)).to.have.lengthOf(1);
  });

  it("comes without the sign-in's cookies when another site posts it: they are SameSite", async () => {
    const cookies = await browser.jar.getCookies(page.url);
    expect(cookies.map(({ key }) => key.replace(/\..*/, ""))).to.include.members(["guestpass_browser", "guestpass_interaction"]);
    for (const cookie of cookies) expect(cookie.sameSite, cookie.key).to.equal("lax");
    const answer = await guestpass.browser().post(page, "/passcode", { code: await guestpass.mail.code(address) });
    expect(answer.status).to.equal(400);
    expect(answer.title).to.equal("You are one step away");
  });
});
