import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { Browser } from "../support/browser.ts";
import { freePort, Guestpass } from "../support/guestpass.ts";
import { Program } from "../support/program.ts";

const script = fileURLToPath(new URL("rack-application.rb", import.meta.url));

describe("omniauth_openid_connect as a relying party", () => {
  let guestpass: Guestpass;
  let application: Program | undefined;
  let origin: string;

  before(async () => {
    guestpass = await Guestpass.start();
    const port = await freePort();
    origin = `http://127.0.0.1:${port}`;
    const metadata = { redirect_uris: [`${origin}/auth/guestpass/callback`] };
    // GitLab's sends no PKCE.
    const { secret } = await guestpass.register("omniauth", { pkceOptional: true, metadata });
    application = await Program.start(["/usr/bin/ruby", script], port, {
      ISSUER: guestpass.issuer,
      CLIENT_ID: "omniauth",
      CLIENT_SECRET: secret as string,
      PORT: String(port),
    });
  });
  after(async () => {
    await application?.stop();
    await guestpass.stop();
  });

  it("signs a guest in and learns who it is", async () => {
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
