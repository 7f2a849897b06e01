import { expect } from "chai";
import type { Browser } from "../../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { wrongCodes } from "../../support/passcodes.ts";

const ada = "ada@example.com";

describe("how long a guest stays signed in", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_SESSION_ABSOLUTE_DAYS: "3" });
    files = await guestpass.register("files");
  });
  afterEach(() => guestpass.stop());

  async function signIn(browser: Browser, fields: Record<string, string> = {}, params: Record<string, string> = {}): Promise<void> {
    const before = guestpass.mail.to(ada).length;
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files, params), ada);
    await browser.submit(page, "/passcode", { ...fields, code: await guestpass.mail.code(ada, before + 1) });
  }

  /** When the session's cookie ends; undefined is with the browser. */
  async function cookieEnds(browser: Browser): Promise<number | undefined> {
    const cookie = (await browser.jar.getCookies(guestpass.issuer)).find(({ key }) => key === "guestpass_session");
    if (!cookie) throw new Error("no session");
    return cookie.expires instanceof Date ? cookie.expires.getTime() : undefined;
  }

  const silently = async (browser: Browser) =>
    (await browser.open((await guestpass.authorizationRequest(files, { prompt: "none" })).url)).query["error"] ?? "let in";

  it("is until the browser is closed, unless the guest asks to be kept signed in", async () => {
    const browser = guestpass.browser();
    await signIn(browser);
    expect(await cookieEnds(browser)).to.equal(undefined);
    const kept = guestpass.browser();
    await signIn(kept, { keep: "yes" });
    expect(await cookieEnds(kept)).to.be.closeTo(Date.now() + 3 * 86_400_000, 60_000);
  });

  it("follows the latest choice", async () => {
    const browser = guestpass.browser();
    await signIn(browser);
    await signIn(browser, { keep: "yes" }, { prompt: "login" });
    expect(await cookieEnds(browser)).to.be.a("number");
    await signIn(browser, {}, { prompt: "login" });
    expect(await cookieEnds(browser)).to.equal(undefined);
  });

  it("keeps the tick when the code was not right", async () => {
    const browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files), ada);
    expect(page.document.querySelector("input[name=keep]")?.hasAttribute("checked"), "off unless asked for").to.equal(false);
    const code = await guestpass.mail.code(ada);
    const again = await browser.submit(page, "/passcode", { keep: "yes", code: wrongCodes(code, 1)[0] ?? "" });
    await browser.submit(again, "/passcode", { code });
    expect(await cookieEnds(browser)).to.be.a("number");
  });

  it("has an end, however often applications ask, which a new sign-in moves", async () => {
    const browser = guestpass.browser();
    await signIn(browser, { keep: "yes" });
    for (let day = 0; day < 2; day++) {
      guestpass.clock.advance({ days: 1 });
      expect(await silently(browser)).to.equal("let in");
    }
    guestpass.clock.advance({ days: 1, minutes: 1 });
    expect(await silently(browser)).to.equal("login_required");
    await signIn(browser);
    expect(await silently(browser)).to.equal("let in");
  });
});
