// OWASP ASVS 16.5.1: a fault of ours tells a stranger nothing but a number to ask for help with.
import { expect } from "chai";
import { Guestpass } from "../../support/guestpass.ts";
import { leaks } from "../../support/leaks.ts";
import { memoryLog } from "../../support/memory-log.ts";
import { endpoints } from "../../support/protocol.ts";

describe("an internal error", () => {
  let guestpass: Guestpass;
  const { log, lines } = memoryLog();

  before(async () => {
    guestpass = await Guestpass.start({}, { log });
    await guestpass.register("files");
  });
  after(() => guestpass.stop());

  it("is a page that says sorry and a number; what failed stands in the log, and no address with it", async () => {
    const application = await guestpass.register("broken");
    const request = await guestpass.authorizationRequest(application);
    const browser = guestpass.browser();
    const email = await browser.open(request.url);
    await guestpass.server.app.db.schema.dropTable("passcodes");
    const answer = await browser.submit(email, "/email", { email: "ada@example.com" });
    expect(answer.status).to.equal(500);
    expect(answer.title).to.equal("Something went wrong");
    expect(answer.body).not.to.match(leaks).and.not.to.contain("ada@");
    const id = answer.headers.get("x-request-id") as string;
    expect(answer.text).to.contain(id);
    const logged = lines.filter((line) => line.includes(id)).join("");
    expect(logged).to.match(/passcodes/);
    expect(lines.join("")).not.to.contain("ada@example.com");
  });

  it("is not a page that says that the guest is signed out", async () => {
    const other = await Guestpass.start({}, { log });
    try {
      const browser = other.browser();
      await other.signIn(browser, await other.authorizationRequest(await other.register("files")), "ada@example.com");
      const question = await browser.open(`${other.issuer}/session/end`);
      await other.server.app.db.schema.dropTable("oidc_artifacts");
      const answer = await browser.submit(question, "/session/end/confirm", { logout: "yes" });
      expect([answer.status, answer.title]).to.deep.equal([500, "Something went wrong"]);
    } finally {
      await other.stop();
    }
  });

  it("is a problem document for a request that asks for JSON, with nothing else in it", async () => {
    await guestpass.server.app.db.schema.dropTable("oidc_artifacts");
    const response = await fetch(guestpass.issuer + endpoints.userinfo, {
      headers: { accept: "application/json", authorization: "Bearer x" },
    });
    expect(response.status).to.equal(500);
    expect(await response.json())
      .to.have.all.keys("error", "error_description")
      .and.to.include({ error: "server_error" });
    const page = await fetch(`${guestpass.issuer}/auth/x`, { headers: { accept: "text/html", cookie: "guestpass_resume=x" } });
    expect(await page.text()).not.to.match(leaks);
  });
});
