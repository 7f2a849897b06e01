import { expect } from "chai";
import { addAuthenticator, authenticatorOf } from "../support/console.ts";
import { inspect } from "../support/screens.ts";
import { Site, sees } from "../support/site.ts";
import { say } from "../support/texts.ts";

const ada = "ada@example.com";

describe("a guest with a passkey, in Chromium", () => {
  let site: Site;

  before(async () => {
    site = await Site.start({ GUESTPASS_PASSKEYS: "on", GUESTPASS_SESSION_DAYS: "1" });
  });
  after(() => site.stop());
  afterEach(() => site.expectNoComplaints());

  it("makes it after a code, signs in with it, and is asked for a code when the mailbox is due", async () => {
    const page = await site.page();
    const { touches } = await authenticatorOf(page);
    await page.goto(site.fileShare.welcome);
    await site.signIn(page, ada);
    await sees(page, say("passkey.offer.title"));
    await inspect(page, "passkey-offer");
    await page.getByRole("button", { name: say("passkey.offer.make") }).click();
    await page.waitForURL(site.fileShare.welcome);
    await sees(page, "Welcome.txt");

    // The application's own session, and ours, are over.
    await page.context().clearCookies({ name: /^(?!guestpass_(passkeys|address)).*$/ });
    await touches(false);
    await page.goto(`${site.guestpass.issuer}/account`);
    await sees(page, say("enter-email.title", { application: "Guestpass" }));
    await page.getByRole("button", { name: say("choose.continue", { address: "a•••@example.com" }) }).waitFor();
    await inspect(page, "passkey-sign-in");
    await touches(true);
    await page.getByRole("button", { name: say("passkey.sign-in") }).click();
    await sees(page, say("account.title"));
    await page.locator("#passkeys h3").waitFor();
    await inspect(page, "passkey-account");

    site.guestpass.clock.advance({ days: 30 });
    await page.context().clearCookies({ name: /^(?!guestpass_passkeys).*$/ });
    // Offered in the field, it is taken without a click on our page.
    await page.goto(`${site.guestpass.issuer}/account`);
    await sees(page, say("confirm.title"));
    site.guestpass.clock.reset();
  });

  it("is shown the link of the mail, and what a passkey that was removed opens", async () => {
    const added = () => site.guestpass.mail.to(ada).find(({ parsed }) => parsed.subject === say("mail.passkey-added.subject"));
    await site.guestpass.mail.until(() => added() !== undefined);
    const mail = added();
    const link = /http\S+\/passkeys\/\S+/.exec(mail?.parsed.text ?? "")?.[0] ?? "";
    const page = await site.page({ javaScriptEnabled: false });
    await page.goto(link);
    await sees(page, say("passkey.remove.title"));
    await page.getByRole("button", { name: say("passkey.remove.do") }).click();
    await sees(page, say("passkey.gone.title"));
  });

  it("without script, or without anything that can keep a passkey, is never asked", async () => {
    for (const javaScriptEnabled of [false, true]) {
      const page = await site.page({ javaScriptEnabled });
      await page.goto(site.fileShare.welcome);
      await site.signIn(page, ada);
      await page.waitForURL(site.fileShare.welcome);
      expect(await page.getByRole("heading", { level: 1 }).textContent()).to.equal("Welcome.txt");
    }
  });

  for (const language of ["de", "ar", "ja"])
    it(`fits in ${language} too`, async () => {
      const address = `${language}@example.com`;
      await site.fileShare.share(address);
      const page = await site.page({ locale: language });
      await addAuthenticator(page);
      await page.goto(site.fileShare.welcome);
      await page.locator("input[name=email]").fill(address);
      await page.locator("button.primary").click();
      // The first mail is the invitation.
      await page.locator("input[name=code]").fill(await site.guestpass.mail.code(address, 2));
      await page.locator("button.primary").click();
      await page.locator("form[data-passkey] button:not([disabled])").waitFor();
      await inspect(page, `passkey-offer-${language}`);
    });
});
