import { expect } from "chai";
import { Browser } from "../support/browser.ts";
import { RelyingProgram, systemFile } from "../support/relying-program.ts";

describe("omniauth_openid_connect as a relying party", () => {
  let application: RelyingProgram | undefined;

  before(async () => {
    // GitLab's sends no PKCE.
    application = await RelyingProgram.start(["/usr/bin/ruby", systemFile("rack-application.rb")], "/auth/guestpass/callback", {
      pkceOptional: true,
    });
  });
  after(() => application?.stop());

  it("signs a guest in and learns who they are", async () => {
    const { guestpass, origin } = application as RelyingProgram;
    const sub = await guestpass.addGuest("ada@example.com", { name: "Ada Lovelace" });
    const browser = new Browser();
    const asked = await browser.submit(await browser.open(origin), "/auth/guestpass");
    const waiting = await browser.submit(asked, "/email", { email: "ada@example.com" });
    const answer = await browser.submit(waiting, "/passcode", { code: await guestpass.mail.code("ada@example.com") });
    const { uid, info } = JSON.parse(answer.body);
    expect(uid).to.equal(sub);
    expect(info).to.include({ email: "ada@example.com", name: "Ada Lovelace" });
  });
});
