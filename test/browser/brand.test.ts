import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { narrow } from "../support/chromium.ts";
import { inspect, weigh } from "../support/screens.ts";
import { Site } from "../support/site.ts";
import { sayIn } from "../support/texts.ts";

const image = (colour: string) =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><path d="M0 0h40v40H0z" fill="${colour}"/></svg>`;
const settings = {
  GUESTPASS_ORGANISATION: "Example Museum",
  GUESTPASS_MAIL_SUPPORT: "help@museum.example",
  GUESTPASS_PRIVACY_URL: "https://museum.example/privacy",
};

describe("an application's own look", function () {
  this.timeout(120_000);
  let site: Site;
  let images: Server;
  let at: string;
  let asked: { path: string | undefined; referer: string | undefined; cookie: string | undefined }[];

  before(async () => {
    site = await Site.start(settings);
    images = createServer(({ headers, url }, response) => {
      asked.push({ path: url, referer: headers.referer, cookie: headers.cookie });
      if (url === "/gone.svg") return response.writeHead(404).end();
      response.setHeader("content-type", "image/svg+xml");
      response.end(image(url === "/dark.svg" ? "#fff" : "#0a0"));
    });
    await new Promise<void>((resolve) => images.listen(0, "127.0.0.1", resolve));
    at = `http://127.0.0.1:${(images.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    asked = [];
  });
  after(async () => {
    images.close();
    await site.stop();
  });
  afterEach(() => site.expectNoComplaints());

  async function opened(id: string, colour: string, { logo, darkLogo = null }: { logo?: string; darkLogo?: string | null } = {}) {
    const metadata = logo === undefined ? {} : { logo_uri: logo };
    const application = await site.guestpass.register(id, { name: "Acme Files", metadata, policy: { colour, logoUriDark: darkLogo } });
    const page = await site.page();
    await page.goto((await site.guestpass.authorizationRequest(application)).url);
    return page;
  }

  it("has its logo and name above the pages of a sign-in, and learns nothing of the sign-in by that", async () => {
    const page = await opened("with-logo", "#7b1fa2", { logo: `${at}/logo.svg` });
    expect(await page.evaluate<number>("document.querySelector('header img').naturalWidth")).to.equal(40);
    expect(await headerText(page)).to.equal("Acme Files Example Museum guest sign-in");
    await inspect(page, "brand-logo");
    await site.askForCode(page, "ada@example.com");
    expect(await page.locator("header img").isVisible()).to.equal(true);
    for (const { referer, cookie } of asked) expect({ referer, cookie }).to.deep.equal({ referer: undefined, cookie: undefined });
  });

  it("has another logo on dark screens, and a light plate under the only one that there is", async () => {
    const both = await opened("with-both", "#7b1fa2", { logo: `${at}/logo.svg`, darkLogo: `${at}/dark.svg` });
    const shown = () => both.evaluate<string>("document.querySelector('header img').currentSrc");
    expect(await shown()).to.equal(`${at}/logo.svg`);
    await both.emulateMedia({ colorScheme: "dark" });
    await both.waitForFunction("document.querySelector('header img').currentSrc.endsWith('dark.svg')");
    await inspect(both, "brand-dark-logo");
    const one = await opened("with-one", "#7b1fa2", { logo: `${at}/logo.svg` });
    await one.emulateMedia({ colorScheme: "dark" });
    expect(await one.evaluate("getComputedStyle(document.querySelector('header img')).backgroundColor")).to.equal("rgb(255, 255, 255)");
  });

  it("leaves the name where the logo cannot be loaded, and no hole", async () => {
    const page = await opened("without-its-logo", "#7b1fa2", { logo: `${at}/gone.svg` });
    expect(await headerText(page)).to.equal("Acme Files Example Museum guest sign-in");
    expect(await page.evaluate<number>("document.querySelector('header img').getBoundingClientRect().width")).to.equal(0);
    await inspect(page, "brand-logo-gone");
    expect(site.chromium.complaints().join()).to.contain("404");
  });

  // The colour on the button is the application's own; a link has its hue in a shade that can be read.
  const colours: [colour: string, onButton: string][] = [
    ["#7b1fa2", "rgb(255, 255, 255)"],
    ["#ffee00", "rgb(0, 0, 0)"],
    ["#0b7a3b", "rgb(255, 255, 255)"],
    ["#000000", "rgb(255, 255, 255)"],
    ["#FFFFFF", "rgb(0, 0, 0)"],
    ["#808080", "rgb(0, 0, 0)"],
  ];
  for (const [colour, onButton] of colours) {
    it(`has its colour ${colour} on buttons, with text on it that can be read, in both schemes`, async () => {
      const page = await opened(`colour-${colour.slice(1)}`, colour);
      const [red, green, blue] = [1, 3, 5].map((start) => Number.parseInt(colour.slice(start, start + 2), 16));
      for (const colorScheme of ["light", "dark"] as const) {
        await page.emulateMedia({ colorScheme });
        const style = "getComputedStyle(document.querySelector('button.primary'))";
        expect(await page.evaluate(`${style}.backgroundColor`)).to.equal(`rgb(${red}, ${green}, ${blue})`);
        expect(await page.evaluate(`${style}.color`)).to.equal(onButton);
      }
      await inspect(page, `brand-${colour.slice(1)}`);
    });
  }

  it("has the organisation, help, privacy and languages below, and keeps the language that is chosen", async () => {
    for (const javaScriptEnabled of [true, false]) {
      const page = await site.page({ javaScriptEnabled });
      await page.goto(site.fileShare.welcome);
      const foot = page.getByRole("contentinfo");
      expect(await foot.getByRole("link", { name: "Help" }).getAttribute("href")).to.equal("mailto:help@museum.example");
      expect(await foot.getByRole("link", { name: "Privacy" }).getAttribute("href")).to.equal(settings.GUESTPASS_PRIVACY_URL);
      const { pathname } = new URL(page.url());
      await foot.getByText("English").click();
      await foot.getByRole("link", { name: "Deutsch" }).click();
      await page.getByLabel(sayIn("de")("enter-email.label")).waitFor();
      expect(new URL(page.url()).pathname + new URL(page.url()).search).to.equal(pathname);
      await page.goto(`${site.guestpass.issuer}/nothing`);
      expect(await page.locator("html").getAttribute("lang")).to.equal("de");
    }
    site.chromium.complaints();
  });

  it("weighs less than 30 KB without its logos, the code page included, and nothing on it moves while it loads", async () => {
    const page = await site.page();
    const bytes = weigh(page);
    await page.goto(site.fileShare.welcome);
    await site.askForCode(page, "ada@example.com");
    await page.waitForLoadState("load");
    expect(await bytes())
      .to.be.greaterThan(5000)
      .and.lessThan(30_000);
    const shift = await page.evaluate<number>(`new Promise((resolve) => {
      let sum = 0;
      new PerformanceObserver((list) => { for (const { value } of list.getEntries()) sum += value; }).observe({ type: "layout-shift", buffered: true });
      setTimeout(() => resolve(sum), 300);
    })`);
    expect(shift).to.be.lessThan(0.01);
  });

  it("fits a phone, including the help for those who got no mail", async () => {
    for (const locale of ["en", "de", "ar", "ja"]) {
      const page = await site.page({ viewport: narrow, isMobile: true, hasTouch: true, locale });
      await page.goto(site.fileShare.welcome);
      await page.locator("#email").fill("ada@example.com");
      await page.locator("button.primary").tap();
      const box = await page.locator("details.help").boundingBox();
      expect((box?.y ?? 0) + (box?.height ?? 0), locale).to.be.lessThan(narrow.height);
    }
  });
});

async function headerText(page: Page): Promise<string> {
  return (await page.getByRole("banner").textContent())?.replace(/\s+/g, " ").trim() ?? "";
}
