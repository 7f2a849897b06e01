// Which way is offered first: as the application wishes, and as the organisation has set. The code stays on offer, and nothing is told about the address.
import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import type { Answer } from "../../support/browser.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import type { Person } from "../../support/organisation.ts";
import { say } from "../../support/texts.ts";
import { askingHere, Partner } from "../../support/upstream.ts";

const ada: Person = { sub: "ada-1", email: "ada@partner.example", email_verified: true };
const acr = { code: "urn:guestpass:acr:mailbox", upstream: "urn:guestpass:acr:upstream" };

describe("the way in that an application asks for", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let alpha: Partner;
  let beta: Partner;

  beforeEach(async () => {
    guestpass = await Guestpass.start(askingHere);
    files = await guestpass.register("files");
    alpha = await Partner.registered(guestpass, "alpha", { domains: ["partner.example", "other.example"] });
    beta = await Partner.registered(guestpass, "beta", { domains: ["partner.example", "other.example"] });
  });
  afterEach(async () => {
    await alpha.stop();
    await beta.stop();
    await guestpass.stop();
  });

  const isIn = (answer: Answer) => answer.isRedirect && answer.location.startsWith(`${appOrigin}/callback?code=`);
  /** The buttons, the one that stands out first. */
  function offered(page: Answer): string[] {
    expect(page.title).to.equal(say("ways.title"));
    const buttons = page.document.querySelectorAll("form[action$='/upstream'] button, form[action$='/email'] button[class]");
    expect(buttons[0]?.classNames, "the first one leads").to.equal("primary");
    expect(page.document.querySelectorAll("button.primary")).to.have.length(1);
    return buttons.map(({ text }) => text.trim());
  }
  const chosen = async (params: Record<string, string>, typed = "ada@partner.example") =>
    offered((await alpha.choice(files, typed, { params })).page);
  const [withAlpha, withBeta] = ["Alpha", "Beta"].map((provider) => say("ways.upstream", { provider })) as [string, string];
  const code = say("ways.code");

  it("is a provider by its id, which then comes first, or a code, which then leads", async () => {
    expect(await chosen({})).to.deep.equal([withAlpha, withBeta, code]);
    expect(await chosen({ idp_hint: "beta" })).to.deep.equal([withBeta, withAlpha, code]);
    expect(await chosen({ acr_values: `${acr.code} ${acr.upstream}` })).to.deep.equal([code, withAlpha, withBeta]);
    expect(await chosen({ acr_values: `${acr.upstream} ${acr.code}` })).to.deep.equal([withAlpha, withBeta, code]);
    expect(await chosen({ acr_values: `phr ${acr.upstream}` })).to.deep.equal([withAlpha, withBeta, code]);
    for (const idp_hint of ["nobody", "", "../beta", "<b>", "x".repeat(2000)])
      expect(await chosen({ idp_hint }), idp_hint).to.deep.equal([withAlpha, withBeta, code]);
  });

  it("is offered at once where the application names the address too, whoever has it, and mails nothing", async () => {
    await guestpass.addGuest("ada@partner.example");
    const pages = await Promise.all(
      ["ada@partner.example", "nobody@partner.example"].map(async (login_hint) => {
        const page = await guestpass.browser().open((await guestpass.authorizationRequest(files, { idp_hint: "beta", login_hint })).url);
        expect(offered(page)).to.deep.equal([withBeta, withAlpha, code]);
        expect(guestpass.mail.to(login_hint)).to.have.length(0);
        return page.text.replace(login_hint, "");
      }),
    );
    expect(pages[0]).to.equal(pages[1]);

    const wish = { acr_values: acr.upstream, login_hint: "ada@partner.example" };
    const browser = guestpass.browser();
    const page = await browser.open((await guestpass.authorizationRequest(files, wish)).url);
    const asked = await browser.submit(page, "/email", { way: "code" });
    const byCode = await browser.submit(asked, "/passcode", { code: await guestpass.mail.code("ada@partner.example") });
    expect(isIn(byCode), "the code is there, as ever").to.equal(true);

    // A name that is no address, a domain without a provider, no wish: the first screen as it is.
    const others: Record<string, string>[] = [
      { idp_hint: "beta", login_hint: "ada" },
      { idp_hint: "beta", login_hint: "ada@elsewhere.example" },
      { login_hint: "bob@partner.example" },
      { acr_values: acr.code, idp_hint: "beta", login_hint: "bob@partner.example" },
      { idp_hint: "beta" },
    ];
    for (const params of others) {
      const first = await guestpass.browser().open((await guestpass.authorizationRequest(files, params)).url);
      expect(first.title, JSON.stringify(params)).to.equal(say("enter-email.title", { application: files.name }));
    }
  });

  it("is not more than a wish: no hint leads past what the provider proves", async () => {
    alpha.organisation.person = { ...ada, email: "eve@partner.example" };
    const { browser, page } = await alpha.choice(files, "ada@partner.example", { params: { idp_hint: "alpha" } });
    expect((await browser.submit(page, "/upstream")).text).to.contain("belongs to another address");
    expect(await guestpass.server.app.db("guests")).to.have.length(0);
  });

  it("comes before what the organisation has set for the domain, which comes before the order of names", async () => {
    await beta.change({ first_for: ["partner.example"] });
    expect(await chosen({})).to.deep.equal([withBeta, withAlpha, code]);
    expect(await chosen({}, "ada@other.example")).to.deep.equal([withAlpha, withBeta, code]);
    expect(await chosen({ idp_hint: "alpha" })).to.deep.equal([withAlpha, withBeta, code]);
  });

  it("is a code alone where the application leaves providers out, from that moment on", async () => {
    const switched = async (upstreams: boolean) => {
      await guestpass.server.app.admin("updateApplication", { params: { client_id: "files" }, body: { upstreams } });
    };
    alpha.organisation.person = ada;
    const { browser, page } = await alpha.choice(files, "ada@partner.example");
    const sent = await browser.post(page, "/upstream");
    await switched(false);
    const back = await browser.open(sent.location);
    expect(back.text, "an answer that comes afterwards").to.contain(say("upstream.not-offered", { provider: "Alpha" }));
    expect((await browser.submit(page, "/upstream")).title, "nor is it begun").to.equal(
      say("enter-email.title", { application: files.name }),
    );
    expect(await guestpass.server.app.db("guests")).to.have.length(0);
    const wishes = { idp_hint: "alpha", login_hint: "ada@partner.example" };
    const first = await guestpass.browser().open((await guestpass.authorizationRequest(files, wishes)).url);
    expect(first.title).to.equal(say("enter-email.title", { application: files.name }));
    for (const typed of ["ada@partner.example", "nobody@partner.example"])
      expect((await alpha.choice(files, typed)).page.title).to.equal(say("enter-passcode.title"));
    await switched(true);
    expect(isIn((await alpha.signIn(files, ada)).answer)).to.equal(true);

    // A mailbox that is due is confirmed by a code there.
    guestpass.clock.advance({ hours: 20 });
    await guestpass.server.app.settings.update({ reverificationDays: 0.5 }, operator);
    const signedIn = guestpass.browser();
    expect(isIn((await alpha.signIn(files, ada, ada.email, { browser: signedIn })).answer)).to.equal(true);
    guestpass.clock.advance({ hours: 13 });
    const due = async () => (await signedIn.open((await guestpass.authorizationRequest(files)).url)).text;
    expect(await due()).to.contain(withAlpha);
    await switched(false);
    expect(await due())
      .to.contain(say("enter-email.submit"))
      .and.to.not.contain(withAlpha);
  });
});
