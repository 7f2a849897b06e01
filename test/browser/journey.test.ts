import { expect } from "chai";
import type { Page } from "playwright-core";
import { narrow } from "../support/chromium.ts";
import { overflow } from "../support/screens.ts";
import { codeField, Site, sees, submitButton } from "../support/site.ts";
import { say } from "../support/texts.ts";

describe("a guest opens a shared file in a browser", () => {
  let site: Site;

  before(async () => {
    site = await Site.start();
  });
  after(() => site.stop());
  afterEach(() => site.expectNoComplaints());

  it("with an emailed code, sees it, and signs out of the application and of Guestpass", async () => {
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    await sees(page, say("enter-email.title", { application: "File share" }));
    await site.signIn(page, "ada@example.com");
    await page.waitForURL(site.fileShare.welcome);
    await sees(page, "Welcome.txt");
    expect(await page.getByRole("main").textContent()).to.contain("There was no password to choose");

    await page.getByRole("link", { name: "ada@example.com" }).click();
    expect(await page.getByRole("main").textContent()).to.match(/email_verified\s*true/);

    await page.getByRole("button", { name: "Sign out" }).click();
    await sees(page, say("sign-out.title"));
    await page.getByRole("button", { name: say("sign-out.yes") }).click();
    await page.waitForURL(`${site.fileShare.url}/signed-out`);
    await page.goto(site.fileShare.welcome);
    await sees(page, say("enter-email.title", { application: "File share" }));
  });

  it("from the invitation that the owner sends, and is out again when the owner revokes it", async () => {
    const owner = await site.page();
    await owner.goto(site.fileShare.url);
    const row = owner.getByRole("listitem").filter({ hasText: "eve@example.com" });
    await owner.getByLabel("Share with another person").fill("eve@example.com");
    await owner.getByRole("button", { name: "Invite" }).click();
    await row.getByText("pending").waitFor();
    const [mail] = await site.guestpass.mail.wait("eve@example.com");
    const page = await site.page();
    await page.goto(/http\S+\/invitations\/\S+/.exec(mail?.parsed.text ?? "")?.[0] ?? "");
    expect(await page.getByLabel(say("enter-email.label")).inputValue()).to.equal("eve@example.com");
    await site.signIn(page, "eve@example.com");
    await page.waitForURL(site.fileShare.welcome);
    await sees(page, "Welcome.txt");
    await owner.reload();
    await row.getByText("redeemed").waitFor();
    await row.getByRole("button", { name: "Revoke" }).click();
    await row.getByText("revoked").waitFor();
    await page.reload();
    expect(await page.getByRole("heading", { level: 1 }).textContent()).not.to.equal("Welcome.txt");
  });

  it("is not let in with an address that it was not shared with, and gets in with the right one", async () => {
    await site.fileShare.create("Plan.txt", "The plan", "bob@example.com");
    await site.guestpass.mail.wait("bob@example.com");
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    await site.signIn(page, "bob@example.com");
    await page.waitForURL(site.fileShare.welcome);
    await sees(page, "This file is not shared with you");
    await page.getByRole("button", { name: "Sign in with another address" }).click();
    await site.signIn(page, "ada@example.com");
    await page.waitForURL(site.fileShare.welcome);
    await sees(page, "Welcome.txt");
  });

  it("signs in again without being asked while the session at Guestpass lasts", async () => {
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    await site.signIn(page, "ada@example.com");
    await page.waitForURL(site.fileShare.welcome);
    await page.context().clearCookies({ name: "file-share" });
    await page.reload();
    expect(page.url()).to.equal(site.fileShare.welcome);
    await sees(page, "Welcome.txt");
  });

  it("without JavaScript", async () => {
    const page = await site.page({ javaScriptEnabled: false });
    await page.goto(site.fileShare.welcome);
    await site.signIn(page, "ada@example.com");
    await page.waitForURL(site.fileShare.welcome);
    await sees(page, "Welcome.txt");
    await page.getByRole("button", { name: "Sign out" }).click();
    await sees(page, say("sign-out.title"));
    await page.getByRole("button", { name: say("sign-out.yes") }).click();
    await page.waitForURL(`${site.fileShare.url}/signed-out`);
  });

  it("without JavaScript, looks for news of the mail by a link that a finger hits", async () => {
    site.guestpass.mail.answer = () => ({ code: 451, text: "4.7.1 later" });
    const page = await site.page({ javaScriptEnabled: false });
    await page.goto(site.fileShare.welcome);
    await page.getByLabel(say("enter-email.label")).fill("slow@example.com");
    await page.getByRole("button", { name: say("enter-email.submit") }).click();
    const link = page.getByRole("link", { name: say("delivery.look") });
    expect((await link.boundingBox())?.height).to.be.at.least(44);
    site.guestpass.mail.answer = () => undefined;
    await link.click();
    await codeField(page).waitFor();
  });

  for (const digits of ["000000", "123456", "00000000"]) {
    it(`sees all digits of the code ${digits} in their field, in several fonts, on the narrowest phone with text twice as large`, async () => {
      const own = await Site.start({ GUESTPASS_PASSCODE_DIGITS: String(digits.length) });
      try {
        const page = await own.page({ viewport: narrow, hasTouch: true, isMobile: true });
        await page.goto(own.fileShare.welcome);
        await page.getByLabel(say("enter-email.label")).fill("ada@example.com");
        await page.getByRole("button", { name: say("enter-email.submit") }).click();
        const field = page.getByLabel(say("enter-passcode.label", { count: digits.length }));
        await field.waitFor();
        for (const font of ["DejaVu Sans", "Noto Sans"]) {
          // Reading a height lays the page out; Chromium tells the fonts of the layout that there is.
          await page.evaluate(`document.body.style.fontFamily = '"${font}"'; document.body.offsetHeight`);
          expect(await fontsOf(page, "label[for=code]"), "the font that is measured with").to.deep.equal([font]);
          for (const size of ["100%", "200%"]) {
            await field.fill(digits);
            await page.evaluate(`document.documentElement.style.fontSize = "${size}"`);
            const [beyond, room] = await page.evaluate<[number, number]>(spareRoom);
            expect(beyond, `${font}, ${size}`).to.equal(0);
            expect(room, `no wider than its digits: ${font}, ${size}`).to.be.within(0, 1.5);
          }
        }
      } finally {
        await own.stop();
      }
    });
  }

  it("with the keyboard alone: the field that is asked for has the focus, Enter goes on", async () => {
    await site.fileShare.share("grace@example.com");
    const page = await site.page();
    await page.goto(site.fileShare.welcome);
    expect(await focused(page)).to.equal("email");
    await page.keyboard.type("grace@example.com");
    await page.keyboard.press("Enter");
    await codeField(page).waitFor();
    expect(await focused(page)).to.equal("code");
    await page.keyboard.type(await site.guestpass.mail.code("grace@example.com", 2));
    await page.keyboard.press("Enter");
    await page.waitForURL(site.fileShare.welcome);
    for (let presses = 0; (await focusedText(page)) !== "Sign out" && presses < 10; presses++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await sees(page, say("sign-out.title"));
    for (let presses = 0; (await focusedText(page)) !== "Sign out" && presses < 10; presses++) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${site.fileShare.url}/signed-out`);
  });

  it("on a phone", async () => {
    const page = await site.page({ viewport: { width: 320, height: 568 }, hasTouch: true, isMobile: true });
    await page.goto(site.fileShare.welcome);
    const code = await site.askForCode(page, "ada@example.com");
    const submit = submitButton(page);
    expect(await submit.boundingBox(), "the button is seen without scrolling").to.satisfy(
      (box: { y: number } | null) => box && box.y < 520,
    );
    await codeField(page).fill(code);
    await submit.tap();
    await page.waitForURL(site.fileShare.welcome);
    expect(await overflow(page)).to.equal(0);
  });
});

/** Pixels of the code that are not seen, and how many more digits would have room. */
const spareRoom = `(() => {
  const field = document.activeElement;
  const { fontWeight, fontSize, fontFamily, letterSpacing, paddingLeft, paddingRight } = getComputedStyle(field);
  const canvas = document.createElement("canvas").getContext("2d");
  canvas.font = [fontWeight, fontSize, fontFamily].join(" ");
  const digit = canvas.measureText("0").width + parseFloat(letterSpacing);
  const room = field.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight) - digit * field.value.length;
  return [field.scrollWidth - field.clientWidth, room / digit];
})()`;

/** The fonts that an element's text is in fact shown in. */
async function fontsOf(page: Page, selector: string): Promise<string[]> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("DOM.enable");
  await devtools.send("CSS.enable");
  const { root } = await devtools.send("DOM.getDocument");
  const { nodeId } = await devtools.send("DOM.querySelector", { nodeId: root.nodeId, selector });
  const { fonts } = await devtools.send("CSS.getPlatformFontsForNode", { nodeId });
  await devtools.detach();
  return fonts.map(({ familyName }) => familyName);
}

function focused(page: Page): Promise<string> {
  return page.evaluate<string>("document.activeElement.name");
}

function focusedText(page: Page): Promise<string> {
  return page.evaluate<string>("document.activeElement.textContent");
}
