// MSAL takes no http issuer, not even on loopback: a proxy that terminates TLS stands before Guestpass, as it would in earnest.
import { readFile } from "node:fs/promises";
import type { Server } from "node:https";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { Chromium } from "../support/chromium.ts";
import { freePort, Guestpass } from "../support/guestpass.ts";
import { type RelyingParty, serveRelyingParty } from "../support/relying-party.ts";
import { codeField, sees, submitCode } from "../support/site.ts";
import { say } from "../support/texts.ts";
import { serveTls } from "../support/tls-proxy.ts";

const library = await readFile(new URL("../lib/msal-browser.min.js", import.meta.resolve("@azure/msal-browser")));

describe("a single-page application with MSAL for JavaScript", () => {
  let guestpass: Guestpass;
  let proxy: Server;
  let application: RelyingParty;
  let chromium: Chromium;
  let page: Page;

  before(async () => {
    const port = await freePort();
    const issuer = `https://localhost:${port}`;
    guestpass = await Guestpass.start({ GUESTPASS_ISSUER: issuer, GUESTPASS_TRUSTED_PROXIES: "127.0.0.1" });
    proxy = await serveTls(port, guestpass.issuer);
    const origin = `http://127.0.0.1:${await freePort()}`;
    await guestpass.register("msal", {
      metadata: { token_endpoint_auth_method: "none", redirect_uris: [`${origin}/callback`], post_logout_redirect_uris: [`${origin}/`] },
    });
    application = await serveRelyingParty(({ url }, response) => {
      const script = url === "/library.js";
      response.setHeader("content-type", script ? "text/javascript" : "text/html");
      response.end(script ? library : shell(issuer, origin));
    }, origin);
    chromium = await Chromium.start();
    page = await chromium.page({ ignoreHTTPSErrors: true });
  });
  after(async () => {
    await chromium.stop();
    await application.close();
    proxy.closeAllConnections();
    proxy.close();
    await guestpass.stop();
  });

  it("signs a guest in by redirect, renews its tokens without a screen and signs out", async () => {
    await page.goto(`${application.origin}/`);
    await page.evaluate("void manager.then((msal) => msal.loginRedirect())");
    await sees(page, say("enter-email.title", { application: "Application msal" }));
    await page.getByLabel(say("enter-email.label")).fill("ada@example.com");
    await page.getByRole("button", { name: say("enter-email.submit") }).click();
    await codeField(page).waitFor();
    await submitCode(page, await guestpass.mail.code("ada@example.com"));
    await page.waitForURL(/\/callback/);
    const account = await page.evaluate<{ idTokenClaims: { sub: string } }>("signedIn.then(({ account }) => account)");
    const renewed = await page.evaluate<{ accessToken: string; fromCache: boolean }>(
      "Promise.all([manager, signedIn]).then(([msal, { account }]) => msal.acquireTokenSilent({ account, forceRefresh: true }))",
    );
    expect(renewed.fromCache).to.equal(false);
    const userinfo = await page.evaluate<{ sub: string; email: string }>(
      `fetch("${guestpass.settings["GUESTPASS_ISSUER"]}/me", { headers: { authorization: "Bearer ${renewed.accessToken}" } }).then((answer) => answer.json())`,
    );
    expect(userinfo).to.include({ sub: account.idTokenClaims.sub, email: "ada@example.com" });
    await page.evaluate(
      "void Promise.all([manager, signedIn]).then(([msal, { account }]) => msal.logoutRedirect({ account, idTokenHint: account.idToken }))",
    );
    await sees(page, say("sign-out.title"));
    await page.getByRole("button", { name: say("sign-out.yes") }).click();
    await page.waitForURL((url) => url.href.startsWith(`${application.origin}/?state=`));
    await page.waitForURL((url) => url.href.startsWith(`${application.origin}/?state=`));
    expect(chromium.complaints()).to.deep.equal([]);
  });
});

function shell(issuer: string, origin: string): string {
  const settings = {
    auth: {
      clientId: "msal",
      authority: issuer,
      knownAuthorities: [new URL(issuer).host],
      redirectUri: `${origin}/callback`,
      postLogoutRedirectUri: `${origin}/`,
      OIDCOptions: { defaultScopes: ["openid", "email", "profile"] },
    },
    system: { protocolMode: "OIDC" },
  };
  return `<!doctype html><title>Application</title><link rel="icon" href="data:,"><script src="/library.js"></script>
<script>
const manager = msal.createStandardPublicClientApplication(${JSON.stringify(settings)});
const signedIn = manager.then((msal) => msal.handleRedirectPromise());
</script>`;
}
