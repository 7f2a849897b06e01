// OpenID Connect Core 1.0, 3.1.2.1 and 5.5.1: an application that names somebody is not answered with somebody else.
import { expect } from "chai";
import type * as oidc from "openid-client";
import { operator } from "../../../src/audit/audit.ts";
import type { Guest } from "../../../src/guests/guest.ts";
import type { Answer, Browser } from "../../support/browser.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { endpoints, post } from "../../support/protocol.ts";
import { say } from "../../support/texts.ts";

describe("an application that means one guest, where another is signed in", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let browser: Browser;
  let anna: oidc.IDToken;
  let annasToken: string;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());
  beforeEach(async () => {
    browser = guestpass.browser();
    const tokens = await signIn({}, "anna@partner.example");
    anna = tokens.claims() as oidc.IDToken;
    annasToken = tokens.id_token as string;
  });

  async function signIn(params: Record<string, string>, address: string, at = application) {
    const request = await guestpass.authorizationRequest(at, params);
    const answer = await guestpass.signIn(browser, request, address);
    return guestpass.redeem(request, answer.isRedirect ? answer : await browser.submit(answer, "/session/end/confirm"));
  }
  const open = async (params: Record<string, string>, at = application): Promise<Answer> =>
    browser.open((await guestpass.authorizationRequest(at, params)).url);
  const isAsked = (answer: Answer, what: string, name = "Application files") => {
    expect(answer.title, what).to.equal(say("enter-email.title", { application: name }));
  };
  const isLetIn = (answer: Answer, what: string) => expect(Object.keys(answer.isRedirect ? answer.query : {}), what).to.include("code");

  it("by login_hint has the address asked for, filled in with the one that is meant", async () => {
    const answer = await open({ login_hint: "bert@partner.example" });
    isAsked(answer, "bert");
    expect(answer.document.querySelector("input[name=email]")?.getAttribute("value")).to.equal("bert@partner.example");
    expect((await open({ login_hint: "bert@partner.example", prompt: "none" })).query).to.include({ error: "login_required" });
  });

  it("by login_hint in another spelling of the address, or by Microsoft's name for the guest, is understood", async () => {
    const spellings = (name: string) => [
      `mailto:${name}@partner.example`,
      `SMTP:${name}@partner.example`,
      `${name}%40partner.example`,
      `${name}＠partner.example`,
      `\u200b${name}@partner.example `,
      `${name}_partner.example#EXT#@contoso.onmicrosoft.example`,
      `urn:spo:guest#${name}@partner.example`,
      `i:0#.f|membership|${name}@partner.example`,
    ];
    for (const hint of spellings("bert")) {
      const answer = await open({ login_hint: hint });
      isAsked(answer, hint);
      expect(answer.document.querySelector("input[name=email]")?.getAttribute("value"), hint).to.equal("bert@partner.example");
      expect((await open({ login_hint: hint, prompt: "none" })).query, hint).to.include({ error: "login_required" });
    }
    for (const hint of spellings("anna")) isLetIn(await open({ login_hint: hint, prompt: "none" }), hint);
  });

  it("gets its guest without a screen where that guest is signed in, however the address is written", async () => {
    for (const hint of ["anna@partner.example", "Anna@PARTNER.example", " anna@partner.example "]) {
      isLetIn(await open({ login_hint: hint }), hint);
      isLetIn(await open({ login_hint: hint, prompt: "none" }), hint);
    }
  });

  it("gets the session's guest where the hint is no address", async () => {
    for (const hint of ["anna", "+49 30 1234", "DOMAIN\\bert", "@", "bert@", "x".repeat(2000), "bert@partner", ""]) {
      isLetIn(await open({ login_hint: hint }), hint);
      isLetIn(await open({ login_hint: hint, prompt: "none" }), hint);
    }
  });

  it("gets the guest who proves an address in this sign-in, with no second question", async () => {
    const others = await signIn({ login_hint: "bert@partner.example" }, "bert@partner.example");
    expect(others.claims()?.sub).not.to.equal(anna.sub);
    const third = await signIn({ login_hint: "carl@partner.example" }, "dora@partner.example");
    expect(third.claims()?.sub).not.to.be.oneOf([anna.sub, others.claims()?.sub]);
    isAsked(await open({ login_hint: "carl@partner.example" }), "the next sign-in");
  });

  it("is told nothing about aliases: one that it neither sees nor invited counts as another address", async () => {
    const { admin } = guestpass.server.app;
    await admin("addAlias", { params: { sub: anna.sub }, body: { email: "anna@home.example" } });
    isAsked(await open({ login_hint: "anna@home.example" }), "an alias");
    expect((await open({ login_hint: "anna@home.example", prompt: "none" })).query).to.include({ error: "login_required" });
    expect((await signIn({ login_hint: "anna@home.example" }, "anna@home.example")).claims()?.sub).to.equal(anna.sub);
    await admin("createInvitation", { body: { client_id: "files", email: "anna@home.example", send_mail: false } });
    isLetIn(await open({ login_hint: "anna@home.example", prompt: "none" }), "an invited alias");
    const other = await guestpass.register("board");
    isAsked(await open({ login_hint: "anna@home.example" }, other), "at another application", "Application board");
  });

  it("by the claim sub, as a value or one of several, of the ID token or of userinfo", async () => {
    browser = guestpass.browser();
    const bert = (await signIn({}, "bert@partner.example")).claims() as oidc.IDToken;
    const wishes = (sub: string): Record<string, object> => ({
      "a value of the ID token": { id_token: { sub: { value: sub } } },
      "an essential value": { id_token: { sub: { essential: true, value: sub } } },
      "one of several values": { id_token: { sub: { values: ["nobody", sub] } } },
      "a value of userinfo": { userinfo: { sub: { value: sub } } },
    });
    for (const [what, claims] of Object.entries(wishes(bert.sub))) {
      isLetIn(await open({ claims: JSON.stringify(claims) }), what);
      isLetIn(await open({ claims: JSON.stringify(claims), prompt: "none" }), what);
    }
    for (const [what, claims] of Object.entries({ ...wishes(anna.sub), ...{ "no guest": { id_token: { sub: { value: null } } } } })) {
      isAsked(await open({ claims: JSON.stringify(claims) }), what);
      expect((await open({ claims: JSON.stringify(claims), prompt: "none" })).query, what).to.include({ error: "login_required" });
      const request = await guestpass.authorizationRequest(application, { claims: JSON.stringify(claims) });
      const answer = await guestpass.signIn(browser, request, "bert@partner.example");
      expect(answer.query, what).to.include({ error: "login_required" });
    }
  });

  it("by the claim sub in a pushed request is not answered with the guest who is signed in, nor with who signs in", async () => {
    browser = guestpass.browser();
    await signIn({}, "bert@partner.example");
    const pushed = async (params: Record<string, string>) => {
      const request = await guestpass.authorizationRequest(application, {
        claims: JSON.stringify({ id_token: { sub: { value: anna.sub } } }),
        ...params,
      });
      const { json } = await post(guestpass, endpoints.pushed, application, Object.fromEntries(new URL(request.url).searchParams));
      const query = new URLSearchParams({ client_id: application.clientId, request_uri: String(json["request_uri"]) });
      return { ...request, url: `${guestpass.issuer}/auth?${query}` };
    };
    expect((await browser.open((await pushed({ prompt: "none" })).url)).query).to.include({ error: "login_required" });
    const request = await pushed({});
    isAsked(await browser.open(request.url), "a live session");
    expect((await guestpass.signIn(browser, request, "bert@partner.example")).query).to.include({ error: "login_required" });
    expect((await guestpass.signIn(guestpass.browser(), await pushed({}), "carl@partner.example")).query).to.include({
      error: "login_required",
    });
  });

  it("by an id_token_hint of a guest who was merged into the signed-in one gets that one", async () => {
    browser = guestpass.browser();
    const survivor = (await signIn({}, "anna@new.example")).claims() as oidc.IDToken;
    const { guests, lifeCycle } = guestpass.server.app;
    const [lost, kept] = await Promise.all([anna.sub, survivor.sub].map((sub) => guests.findBySub(sub)));
    await lifeCycle.merge(lost as Guest, kept as Guest, operator);
    await signIn({ prompt: "login" }, "anna@new.example");
    isLetIn(await open({ prompt: "none", id_token_hint: annasToken }), "the survivor");
  });
});

