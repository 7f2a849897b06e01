// What the log says, in one line each, of things that happen every day.
import { once } from "node:events";
import { request } from "node:http";
import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { memoryLog } from "../../support/memory-log.ts";
import { endpoints, post, signedIn } from "../../support/protocol.ts";
import { RelyingServer } from "../../support/relying-server.ts";

describe("the log of ordinary days", () => {
  let guestpass: Guestpass;
  const { log, lines } = memoryLog("info");
  const entries = (msg: string) => lines.map((line) => JSON.parse(line) as Record<string, unknown>).filter((entry) => entry["msg"] === msg);

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8" }, { log });
  });
  after(() => guestpass.stop());
  beforeEach(() => lines.splice(0));

  it("has one quiet line with the route, and no stack, for a browser that goes on while news of the mail are open", async () => {
    const application = await guestpass.register("files");
    const browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), "ada@example.com");
    const url = `${page.url}/delivery`;
    const news = request(url, { headers: { cookie: await browser.jar.getCookieString(url) } }).end();
    const [answer] = await once(news, "response");
    await once(answer, "data");
    news.on("error", () => undefined);
    answer.on("error", () => undefined);
    answer.destroy();
    await eventually("a line about it", () => entries("the client disconnected before it had its answer").length > 0);
    const [entry] = entries("the client disconnected before it had its answer");
    expect(entry).to.include({ level: 30, route: "/interaction/:uid/delivery" });
    expect(entry).not.to.have.property("err");
    expect(entries("a request was broken off")).to.deep.equal([]);
  });

  it("names the client of a request that was refused", async () => {
    const application = await guestpass.register("board");
    await post(guestpass, endpoints.token, application, { grant_type: "refresh_token", refresh_token: "nonsense" });
    await guestpass.browser().open((await guestpass.authorizationRequest(application, { scope: "nonsense" })).url);
    const refusals = entries("a protocol request was refused");
    expect(refusals.map(({ error, client }) => [error, client])).to.deep.equal([
      ["invalid_grant", "board"],
      ["invalid_request", "board"],
    ]);
  });

  it("does not say that an application was told of a logout that has no address for it", async () => {
    const relying = await new RelyingServer().start();
    const told = await guestpass.register("told", { metadata: { backchannel_logout_uri: relying.url } });
    const silent = await guestpass.register("silent");
    const { browser } = await signedIn(guestpass, told, { address: "bob@example.com" });
    await browser.open((await guestpass.authorizationRequest(silent)).url);
    await browser.submit(await browser.open(`${guestpass.issuer}${endpoints.endSession}`), "/session/end/confirm", { logout: "yes" });
    await eventually("the logout is told", () => relying.received.length > 0 && entries("back-channel logout").length > 0);
    await eventually("nothing is queued", async () => {
      const [{ left } = { left: 1 }] = await guestpass.server.app.db("logouts").where("state", "queued").count({ left: "*" });
      return Number(left) === 0;
    });
    expect(entries("back-channel logout").map(({ client }) => client)).to.deep.equal(["told"]);
    await relying.stop();
  });
});
