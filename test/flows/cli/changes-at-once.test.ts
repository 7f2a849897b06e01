// Another process on the same database (the command line, another instance) takes access away: a running server obeys from the next
// request on. docs/decisions/031-what-another-process-changes-holds-at-once.md has the reasons.
import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { isActive, signedIn } from "../../support/protocol.ts";

describe("a change by another process", () => {
  let guestpass: Guestpass;
  let elsewhere: Guestpass;
  let application: RegisteredApplication;
  let guests = 0;

  before(async () => {
    guestpass = await Guestpass.start();
    elsewhere = await Guestpass.start({}, { on: guestpass });
    application = await guestpass.register("files");
  });
  after(async () => {
    await elsewhere.server.close();
    await guestpass.stop();
  });

  const enter = async () => {
    const session = await signedIn(guestpass, application, { address: `guest${++guests}@example.com` });
    const sub = JSON.parse(Buffer.from(session.idToken.split(".")[1] ?? "", "base64url").toString()).sub as string;
    expect(await isActive(guestpass, application, session.accessToken)).to.equal(true);
    return { ...session, sub };
  };

  it("a guest who was suspended and resumed a moment later does not get the old token back", async () => {
    const { sub, accessToken } = await enter();
    await elsewhere.server.app.guests.suspend(sub, "left", operator);
    expect(await isActive(guestpass, application, accessToken)).to.equal(false);
    await elsewhere.server.app.guests.resume(sub, operator);
    expect(await isActive(guestpass, application, accessToken)).to.equal(false);
  });

  it("a session that was ended lets nobody in, and gives no code", async () => {
    const { sub, accessToken, browser } = await enter();
    const [session] = await elsewhere.server.app.sessions.list(sub);
    expect(await elsewhere.server.app.sessions.end(session?.uid ?? "", operator)).to.equal(true);
    const silent = await browser.open((await guestpass.authorizationRequest(application, { prompt: "none" })).url);
    expect([silent.query["code"], silent.query["error"]]).to.deep.equal([undefined, "login_required"]);
    expect(await isActive(guestpass, application, accessToken)).to.equal(false);
  });

  it("an application that was renamed has its new name a second later", async () => {
    const board = await guestpass.register("board", { name: "Board" });
    const { url } = await guestpass.authorizationRequest(board);
    expect((await guestpass.browser().open(url)).text).to.contain("Board");
    await elsewhere.server.app.admin("updateApplication", { params: { client_id: "board" }, body: { name: "Table" } });
    guestpass.clock.advance({ seconds: 1 });
    expect((await guestpass.browser().open(url)).text).to.contain("Table");
  });
});
