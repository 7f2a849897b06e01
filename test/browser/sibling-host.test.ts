// What browsers let another host of the same domain set, and what Guestpass makes of it (RFC 6265bis, 4.1.3.2).
import { once } from "node:events";
import { createServer, type Server } from "node:https";
import { expect } from "chai";
import type { BrowserContext, Page } from "playwright-core";
import { certificate } from "../support/certificate.ts";
import { Chromium } from "../support/chromium.ts";
import { freePort, Guestpass, type RegisteredApplication } from "../support/guestpass.ts";
import { codeField, submitCode } from "../support/site.ts";
import { say } from "../support/texts.ts";
import { serveTls } from "../support/tls-proxy.ts";

const [ours, theirs] = ["idp.corp.test", "evil.corp.test"];

describe("another host of the same domain", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let chromium: Chromium;
  let issuer: string;
  let evil: string;
  let servers: Server[];
  /** What the other host sets, whoever comes. */
  let planted: string[] = [];

  before(async () => {
    const [port, evilPort] = [await freePort(), await freePort()];
    [issuer, evil] = [`https://${ours}:${port}`, `https://${theirs}:${evilPort}`];
    guestpass = await Guestpass.start({ GUESTPASS_ISSUER: issuer, GUESTPASS_TRUSTED_PROXIES: "127.0.0.1" });
    const plant = createServer(certificate(), (_request, response) => response.setHeader("set-cookie", planted).end("<p>Planted"));
    await once(plant.listen(evilPort, "127.0.0.1"), "listening");
    servers = [await serveTls(port, guestpass.issuer), plant];
    // The application lives on the other host as well: nothing is to be reached elsewhere.
    application = await guestpass.register("files", { metadata: { redirect_uris: [`${evil}/callback`] } });
    chromium = await Chromium.start([ours, theirs]);
  });
  after(async () => {
    await chromium.stop();
    for (const server of servers) server.close().closeAllConnections();
    await guestpass.stop();
  });

  const open = () => chromium.page({ ignoreHTTPSErrors: true });
  const begin = async (page: Page) => {
    const pkce = { code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", code_challenge_method: "S256" };
    const query = { client_id: application.clientId, response_type: "code", redirect_uri: `${evil}/callback`, scope: "openid", ...pkce };
    await page.goto(`${issuer}/auth?${new URLSearchParams(query)}`);
  };
  const ask = async (page: Page, address: string) => {
    await page.getByLabel(say("enter-email.label")).fill(address);
    await page.getByRole("button", { name: say("enter-email.submit") }).click();
    await codeField(page).waitFor();
    return guestpass.mail.code(address);
  };
  const all = (context: BrowserContext) => context.cookies();

  it("plants the cookies of a sign-in that it began, and still leads nobody into it", async () => {
    const attacker = await open();
    await begin(attacker);
    const uid = new URL(attacker.url()).pathname.split("/").at(-1);
    planted = (await all(attacker.context())).flatMap(({ name, value }) =>
      [`/interaction/${uid}`, `/auth/${uid}`, "/"].map((path) => `${name}=${value}; Domain=corp.test; Path=${path}; Secure; HttpOnly`),
    );
    const victim = await open();
    await victim.goto(evil);
    const arrived = (await all(victim.context())).map(({ name }) => name);
    expect(arrived, "the browser keeps what the prefix allows").to.include("__Secure-guestpass_resume");
    expect(arrived.some((name) => name.startsWith("__Host-"))).to.equal(false);
    for (const path of [`/interaction/${uid}`, `/auth/${uid}`]) {
      await victim.goto(issuer + path);
      const title = await victim.getByRole("heading", { level: 1 }).textContent();
      // A browser that has nothing of ours looks like one that keeps no cookies.
      expect(title).to.be.oneOf([say("elsewhere.title"), say("cookies.title"), say("expired.title")]);
      expect(await victim.getByLabel(say("enter-email.label")).count()).to.equal(0);
    }
  });

  it("and locks nobody out of a sign-in with what it plants beside ours", async () => {
    const page = await open();
    await begin(page);
    const uid = new URL(page.url()).pathname.split("/").at(-1);
    planted = (await all(page.context())).flatMap(({ name }) =>
      ["/", "/auth", "/interaction", `/interaction/${uid}`, `/auth/${uid}`].flatMap((path) => [
        `${name}=junk; Domain=corp.test; Path=${path}; Secure`,
        `${name.replace("__Host-", "")}=${"A".repeat(43)}; Domain=corp.test; Path=${path}; Secure`,
      ]),
    );
    const other = await page.context().newPage();
    await other.goto(evil);
    await submitCode(page, await ask(page, "ada@example.com"));
    await page.waitForURL(`${evil}/callback?code=**`);
  });
});
