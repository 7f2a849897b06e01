import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Browser } from "../support/browser.ts";
import { freePort, Guestpass } from "../support/guestpass.ts";
import { Program } from "../support/program.ts";

const script = fileURLToPath(new URL("flask-application.py", import.meta.url));

describe("Authlib as a relying party", () => {
  let guestpass: Guestpass;
  let application: Program | undefined;
  let origin: string;

  before(async () => {
    guestpass = await Guestpass.start();
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    const { secret } = await guestpass.register("authlib", { metadata: { redirect_uris: [`${origin}/callback`] } });
    application = await Program.start(["/usr/bin/python3", script], port, {
      ISSUER: guestpass.issuer,
      CLIENT_ID: "authlib",
      CLIENT_SECRET: secret as string,
      PORT: String(port),
    });
  });
  after(async () => {
    await application?.stop();
    await guestpass.stop();
  });

  it("signs a guest in, verifies the ID token and reads userinfo", async () => {
    const sub = await guestpass.addGuest("ada@example.com", { name: "Ada Lovelace" });
    const answer = await guestpass.signIn(new Browser(), { url: `${origin}/login` }, "ada@example.com");
    expect(answer.status, answer.text).to.equal(200);
    const { claims, userinfo } = JSON.parse(answer.body);
    expect(claims).to.include({ iss: guestpass.issuer, sub, acr: "urn:guestpass:acr:mailbox" });
    expect(userinfo).to.include({ sub, email: "ada@example.com", email_verified: true, name: "Ada Lovelace" });
  });
});
