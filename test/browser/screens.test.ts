import { expect } from "chai";
import type { Page } from "playwright-core";
import { operator } from "../../src/audit/audit.ts";
import { FileShare } from "../support/file-share.ts";
import { freePort, redirectUri } from "../support/guestpass.ts";
import { inspect } from "../support/screens.ts";
import { Site, sees, submitCode, wrong } from "../support/site.ts";
import { say } from "../support/texts.ts";

describe("every screen is accessible, fits the narrowest phone, and works light, dark and with large text", function () {
  this.timeout(300_000);
  let site: Site;

  before(async () => {
    site = await Site.start();
  });
  after(() => site.stop());
  afterEach(() => site.expectNoComplaints());

  it("asking for the address and the code", async () => {
    const page = await opened(site.fileShare.welcome);
    await inspect(page, "enter-email");
    await page.getByLabel(say("enter-email.label")).fill("ada at example");
    await page.getByRole("button", { name: say("enter-email.submit") }).click();
    await page.getByText(say("enter-email.invalid")).waitFor();
    expect(await page.title()).to.equal(`${say("enter-email.invalid")} – ${say("enter-email.title", { application: "File share" })}`);
    await inspect(page, "enter-email-wrong");
    const code = await site.askForCode(page, "ada@example.com");
    await inspect(page, "enter-passcode");
    await answer(page, wrong(code));
    await inspect(page, "enter-passcode-wrong");
    for (let tries = 2; tries <= 5; tries++) await answer(page, wrong(code));
    await sees(page, say("locked.title"));
    await inspect(page, "locked");
  });

  it("waiting for a mail that is on its way, delayed, handed over or refused", async () => {
    const { mail, clock } = site.guestpass;
    mail.answer = () => ({ code: 451, text: "4.7.1 later" });
    const page = await opened(site.fileShare.welcome);
    await page.getByLabel(say("enter-email.label")).fill("slow@example.com");
    await page.getByRole("button", { name: say("enter-email.submit") }).click();
    await page.getByText("The email could not be delivered yet").waitFor();
    await inspect(page, "waiting-delayed");
    mail.answer = () => undefined;
    clock.advance({ minutes: 3 });
    await page.getByText(say("delivery.handed-over")).waitFor();
    await inspect(page, "waiting-handed-over");
    mail.answer = () => ({ code: 550, text: "5.1.1 nobody" });
    await page.getByText(say("enter-passcode.nothing")).click();
    await page.getByRole("button", { name: say("enter-passcode.resend") }).click();
    await page.locator("#delivery.wrong", { hasText: say("delivery.refused") }).waitFor();
    await page.reload();
    await page.locator("#delivery.wrong", { hasText: say("delivery.refused") }).waitFor();
    await inspect(page, "waiting-refused");
    mail.answer = () => undefined;
  });

  it("a language that is read from right to left, and one with long words", async () => {
    for (const locale of ["ar", "de"]) {
      const page = await site.page({ locale });
      await page.goto(site.fileShare.welcome);
      expect(await page.locator("html").getAttribute("dir")).to.equal(locale === "ar" ? "rtl" : "ltr");
      await page.locator("#email").fill("ada@example.com");
      await page.locator("button.primary").click();
      await page.locator("#code").waitFor();
      await inspect(page, `enter-passcode-${locale}`);
      await page.locator('#sent a[href$="/email"]').click();
      await page.locator(".others a").waitFor();
      await inspect(page, `enter-email-again-${locale}`);
    }
  });

  it("asking for codes and trying them too often", async () => {
    const limited = await Site.start({ GUESTPASS_LIMIT_CODES_PER_ADDRESS: "1/10m", GUESTPASS_LIMIT_TRIES_PER_ADDRESS: "1/1h" });
    try {
      for (const locale of ["en", "ar"]) await askTooOften(limited, locale);
    } finally {
      await limited.stop();
    }
  });

  it("a code that was used in another tab leads on", async () => {
    const page = await opened(site.fileShare.welcome);
    const code = await site.askForCode(page, "ada@example.com");
    const form = { code, token: await page.locator("input[name=token]").first().inputValue() };
    await page.request.post(`${page.url()}/passcode`, { form, maxRedirects: 0 });
    await answer(page, code);
    await page.waitForURL(site.fileShare.welcome);
  });

  it("a guest whose access ended after the code was mailed", async () => {
    await site.fileShare.share("eve@example.com");
    const page = await opened(site.fileShare.welcome);
    const code = await site.askForCode(page, "eve@example.com");
    const { guests } = site.guestpass.server.app;
    const sub = await site.guestpass.addGuest("eve@example.com");
    await guests.suspend(sub, "left", operator);
    await answer(page, code);
    await inspect(page, "not-admitted");
  });

  it("consent", async () => {
    const metadata = { policy_uri: "https://board.example/privacy", tos_uri: "https://board.example/terms" };
    const application = await site.guestpass.register("board", { name: "Project board", firstParty: false, metadata });
    const page = await site.page();
    await page.goto((await site.guestpass.authorizationRequest(application, { scope: "openid email profile offline_access" })).url);
    await site.signIn(page, "ada@example.com");
    await page.getByRole("button", { name: say("consent.agree") }).waitFor();
    await inspect(page, "consent");
  });

  it("choosing who goes on, in languages of every shape", async () => {
    const application = await site.guestpass.register("chooser", { name: "Project board" });
    const page = await site.page();
    await page.goto((await site.guestpass.authorizationRequest(application)).url);
    await site.signIn(page, "a.guest.with.a.rather.long.name@subsidiary.company.example");
    // Nothing listens where the application is.
    await page.waitForURL("chrome-error://chromewebdata/");
    for (const locale of ["en", "de", "ja", "ar"]) {
      await page.goto((await site.guestpass.authorizationRequest(application, { prompt: "select_account", ui_locales: locale })).url);
      await page.locator("form[action$=continue] button").waitFor();
      expect(await page.locator("html").getAttribute("lang")).to.equal(locale);
      await inspect(page, `choose-guest-${locale}`);
    }
  });

  it("signing out", async () => {
    const page = await opened(site.fileShare.welcome);
    await site.signIn(page, "ada@example.com");
    await page.waitForURL(site.fileShare.welcome);
    await page.goto(`${site.guestpass.issuer}/session/end`);
    await inspect(page, "sign-out");
    await page.getByRole("button", { name: say("sign-out.yes") }).click();
    await page.waitForURL("**/session/end/success");
    await inspect(page, "signed-out");
  });

  it("pages for what went wrong", async () => {
    const { issuer } = site.guestpass;
    await inspect(await opened(`${issuer}/interaction/unknown`), "expired");
    await inspect(await opened(`${issuer}/auth?client_id=nobody&response_type=code&redirect_uri=${redirectUri}`), "refused");
    await inspect(await opened(`${issuer}/nothing`), "not-found");
    await inspect(await opened(issuer), "front");
  });

  it("the example's pages for the owner", async () => {
    await site.fileShare.create("A plan with a long name, for the bridge over the river, 2nd draft.txt", "The plan", "bob@example.com");
    await site.guestpass.mail.wait("bob@example.com");
    await site.fileShare.share("a.guest.with.a.rather.long.name@subsidiary.company.example");
    const owner = await opened(site.fileShare.url);
    await owner.getByRole("button", { name: "Revoke: bob@example.com" }).click();
    await owner.getByText("access has ended").waitFor();
    await inspect(owner, "example-owner");
    await owner.getByRole("button", { name: "Invite again: bob@example.com" }).click();
    await owner.getByLabel("Share with another person").first().fill("nobody@nothing");
    await owner.getByRole("button", { name: "Invite", exact: true }).first().click();
    await sees(owner, "Not everybody was invited");
    await inspect(owner, "example-refused");
  });

  it("the example's pages for a guest who is let in", async () => {
    const page = await opened(site.fileShare.welcome);
    await site.signIn(page, "ada@example.com");
    await page.waitForURL(site.fileShare.welcome);
    await inspect(page, "example-file");
    await page.goto(`${site.fileShare.url}/you`);
    await inspect(page, "example-claims");
  });

  it("the example's pages for a guest who is not", async () => {
    await site.fileShare.create("Plan.txt", "The plan", "carol@example.com");
    await site.guestpass.mail.wait("carol@example.com");
    const page = await opened(site.fileShare.welcome);
    await site.signIn(page, "carol@example.com");
    await page.waitForURL(site.fileShare.welcome);
    await inspect(page, "example-not-shared");
    await page.getByRole("button", { name: "Sign in with another address" }).click();
    await page.getByRole("button", { name: say("cancel", { application: "File share" }) }).click();
    await sees(page, "You did not sign in");
    await inspect(page, "example-declined");
  });

  it("the example's pages that a link ends on", async () => {
    await inspect(await opened(`${site.fileShare.url}/callback?state=unknown`), "example-stale");
    await inspect(await opened(`${site.fileShare.url}/sign-in?iss=https://elsewhere.example`), "example-foreign-link");
    await inspect(await opened(`${site.fileShare.url}/signed-out`), "example-signed-out");
  });

  it("the example while the provider does not answer", async () => {
    const alone = await FileShare.start(site.guestpass, `http://localhost:${await freePort()}`);
    const page = await opened(alone.welcome);
    await sees(page, "Signing in does not work at the moment");
    await inspect(page, "example-provider-unavailable");
    await alone.stop();
  });

  async function opened(url: string): Promise<Page> {
    const page = await site.page();
    await page.goto(url);
    return page;
  }

  async function answer(page: Page, code: string): Promise<void> {
    const answered = page.waitForEvent("load");
    await submitCode(page, code);
    await answered;
  }
});

