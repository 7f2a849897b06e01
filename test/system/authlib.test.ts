import { expect } from "chai";
import { Browser } from "../support/browser.ts";
import { RelyingProgram, systemFile } from "../support/relying-program.ts";

describe("Authlib as a relying party", () => {
  let application: RelyingProgram | undefined;

  before(async () => {
    application = await RelyingProgram.start(["/usr/bin/python3", systemFile("flask-application.py")], "/callback");
  });
  after(() => application?.stop());

  it("signs a guest in, verifies the ID token and reads userinfo", async () => {
    const { guestpass, origin } = application as RelyingProgram;
    const sub = await guestpass.addGuest("ada@example.com", { name: "Ada Lovelace" });
    const answer = await guestpass.signIn(new Browser(), { url: `${origin}/login` }, "ada@example.com");
    expect(answer.status, answer.text).to.equal(200);
    const { claims, userinfo } = JSON.parse(answer.body);
    expect(claims).to.include({ iss: guestpass.issuer, sub, acr: "urn:guestpass:acr:mailbox" });
    expect(userinfo).to.include({ sub, email: "ada@example.com", email_verified: true, name: "Ada Lovelace" });
  });
});
