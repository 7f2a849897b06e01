// OWASP ASVS 16.2.5: nothing that opens anything, and no whole address, is written into the log, at any level.
import { expect } from "chai";
import { Guestpass } from "../../support/guestpass.ts";
import { memoryLog } from "../../support/memory-log.ts";
import { endpoints, post, redeem, refresh, signedIn, userinfo } from "../../support/protocol.ts";

describe("the log", () => {
  let guestpass: Guestpass;
  const { log, lines } = memoryLog("trace");
  const secrets: Record<string, string> = {};

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_PASSCODE_DIGITS: "8" }, { log });
    const application = await guestpass.register("files");
    secrets["client secret"] = application.secret as string;
    secrets["stored client secret"] = String(application.metadata.client_secret);
    secrets["address"] = "ada.lovelace@example.com";
    const session = await signedIn(guestpass, application, {
      address: "ada.lovelace@example.com",
      params: { login_hint: "ada.lovelace@example.com" },
    });
    secrets["passcode"] = await guestpass.mail.code("ada.lovelace@example.com");
    Object.assign(secrets, { code: session.code, "ID token": session.idToken, "access token": session.accessToken });
    Object.assign(secrets, { "refresh token": session.refreshToken, verifier: session.request.verifier, state: session.request.state });
    for (const { key, value } of await session.browser.jar.getCookies(guestpass.issuer)) secrets[key] = value;

    // What goes wrong is what gets logged: every secret once more, where it is refused.
    const renewed = await refresh(guestpass, application, session.refreshToken);
    secrets["renewed refresh token"] = renewed.json["refresh_token"] as string;
    await redeem(guestpass, application, session);
    await refresh(guestpass, application, session.refreshToken);
    await userinfo(guestpass, `Bearer ${session.accessToken}`);
    await userinfo(guestpass, `DPoP ${session.idToken}`);
    await post(guestpass, endpoints.token, undefined, {
      client_id: "files",
      client_secret: `${application.secret}x`,
      grant_type: "x",
      code: session.code,
    });
    await post(guestpass, endpoints.introspection, application, { token: session.idToken, token_type_hint: session.refreshToken });
    for (const [name, value] of Object.entries(secrets)) {
      const query = new URLSearchParams({
        client_id: value,
        id_token_hint: value,
        login_hint: value,
        request_uri: value,
        [value.slice(0, 50)]: name,
      });
      for (const path of ["/auth", endpoints.endSession, "/session/end/success", `/interaction/${value.slice(0, 50)}`, "/nowhere"]) {
        await fetch(`${guestpass.issuer}${path}?${query}`, {
          headers: { accept: "text/html", authorization: `Bearer ${value}` },
          redirect: "manual",
        });
      }
    }
    await mailThatIsRefused();
    await faultWithAnAddress();
    await guestpass.server.app.outbox.stop();
  });
  after(() => guestpass.stop());

  /** A mail server that repeats the address in its answer. */
  async function mailThatIsRefused(): Promise<void> {
    secrets["refused address"] = "refused.person@example.com";
    let asked: () => void = () => undefined;
    const wasAsked = new Promise<void>((resolve) => (asked = resolve));
    guestpass.mail.answer = (recipient) => {
      if (recipient !== "refused.person@example.com") return undefined;
      asked();
      return { code: 550, text: `5.1.1 <${recipient}>: Recipient address rejected: code ${secrets["passcode"]}` };
    };
    const application = await guestpass.register("refused");
    await guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(application), "refused.person@example.com");
    await wasAsked;
  }

  /** A database that fails while it has an address in its hands. */
  async function faultWithAnAddress(): Promise<void> {
    secrets["address in a fault"] = "faulty.person@example.com";
    const application = await guestpass.register("faulty");
    const browser = guestpass.browser();
    const page = await browser.open((await guestpass.authorizationRequest(application)).url);
    await guestpass.server.app.db.schema.dropTable("passcodes");
    expect((await browser.submit(page, "/email", { email: "faulty.person@example.com" })).status).to.equal(500);
  }

  it("was written, in every part of the product", () => {
    const messages = new Set(lines.map((line) => JSON.parse(line).msg));
    expect([...messages]).to.include.members(["request", "mail", "a protocol request was refused", "a request failed"]);
    expect(lines.length).to.be.greaterThan(80);
  });

  it("holds no code, token, cookie, secret or address", () => {
    const all = lines.join("");
    expect(Object.keys(secrets)).to.include.members(["guestpass_session", "guestpass_session.sig"]);
    for (const [name, secret] of Object.entries(secrets)) {
      expect(secret, name).to.have.length.greaterThan(7);
      expect(all, name).not.to.contain(secret);
      expect(all, name).not.to.contain(encodeURIComponent(secret));
      expect(all, `${name} in base64`).not.to.contain(btoa(secret).replace(/=+$/, ""));
    }
  });
});
