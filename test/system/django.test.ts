import { expect } from "chai";
import { Browser } from "../support/browser.ts";
import { RelyingProgram, systemFile } from "../support/relying-program.ts";

describe("Django with social-auth-app-django as a relying party", () => {
  let application: RelyingProgram | undefined;

  before(async () => {
    const command = ["/usr/bin/python3", systemFile("django-application.py")];
    application = await RelyingProgram.start(command, "/complete/oidc/", { pkceOptional: true });
  });
  after(() => application?.stop());

  it("signs a guest in to an account that is named by sub and has the email", async () => {
    const { guestpass, origin } = application as RelyingProgram;
    const sub = await guestpass.addGuest("ada@example.com");
    const answer = await guestpass.signIn(new Browser(), { url: `${origin}/login/oidc/` }, "ada@example.com");
    expect(answer.status, answer.text).to.equal(200);
    expect(JSON.parse(answer.body)).to.deep.equal({ username: sub, email: "ada@example.com" });
  });
});