describe("the link of an invitation that is opened where another guest is signed in", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  it("has the invited guest prove the mailbox, and leaves the invitation pending until then", async () => {
    const metadata = { initiate_login_uri: "https://app.example/start" };
    const application = await guestpass.register("share", { admission: "invited", metadata });
    const { admin } = guestpass.server.app;
    const invite = async (email: string) =>
      (await admin("createInvitation", { body: { client_id: "share", email, send_mail: false } })).body as { id: string };
    await invite("anna@partner.example");
    const berts = await invite("bert@partner.example");
    const browser = guestpass.browser();
    const first = await guestpass.authorizationRequest(application);
    await guestpass.redeem(first, await guestpass.signIn(browser, first, "anna@partner.example"));
    const link = guestpass.server.app.invitations.link(berts.id);
    const led = await browser.open(link);
    const hint = led.query["login_hint"] as string;
    expect(hint).to.equal("bert@partner.example");
    const request = await guestpass.authorizationRequest(application, { login_hint: hint });
    const page = await browser.open(request.url);
    expect(page.title).to.equal(say("enter-email.title", { application: "Application share" }));
    const state = async () => (await admin("readInvitation", { params: { id: berts.id } })).body["state"];
    expect(await state()).to.equal("pending");
    const handOver = await guestpass.signIn(browser, request, hint);
    await guestpass.redeem(request, await browser.submit(handOver, "/session/end/confirm"));
    expect(await state()).to.equal("redeemed");
  });
});
