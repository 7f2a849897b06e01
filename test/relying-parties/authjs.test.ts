import { Readable } from "node:stream";
import { Auth, type AuthConfig } from "@auth/core";
import { expect } from "chai";
import { type Answer, Browser } from "../support/browser.ts";
import { freePort, Guestpass } from "../support/guestpass.ts";
import { type RelyingParty, serveRelyingParty } from "../support/relying-party.ts";

describe("Auth.js as a relying party", () => {
  let guestpass: Guestpass;
  let application: RelyingParty;

  before(async () => {
    guestpass = await Guestpass.start();
    const origin = `http://127.0.0.1:${await freePort()}`;
    const { secret } = await guestpass.register("authjs", { metadata: { redirect_uris: [`${origin}/auth/callback/guestpass`] } });
    const config: AuthConfig = {
      basePath: "/auth",
      secret: "a secret of the application for its own cookies",
      trustHost: true,
      logger: { error: () => undefined },
      providers: [
        {
          id: "guestpass",
          name: "Guestpass",
          type: "oidc",
          issuer: guestpass.issuer,
          clientId: "authjs",
          clientSecret: secret as string,
          idToken: false,
          checks: ["pkce", "state", "nonce"],
        },
      ],
    };
    application = await serveRelyingParty(async (request, response) => {
      const { method = "GET", url, headers } = request;
      const body = method === "POST" ? { body: Readable.toWeb(request) as ReadableStream, duplex: "half" as const } : {};
      const answer = await Auth(new Request(`${origin}${url}`, { method, headers: headers as Record<string, string>, ...body }), config);
      response.writeHead(answer.status, [...answer.headers].flat()).end(await answer.text());
    }, origin);
  });
  after(async () => {
    await application.close();
    await guestpass.stop();
  });

  it("signs a guest in and learns who they are", async () => {
    const browser = new Browser();
    await guestpass.signIn(browser, await begin(browser), "ada@example.com");
    expect((await session(browser)).user).to.deep.include({ email: "ada@example.com" });
  });

  it("does not sign in a guest who does not want to", async () => {
    const browser = new Browser();
    const failed = await browser.submit(await begin(browser), "/cancel");
    expect(failed.url).to.match(new RegExp(`^${application.origin}/auth/.*error=`));
    expect(await session(browser)).to.equal(null);
  });

  /** @returns the first screen of Guestpass */
  async function begin(browser: Browser): Promise<Answer> {
    return browser.submit(await browser.open(`${application.origin}/auth/signin`), "/auth/signin/guestpass");
  }

  async function session(browser: Browser) {
    return JSON.parse((await browser.open(`${application.origin}/auth/session`)).body);
  }
});
