// An application without a server of its own: oidc-client-ts in its pages, at another origin than Guestpass.
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import type { Page } from "playwright-core";
import { Chromium } from "../support/chromium.ts";
import { freePort, Guestpass } from "../support/guestpass.ts";
import { type RelyingParty, serveRelyingParty } from "../support/relying-party.ts";
import { codeField, sees, submitCode } from "../support/site.ts";
import { say } from "../support/texts.ts";

const library = await readFile(new URL("../browser/oidc-client-ts.min.js", import.meta.resolve("oidc-client-ts")));

describe("a single-page application with oidc-client-ts", () => {
  let guestpass: Guestpass;
  let application: RelyingParty;
  let chromium: Chromium;
  let page: Page;

  before(async () => {
    guestpass = await Guestpass.start();
    chromium = await Chromium.start();
    const origin = `http://127.0.0.1:${await freePort()}`;
    await guestpass.register("spa", {
      metadata: {
        token_endpoint_auth_method: "none",
        redirect_uris: [`${origin}/callback`, `${origin}/popup`],
        post_logout_redirect_uris: [`${origin}/`],
      },
    });
    application = await serveRelyingParty((request, response) => {
      const script = request.url === "/library.js";
      response.setHeader("content-type", script ? "text/javascript" : "text/html");
      response.end(script ? library : shell(guestpass.issuer, origin));
    }, origin);
  });
  after(async () => {
    await chromium.stop();
    await application.close();
    await guestpass.stop();
  });

  beforeEach(async () => {
    page = await chromium.page();
    await page.goto(`${application.origin}/`);
  });
  afterEach(() => {
    expect(chromium.complaints()).to.deep.equal([]);
  });

  async function signIn(on: Page): Promise<void> {
    await sees(on, say("enter-email.title", { application: "Application spa" }));
    const before = guestpass.mail.to("ada@example.com").length;
    await on.getByLabel(say("enter-email.label")).fill("ada@example.com");
    await on.getByRole("button", { name: say("enter-email.submit") }).click();
    await codeField(on).waitFor();
    await submitCode(on, await guestpass.mail.code("ada@example.com", before + 1));
  }

  it("signs a guest in by redirect, renews its tokens, gives them up and signs out", async () => {
    await page.evaluate("void manager.signinRedirect()");
    await signIn(page);
    await page.waitForURL(/\/callback\?/);
    const user = await page.evaluate<{ email: string; sub: string }>("manager.signinRedirectCallback().then((user) => user.profile)");
    expect(user.email).to.equal("ada@example.com");
    expect(await page.evaluate("manager.signinSilent().then((user) => user.profile.sub)")).to.equal(user.sub);
    await page.evaluate("manager.revokeTokens(['access_token'])");
    await page.evaluate("void manager.signoutRedirect()");
    await sees(page, say("sign-out.title"));
    await page.getByRole("button", { name: say("sign-out.yes") }).click();
    await page.waitForURL(`${application.origin}/`);
  });

  it("signs a guest in in a window of its own", async () => {
    const opening = page.context().waitForEvent("page");
    await page.evaluate("void (signedIn = manager.signinPopup())");
    await signIn(await opening);
    expect(await page.evaluate("signedIn.then((user) => user.profile.email)")).to.equal("ada@example.com");
  });
});

function shell(issuer: string, origin: string): string {
  const settings = {
    authority: issuer,
    client_id: "spa",
    redirect_uri: `${origin}/callback`,
    popup_redirect_uri: `${origin}/popup`,
    post_logout_redirect_uri: `${origin}/`,
    scope: "openid email profile",
    loadUserInfo: true,
  };
  return `<!doctype html><title>Application</title><link rel="icon" href="data:,"><script src="/library.js"></script>
<script>
let signedIn;
const manager = new oidc.UserManager(${JSON.stringify(settings)});
if (location.pathname === "/popup") manager.signinPopupCallback();
</script>`;
}
