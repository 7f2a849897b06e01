import { expect } from "chai";
import { Guestpass, redirectUri } from "../support/guestpass.ts";
import { isActive, redeem } from "../support/protocol.ts";

describe("starting again after too many wrong codes", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  it("leads to where the application asked for, with everything that it asked for", async () => {
    const resources = ["https://one.example", "https://two.example"];
    const scopes = Object.fromEntries(resources.map((resource) => [resource, { scope: "read" }]));
    const application = await guestpass.register("files", { metadata: { guestpass_resources: scopes } });
    const request = await guestpass.authorizationRequest(application, { scope: "openid read" });
    const url = new URL(request.url);
    for (const resource of resources) url.searchParams.append("resource", resource);
    const browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, { ...request, url: url.href }, "ada@example.com");
    const right = await guestpass.mail.code("ada@example.com");
    for (let tries = 0; tries < 5; tries++) await browser.post(page, "/passcode", { code: right === "000000" ? "111111" : "000000" });

    const locked = await browser.open(page.url);
    await browser.submit(locked, "/start-again");
    const begun = await browser.submit(locked, "/start-again"); // a second tap
    expect(begun.status).to.equal(200);
    const again = await browser.submit(begun, "/email", { email: "ada@example.com" });
    const answer = await browser.submit(again, "/passcode", { code: await guestpass.mail.code("ada@example.com", 2) });
    expect(answer.location.startsWith(`${redirectUri}?`)).to.equal(true);
    expect(answer.query["state"]).to.equal(request.state);
    const code = answer.query["code"] as string;
    const { json } = await redeem(guestpass, application, { code, request }, { resource: resources[1] as string });
    expect(await isActive(guestpass, application, json["access_token"])).to.equal(true);
  });
});
