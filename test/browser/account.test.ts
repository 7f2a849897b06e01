import { expect } from "chai";
import { inspect } from "../support/screens.ts";
import { Site, sees } from "../support/site.ts";
import { say, sayIn } from "../support/texts.ts";

describe("the guests' own page", () => {
  let site: Site;

  before(async () => {
    site = await Site.start({ GUESTPASS_ORGANISATION: "Contoso" });
  });
  after(() => site.stop());
  afterEach(() => site.expectNoComplaints());

  it("fits any screen, and signs another browser out", async () => {
    const there = await site.page();
    await there.goto(site.fileShare.welcome);
    await site.signIn(there, "ada@example.com");
    await there.waitForURL(site.fileShare.welcome);
    const page = await site.page({ javaScriptEnabled: false });
    await page.goto(`${site.guestpass.issuer}/account`);
    await site.signIn(page, "ada@example.com");
    await sees(page, say("account.title"));
    await page.locator("form[action='/account/sessions/end'] button").click();
    await page.getByText(say("account.done.ended")).waitFor();
    await page.context().close();
    await there.goto(`${site.guestpass.issuer}/account`);
    await site.signIn(there, "ada@example.com");
    await sees(there, say("account.title"));
    await inspect(there, "account");
  });

  for (const language of ["de", "ar", "ja"])
    it(`fits in ${language} too`, async () => {
      const page = await site.page({ locale: language });
      await site.guestpass.addGuest(`${language}@example.com`, { locale: language, name: "Ada Lovelace" });
      await page.goto(`${site.guestpass.issuer}/account`);
      await page.locator("input[name=email]").fill(`${language}@example.com`);
      await page.locator("button.primary").click();
      await page.locator("input[name=code]").fill(await site.guestpass.mail.code(`${language}@example.com`));
      await page.locator("button.primary").click();
      await sees(page, sayIn(language)("account.title"));
      await inspect(page, `account-${language}`);
    });

  for (const [javaScriptEnabled, language] of [
    [false, "en"],
    [true, "ar"],
    [true, "de"],
    [true, "ja"],
  ] as const)
    it(`removes an address, and brings it back, ${javaScriptEnabled ? "with" : "without"} script, in ${language}`, async () => {
      const said = sayIn(language);
      const [address, other] = [`${language}-main@example.com`, `${language}-removed@subsidiary.company.example`];
      const { guestpass } = site;
      const { admin } = guestpass.server.app;
      await guestpass.register(`board-${language}`, { name: "Project board", admission: "invited" });
      const sub = await guestpass.addGuest(address, { locale: language });
      await admin("addAlias", { params: { sub }, body: { email: other, other_mailbox: true } });
      // The notice that the address was added comes first.
      await guestpass.mail.wait(address);
      const body = { client_id: `board-${language}`, email: other, send_mail: false };
      expect((await admin("createInvitation", { body })).status).to.equal(201);
      const page = await site.page({ javaScriptEnabled, locale: language });
      await page.goto(`${guestpass.issuer}/account/addresses`);
      await page.locator("input[name=email]").fill(address);
      await page.locator("button.primary").click();
      await page.locator("input[name=code]").fill(await guestpass.mail.code(address, 2));
      await page.locator("button.primary").click();
      await sees(page, said("account.title"));
      await page.goto(`${guestpass.issuer}/account/addresses`);
      await page.locator("a", { hasText: said("account.remove.link", { address: other }) }).click();
      await sees(page, said("account.remove.title"));
      await page.getByText(said("account.remove.invitations", { applications: "Project board" })).waitFor();
      if (javaScriptEnabled) await inspect(page, `account-remove-${language}`);
      await page.locator("button.primary", { hasText: said("account.remove.yes") }).click();
      await page.getByText(said("account.done.removed")).waitFor();
      const links = () => guestpass.mail.to(address).flatMap(({ parsed }) => /http\S+\/account\/undo\/\S+/.exec(parsed.text ?? "") ?? []);
      await guestpass.mail.until(() => links().length > 0);
      await page.goto(links()[0] as string);
      await page.getByText(said("account.undo.removed")).waitFor();
      if (javaScriptEnabled) await inspect(page, `account-undo-removal-${language}`);
      await page.locator("button.primary").click();
      await sees(page, said("account.undo.undone"));
      if (javaScriptEnabled) await inspect(page, `account-undone-${language}`);
      expect(await guestpass.server.app.guests.aliases(sub)).to.have.length(2);
    });

  for (const [javaScriptEnabled, language] of [
    [false, "en"],
    [true, "ar"],
  ] as const)
    it(`adds an address, undoes it and asks for erasure ${javaScriptEnabled ? "with" : "without"} script, in ${language}`, async () => {
      const said = sayIn(language);
      const address = `${language}-changes@example.com`;
      const added = `${language}-added@example.net`;
      const { guestpass } = site;
      const page = await site.page({ javaScriptEnabled, locale: language });
      await guestpass.addGuest(address, { locale: language, name: "Ada Lovelace" });
      const type = async (field: string, value: string) => {
        await page.locator(`input[name=${field}]`).fill(value);
        await page.locator("button.primary").click();
      };
      await page.goto(`${guestpass.issuer}/account`);
      await type("email", address);
      await type("code", await guestpass.mail.code(address));
      await page.locator("a[href='/account/addresses']").click();
      await sees(page, said("account.new.title"));
      if (javaScriptEnabled) await inspect(page, `account-addresses-${language}`);
      await type("email", added);
      await sees(page, said("enter-passcode.title"));
      if (javaScriptEnabled) await inspect(page, `account-new-code-${language}`);
      await type("code", await guestpass.mail.code(added));
      await page.getByText(said("account.done.added")).waitFor();
      const mail = (await guestpass.mail.wait(address, 2)).at(-1);
      await page.goto(/http\S+\/account\/undo\/\S+/.exec(mail?.parsed.text ?? "")?.[0] as string);
      await sees(page, said("account.undo.title"));
      if (javaScriptEnabled) await inspect(page, `account-undo-${language}`);
      await page.locator("button.primary").click();
      await sees(page, said("account.undo.undone"));
      await page.goto(`${guestpass.issuer}/account/leave`);
      await type("email", address);
      await type("code", await guestpass.mail.code(address, 3));
      await page.locator("input[name=code]").waitFor({ state: "detached" });
      await page.goto(`${guestpass.issuer}/account/leave`);
      await sees(page, said("account.leave.all.title"));
      if (javaScriptEnabled) await inspect(page, `account-leave-${language}`);
      await page.locator("button.primary").click();
      await page.locator("#leave .note").waitFor();
      if (javaScriptEnabled) await inspect(page, `account-asked-${language}`);
      const { items } = (await guestpass.server.app.admin("listGuests", { query: { erasure_asked: "true" } })).body as {
        items: { sub: string }[];
      };
      for (const { sub } of items)
        await guestpass.server.app.admin("declineErasure", { params: { sub }, body: { reason: "Your contract runs until 31 March." } });
      await page.reload();
      await page.locator("#leave blockquote").waitFor();
      if (javaScriptEnabled) await inspect(page, `account-declined-${language}`);
    });
});
