// Options of an application about what its claims hold, for programs that look at the ID token alone or insist on a name.
import { expect } from "chai";
import * as oidc from "openid-client";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";

describe("claims where programs look for them", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  async function tokensFor(application: RegisteredApplication, address: string, params: Record<string, string> = {}) {
    const request = await guestpass.authorizationRequest(application, params);
    const browser = guestpass.browser();
    const answer = await guestpass.signIn(browser, request, address);
    const tokens = await guestpass.redeem(request, answer.isRedirect ? answer : await browser.submit(answer, "/consent"));
    const { sub } = tokens.claims() as oidc.IDToken;
    return { tokens, config: request.config, userinfo: await oidc.fetchUserInfo(request.config, tokens.access_token, sub) };
  }

  it("email and email_verified are in the ID token of an application that is registered so, and true to the mailbox", async () => {
    const { admin } = guestpass.server.app;
    const { body: dave } = await admin("createGuest", { body: { email: "dave@partner.example" } });
    const alias = { email: "dave2@partner.example", other_mailbox: true };
    await admin("addAlias", { params: { sub: String(dave["sub"]) }, body: alias });
    for (const firstParty of [true, false]) {
      const broker = await guestpass.register(`broker-${firstParty}`, { firstParty, policy: { emailInIdToken: true } });
      const { tokens, config, userinfo } = await tokensFor(broker, "dave2@partner.example");
      expect(tokens.claims()).to.include({ email: "dave@partner.example", email_verified: false });
      expect(userinfo).to.include({ email: "dave@partner.example", email_verified: false });
      const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token as string);
      expect(renewed.claims()).to.include({ email: "dave@partner.example", email_verified: false });
    }
  });

  it("they are in no ID token otherwise, nor without the scope email", async () => {
    const plain = await guestpass.register("plain");
    expect((await tokensFor(plain, "ada@example.com")).tokens.claims()).not.to.have.any.keys("email", "email_verified");
    const broker = await guestpass.register("broker", { policy: { emailInIdToken: true } });
    const { tokens, userinfo } = await tokensFor(broker, "ada@example.com", { scope: "openid profile" });
    expect(tokens.claims()).not.to.have.any.keys("email", "email_verified");
    expect(userinfo).not.to.have.any.keys("email", "email_verified");
  });

  it("no name is invented for a guest who was recorded without one, and no username for anybody", async () => {
    const { userinfo } = await tokensFor(await guestpass.register("wiki"), "noname@partner.example");
    expect(userinfo).to.include({ email: "noname@partner.example" });
    expect(userinfo).not.to.have.any.keys("name", "nickname", "preferred_username", "given_name", "family_name");
  });

  it("an application that insists on a name gets the address's local part, and the recorded name where there is one", async () => {
    const insists = await guestpass.register("outline", { policy: { nameFromAddress: true } });
    expect((await tokensFor(insists, "No.Name+x@partner.example")).userinfo).to.include({ name: "No.Name+x" });
    await guestpass.addGuest("grace@partner.example", { name: "Grace Hopper" });
    expect((await tokensFor(insists, "grace@partner.example")).userinfo).to.include({ name: "Grace Hopper" });
    expect((await tokensFor(insists, "no@partner.example", { scope: "openid email" })).userinfo).not.to.have.property("name");
  });

  it("given and family name are told with the scope profile as they were recorded, by whichever way", async () => {
    const { admin } = guestpass.server.app;
    const wiki = await guestpass.register("people");
    const names = { given_name: "Ada", family_name: "King" };
    const recorded: Record<string, () => Promise<unknown>> = {
      "recorded@partner.example": () => admin("createGuest", { body: { email: "recorded@partner.example", ...names } }),
      "invited@partner.example": () =>
        admin("createInvitation", { body: { client_id: "people", email: "invited@partner.example", send_mail: false, ...names } }),
      "row@partner.example": () =>
        admin("createInvitations", {
          query: { client_id: "people", send_mail: "false" },
          csv: Buffer.from("email,Given Name,Family Name\nrow@partner.example,Ada,King\n"),
        }),
      "changed@partner.example": async () => {
        const { body } = await admin("createGuest", { body: { email: "changed@partner.example", given_name: "Augusta" } });
        await admin("updateGuest", { params: { sub: String(body["sub"]) }, body: names });
      },
    };
    for (const [address, record] of Object.entries(recorded)) {
      await record();
      const { userinfo, tokens } = await tokensFor(wiki, address);
      expect(userinfo, address).to.include(names);
      expect(userinfo, "no name is made of them").not.to.have.property("name");
      expect(tokens.claims()).not.to.have.any.keys("given_name", "family_name");
      expect((await tokensFor(wiki, address, { scope: "openid email" })).userinfo).not.to.have.any.keys("given_name", "family_name");
    }
    const metadata = (await (await fetch(`${guestpass.issuer}/.well-known/openid-configuration`)).json()) as { claims_supported: string[] };
    expect(metadata.claims_supported).to.include.members(["given_name", "family_name"]);
  });
});
