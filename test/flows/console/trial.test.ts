import { expect } from "chai";
import type { Answer } from "../../support/browser.ts";
import { Administrator } from "../../support/console.ts";
import { Guestpass } from "../../support/guestpass.ts";

/** The claims that a page shows under a caption, as text. */
function claimsOn(page: Answer, caption: string): Record<string, string> {
  const region = page.document.querySelector(`[role=region][aria-label="${caption}"]`);
  const rows = region?.querySelectorAll("tbody tr") ?? [];
  return Object.fromEntries(rows.map((row) => row.querySelectorAll("td").map((cell) => cell.text)) as [string, string][]);
}

describe("trying a sign-in from the console", () => {
  let guestpass: Guestpass;
  let owner: Administrator;
  let sub: string;

  before(async () => {
    guestpass = await Guestpass.start();
    owner = await Administrator.enrolled(guestpass, "grace@acme.example");
    await guestpass.register("files", { admission: "invited", metadata: { id_token_signed_response_alg: "ES256" } });
    await guestpass.register("partner ~files", { firstParty: false, policy: { emailInIdToken: true } });
    sub = await guestpass.addGuest("ada@example.com", { name: "Ada Lovelace" });
    await guestpass.server.app.admin("createInvitation", { body: { client_id: "files", email: "ada@example.com", send_mail: false } });
  });
  after(() => guestpass.stop());

  /** @returns the page that asks for the address */
  const begin = async (client = "files", { browser } = owner): Promise<Answer> =>
    browser.submit(await browser.open(`${guestpass.issuer}/console/applications/${client}/try`), "/try");
  const type = async (page: Answer, address: string, browser = owner.browser): Promise<Answer> => {
    const before = guestpass.mail.to(address).length;
    const asked = await browser.submit(page, "/email", { email: address });
    return browser.submit(asked, "/passcode", { code: await guestpass.mail.code(address, before + 1) });
  };

  it("shows whose it was and the claims, and neither the application nor anybody else gets a token", async () => {
    const page = await type(await begin(), "ada@example.com");
    expect(page.text).to.contain("ada@example.com signed in to Application files.");
    const [idToken, userinfo] = [claimsOn(page, "Claims in the ID token"), claimsOn(page, "Claims at userinfo")];
    expect(idToken["sub"]).to.equal(sub);
    expect(idToken["aud"]).to.match(/^guestpass-trial\./);
    expect(idToken["amr"]).to.equal('["otp"]');
    expect(userinfo).to.include({ sub, email: "ada@example.com", email_verified: "true", name: "Ada Lovelace" });
    expect(userinfo["invitations"]).to.contain("ada@example.com");
    expect((await owner.open(`/guests/${sub}/history`)).text).to.contain(
      "An administrator tried a sign-in at the application, as Ada Lovelace",
    );
    // Loading it again shows nothing: the code was used.
    const again = await owner.browser.open(page.url);
    expect(again.status).to.equal(422);
    expect(again.text).to.contain("shown already, or came too late");
    expect(claimsOn(again, "Claims in the ID token")).to.deep.equal({});
  });

  it("works behind a proxy that terminates TLS", async () => {
    const behind = await Guestpass.start({ GUESTPASS_ISSUER: "https://guests.example", GUESTPASS_TRUSTED_PROXIES: "192.0.2.1" });
    try {
      await behind.register("files");
      const { body } = await behind.server.app.admin("beginTrial", { params: { client_id: "files" } });
      expect(String(body["url"])).to.match(/^https:\/\/guests\.example\/auth\?/);
    } finally {
      await behind.stop();
    }
  });

  it("asks a guest of somebody else's application for consent, and says so where it is declined", async () => {
    const consent = await type(await begin("partner%20~files"), "ada@example.com");
    expect(consent.text).to.contain("Application partner ~files");
    const declined = await owner.browser.submit(consent, "/cancel");
    expect(declined.text).to.contain("was cancelled, or sharing was declined");
    expect(declined.text).to.contain("access_denied");
    const agreed = await owner.browser.submit(await type(await begin("partner%20~files"), "ada@example.com"), "/consent");
    expect(claimsOn(agreed, "Claims in the ID token")["email"]).to.equal("ada@example.com");
  });

  it("cannot be begun by a visitor, nor finished by anybody but the administrator who began it", async () => {
    const { body } = await guestpass.server.app.admin("beginTrial", { params: { client_id: "files" } });
    const url = new URL(String(body["url"]));
    const visitor = guestpass.browser();
    // What a visitor makes up, or moves to another application, is no client.
    const trial = String(url.searchParams.get("client_id"));
    for (const made of ["guestpass-trial.AAAA.files", trial.replace(/files$/, "partner ~files"), `${trial} `]) {
      url.searchParams.set("client_id", made);
      expect((await visitor.open(url.href)).status, made).to.equal(400);
    }
    // The operator's: a guest who follows the link ends at the console's door, and another administrator learns nothing.
    const page = await type(await visitor.open(String(body["url"])), "ada@example.com", visitor);
    expect(page.title).to.equal("Sign in to the console");
    const theirs = await type(await owner.browser.open(String(body["url"])), "ada@example.com");
    expect(theirs.text).to.contain("begun by somebody else");
    expect(claimsOn(theirs, "Claims in the ID token")).to.deep.equal({});
  });

  it("gives out a code that the application cannot redeem, nor a stranger under the trial's own name", async () => {
    const browser = guestpass.browser();
    const { body } = await guestpass.server.app.admin("beginTrial", { params: { client_id: "files" } });
    const url = new URL(String(body["url"]));
    let answer = await browser.request(url.href);
    const before = guestpass.mail.to("ada@example.com").length;
    const asked = await browser.submit(await browser.follow(answer), "/email", { email: "ada@example.com" });
    answer = await browser.post(asked, "/passcode", { code: await guestpass.mail.code("ada@example.com", before + 1) });
    while (!answer.query["code"]) answer = await browser.request(answer.location);
    const redirect = new URL(answer.location);
    const form = {
      grant_type: "authorization_code",
      code: answer.query["code"] as string,
      redirect_uri: `${redirect.origin}${redirect.pathname}`,
      code_verifier: "v".repeat(43),
    };
    const application = guestpass.server.app.applications;
    expect((await application.find(String(url.searchParams.get("client_id"))))?.clientId).to.equal("files");
    for (const client of ["files", String(url.searchParams.get("client_id"))]) {
      const response = await fetch(`${guestpass.issuer}/token`, {
        method: "POST",
        body: new URLSearchParams({ ...form, client_id: client }),
      });
      expect(response.status, client).to.be.oneOf([400, 401]);
      expect(await response.json(), client).not.to.have.property("access_token");
    }
  });

  it("ends with the time that an interaction has", async () => {
    const { body } = await guestpass.server.app.admin("beginTrial", { params: { client_id: "files" } });
    guestpass.clock.advance({ minutes: 61 });
    expect((await guestpass.browser().open(String(body["url"]))).status).to.equal(400);
  });
});
