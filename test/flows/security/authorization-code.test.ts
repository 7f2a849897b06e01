// OWASP ASVS 10.4.2, 10.4.3; RFC 6749, 4.1.2; RFC 9700, 4.14.2.
import { expect } from "chai";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { codeFor, endpoints, isActive, opens, post, type Reply, redeem, refresh } from "../../support/protocol.ts";

describe("an authorization code", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    guestpass.clock.hold();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());
  afterEach(() => guestpass.clock.reset());

  const isInvalidGrant = ({ status, json }: Reply, why?: string) => {
    expect(json["error"], why).to.equal("invalid_grant");
    expect(status, why).to.equal(400);
    expect(json, why).not.to.have.property("access_token");
  };
  const worksAtAll = async ({ json }: Reply) => [
    await opens(guestpass, json["access_token"]),
    await isActive(guestpass, application, json["access_token"]),
    await isActive(guestpass, application, json["refresh_token"]),
    (await refresh(guestpass, application, String(json["refresh_token"]))).status === 200,
  ];

  it("works once; a second use ends what the first one gave", async () => {
    const signIn = await codeFor(guestpass, application);
    const first = await redeem(guestpass, application, signIn);
    expect(first.status).to.equal(200);
    expect(await opens(guestpass, first.json["access_token"])).to.equal(true);
    isInvalidGrant(await redeem(guestpass, application, signIn));
    expect(await worksAtAll(first)).to.deep.equal([false, false, false, false]);
    isInvalidGrant(await redeem(guestpass, application, signIn), "a third time");
  });

  it("ends what came of it later, too: the tokens of every refresh since", async () => {
    const signIn = await codeFor(guestpass, application);
    const first = await redeem(guestpass, application, signIn);
    const refreshed = await refresh(guestpass, application, String(first.json["refresh_token"]));
    expect(await opens(guestpass, refreshed.json["access_token"])).to.equal(true);
    isInvalidGrant(await redeem(guestpass, application, signIn));
    expect(await worksAtAll(refreshed)).to.deep.equal([false, false, false, false]);
  });

  it("redeemed many times at the same moment gives working tokens at most once, and none after", async () => {
    for (let round = 0; round < 5; round++) {
      const signIn = await codeFor(guestpass, application);
      const replies = await Promise.all(Array.from({ length: 8 }, () => redeem(guestpass, application, signIn)));
      const redeemed = replies.filter(({ status }) => status === 200);
      expect(redeemed.length).to.be.at.most(1);
      for (const reply of replies.filter(({ status }) => status !== 200)) isInvalidGrant(reply);
      for (const reply of redeemed) expect(await worksAtAll(reply)).to.deep.equal([false, false, false, false]);
    }
  });

  it("works for 60 seconds", async () => {
    const inTime = await codeFor(guestpass, application);
    guestpass.clock.advance({ seconds: 58 });
    expect((await redeem(guestpass, application, inTime)).status).to.equal(200);
    const late = await codeFor(guestpass, application);
    guestpass.clock.advance({ seconds: 61 });
    isInvalidGrant(await redeem(guestpass, application, late));
  });

  it("works for no other application, and still does for its own", async () => {
    const other = await guestpass.register("other");
    const open = await guestpass.register("public", { metadata: { token_endpoint_auth_method: "none" } });
    const signIn = await codeFor(guestpass, application);
    isInvalidGrant(await redeem(guestpass, other, signIn));
    isInvalidGrant(await redeem(guestpass, open, signIn));
    expect((await redeem(guestpass, application, signIn)).status).to.equal(200);
  });

  it("works only for a client that proves to be the application", async () => {
    const signIn = await codeFor(guestpass, application);
    const fields = {
      grant_type: "authorization_code",
      code: signIn.code,
      code_verifier: signIn.request.verifier,
      redirect_uri: "https://app.example/callback",
    };
    const basic = (id: string, secret: string) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` });
    const attempts: [what: string, fields: Record<string, string>, headers: Record<string, string>][] = [
      ["no authentication", { client_id: "files" }, {}],
      ["a wrong secret", {}, basic("files", "wrong")],
      ["an empty secret", {}, basic("files", "")],
      ["the stored hash as the secret", {}, basic("files", String(application.metadata.client_secret))],
      ["the secret of another application", {}, basic("files", String((await guestpass.register("third")).secret))],
      ["the secret twice", { client_secret: String(application.secret) }, basic("files", String(application.secret))],
      ["another client id beside", { client_id: "other" }, basic("files", String(application.secret))],
    ];
    for (const [what, more, headers] of attempts) {
      const { status, json } = await post(guestpass, endpoints.token, undefined, { ...fields, ...more }, headers);
      expect(status, what).to.be.oneOf([400, 401]);
      expect(json["error"], what).to.be.oneOf(["invalid_client", "invalid_request"]);
    }
    expect((await redeem(guestpass, application, signIn)).status).to.equal(200);
  });

  it("has more than 128 bits and cannot be made up", async () => {
    const { code, ...signIn } = await codeFor(guestpass, application);
    expect(code).to.match(/^[\w-]{43}$/);
    const almost = code.slice(0, -1) + (code.endsWith("A") ? "B" : "A");
    for (const made of [almost, code.toLowerCase(), `${code}=`, `${code}\0`, "", "undefined", "__proto__"]) {
      const { json } = await redeem(guestpass, application, { ...signIn, code: made });
      expect(json["error"], made).to.be.oneOf(["invalid_grant", "invalid_request"]);
    }
    expect((await redeem(guestpass, application, { ...signIn, code })).status).to.equal(200);
  });
});
