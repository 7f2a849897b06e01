import { expect } from "chai";
import { operator } from "../../src/audit/audit.ts";
import { Apache } from "../support/apache.ts";
import { Browser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { freePort, Guestpass } from "../support/guestpass.ts";
import { navigate } from "../support/navigation.ts";
import { type RelyingParty, serveRelyingParty } from "../support/relying-party.ts";
import { say } from "../support/texts.ts";

describe("mod_auth_openidc as a relying party", () => {
  let guestpass: Guestpass;
  /** The application behind Apache: it answers with the headers that it was sent. */
  let behind: RelyingParty;
  let apache: Apache | undefined;
  let origin: string;
  let report: string;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.1/32" });
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    report = `${origin}/protected/report`;
    const redirectUri = `${origin}/protected/redirect_uri`;
    const { secret } = await guestpass.register("apache", {
      metadata: {
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [`${origin}/`],
        backchannel_logout_uri: `${redirectUri}?logout=backchannel`,
      },
    });
    behind = await serveRelyingParty(
      ({ headers }, response) => response.end(JSON.stringify(headers)),
      `http://127.0.0.1:${await freePort()}`,
    );
    const modules = ["mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "proxy", "proxy_http"];
    apache = await Apache.start(
      port,
      modules,
      `
      OIDCProviderMetadataURL ${guestpass.issuer}/.well-known/openid-configuration
      OIDCClientID apache
      OIDCClientSecret ${secret}
      OIDCRedirectURI ${redirectUri}
      OIDCCryptoPassphrase "a secret of the application for its own cookie"
      OIDCScope "openid email profile"
      OIDCPKCEMethod S256
      OIDCRemoteUserClaim sub
      <Location /protected>
        AuthType openid-connect
        Require valid-user
      </Location>
      ProxyPass /protected/redirect_uri !
      ProxyPass / ${behind.origin}/
      `,
    );
  });
  after(async () => {
    await apache?.stop();
    await behind.close();
    await guestpass.stop();
  });

  /** Opens the protected page as somebody who has to sign in first. @returns the headers that the application behind it got */
  async function signIn(browser: Browser, address: string): Promise<Record<string, string>> {
    const page = await guestpass.signIn(browser, { url: report }, address);
    expect(page.url).to.equal(report);
    return JSON.parse(page.body);
  }

  it("opens what it protects, hands on who the guest is, and signs out of both", async () => {
    const browser = new Browser({ via: navigate });
    const ada = await guestpass.addGuest("ada@example.com", { name: "Ada Lovelace" });
    expect(await signIn(browser, "ada@example.com")).to.include({
      oidc_claim_sub: ada,
      oidc_claim_email: "ada@example.com",
      oidc_claim_name: "Ada Lovelace",
      oidc_claim_acr: "urn:guestpass:acr:mailbox",
    });

    const sure = await browser.open(`${origin}/protected/redirect_uri?logout=${encodeURIComponent(`${origin}/`)}`);
    expect(sure.title).to.equal(say("sign-out.title"));
    expect((await browser.submit(sure, "/session/end/confirm", { logout: "yes" })).url).to.equal(`${origin}/`);
    expect((await browser.open(report)).title).to.equal(say("enter-email.title", { application: "Application apache" }));
  });

  it("ends the session that a back-channel logout names, and not the guest's other one", async () => {
    const [laptop, phone] = [new Browser({ via: navigate }), new Browser({ via: navigate })];
    const { oidc_claim_sub: sub = "" } = await signIn(laptop, "grace@example.com");
    const { sessions } = guestpass.server.app;
    const [onLaptop] = await sessions.list(sub);
    await signIn(phone, "grace@example.com");
    await sessions.end(onLaptop?.uid ?? "", operator);
    await eventually("Apache sends the laptop to sign in", async () => (await laptop.request(report)).isRedirect);
    expect((await phone.request(report)).status, "on the phone").to.equal(200);
  });
});
