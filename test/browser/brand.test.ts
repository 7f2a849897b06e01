import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { inspect } from "../support/screens.ts";
import { Site } from "../support/site.ts";

const square = `<svg xmlns="http://www.w3.org/2000/svg" width="40" height="40"><path d="M0 0h40v40H0z" fill="#0a0"/></svg>`;

describe("an application's own look", function () {
  this.timeout(120_000);
  let site: Site;
  let images: Server;
  let asked: { referer: string | undefined; cookie: string | undefined }[];

  before(async () => {
    site = await Site.start();
    images = createServer(({ headers }, response) => {
      asked.push({ referer: headers.referer, cookie: headers.cookie });
      response.setHeader("content-type", "image/svg+xml");
      response.end(square);
    });
    await new Promise<void>((resolve) => images.listen(0, "127.0.0.1", resolve));
  });
  beforeEach(() => {
    asked = [];
  });
  after(async () => {
    images.close();
    await site.stop();
  });
  afterEach(() => site.expectNoComplaints());

  async function opened(id: string, colour: string, logo?: string) {
    const metadata = logo === undefined ? {} : { logo_uri: logo };
    const application = await site.guestpass.register(id, { metadata, policy: { colour } });
    const page = await site.page();
    await page.goto((await site.guestpass.authorizationRequest(application)).url);
    return page;
  }

  it("has its logo above the pages of a sign-in, and learns nothing of the sign-in by that", async () => {
    const { port } = images.address() as AddressInfo;
    const page = await opened("with-logo", "#7b1fa2", `http://127.0.0.1:${port}/logo.svg`);
    expect(await page.evaluate<number>("document.querySelector('main > img').naturalWidth")).to.equal(40);
    await inspect(page, "brand-logo");
    await site.askForCode(page, "ada@example.com");
    expect(await page.locator("main > img").isVisible()).to.equal(true);
    for (const request of asked) expect(request).to.deep.equal({ referer: undefined, cookie: undefined });
  });

  for (const colour of ["#7b1fa2", "#ffee00", "#000000", "#FFFFFF", "#808080"]) {
    it(`has its colour ${colour} on buttons and links, in a shade that can be read`, async () => {
      const page = await opened(`colour-${colour.slice(1)}`, colour);
      const background = () => page.evaluate<string>("getComputedStyle(document.querySelector('button.primary')).backgroundColor");
      expect(await background()).not.to.equal("rgb(11, 87, 208)");
      if (colour === "#7b1fa2") expect(await background()).to.equal("rgb(123, 31, 162)");
      await inspect(page, `brand-${colour.slice(1)}`);
    });
  }
});