async function askTooOften(limited: Site, locale: string): Promise<void> {
  const page = await limited.page({ locale });
  const address = `ada-${locale}@example.com`;
  await page.goto(limited.fileShare.welcome);
  await page.locator("#email").fill(address);
  await page.locator("button.primary").click();
  await page.locator("#code").waitFor();
  await inspect(page, `enter-passcode-wait-${locale}`);
  await page.locator("details.help summary").click();
  await page.locator("form[action$=resend] button").click();
  await page.locator("#resend-wait.note").waitFor();
  // On a phone it is below the fold, and the focus brings it into view.
  await page.locator("form[action$=resend] button:focus").waitFor();
  await inspect(page, `enter-passcode-too-early-${locale}`);
  for (let tries = 0; tries < 2; tries++) {
    const answered = page.waitForEvent("load");
    await page.locator("#code").fill("000000");
    await page.locator("button.primary").click();
    await answered;
  }
  await page.locator("#code-problem").waitFor();
  await inspect(page, `enter-passcode-too-many-${locale}`);
  await page.goto(limited.fileShare.welcome);
  await page.locator("#email").fill(address);
  await page.locator("button.primary").click();
  await page.locator("#email-problem").waitFor();
  await inspect(page, `enter-email-too-often-${locale}`);
  await page.close();
}
