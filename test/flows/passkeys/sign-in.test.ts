// Passkeys between two codes: made right after a code, good for signing in, and for nothing else.
import { expect } from "chai";
import type { Application } from "../../../src/applications/application.ts";
import { operator } from "../../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import type { Guest as GuestRecord } from "../../../src/guests/guest.ts";
import { Authenticator } from "../../support/authenticator.ts";
import { Administrator, passkeyOptions } from "../../support/console.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { Guest } from "../../support/passkeys.ts";
import { say } from "../../support/texts.ts";

const day = 86_400_000;
const ada = "ada@example.com";

describe("a passkey between two codes", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;

  beforeEach(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_PASSKEYS: "on", GUESTPASS_SESSION_DAYS: "1" });
    files = await guestpass.register("files");
  });
  afterEach(() => guestpass.stop());

  const address = (typed: string) => parseAddress(typed) as Address;
  const guestOf = async (typed = ada) => {
    const owner = await guestpass.server.app.guests.findOwner(address(typed));
    return (await guestpass.server.app.guests.findBySub(owner?.sub ?? "")) as GuestRecord;
  };
  const isIn = (answer: { isRedirect: boolean; location: string }) =>
    answer.isRedirect && answer.location.startsWith(`${appOrigin}/callback?code=`);

  async function enrolled(typed = ada, application = files): Promise<Guest> {
    const guest = new Guest(guestpass, typed);
    expect(isIn(await guest.enrol(application)), "is signed in after making a passkey").to.equal(true);
    return guest;
  }

  it("is offered after a code, and then signs in for 29 days without one; on day 30 one code is asked for, with the reason", async () => {
    const guest = await enrolled();
    const { verifiedAt } = await guestOf();
    for (let days = 1; days < 30; days++) {
      guestpass.clock.advance({ days: 1 });
      if (days % 7 === 1 || days === 29) expect(isIn(await guest.byPasskey(files)), `day ${days}`).to.equal(true);
      expect((await guestOf()).verifiedAt).to.equal(verifiedAt);
    }
    guestpass.clock.advance({ days: 1 });
    const due = await guest.byPasskey(files);
    expect(due.title).to.equal(say("confirm.title"));
    expect(due.document.querySelector("[data-passkey]"), "no passkey answers a due check").to.equal(null);
    expect(isIn(await guest.code(due, "/confirm"))).to.equal(true);
    expect((await guestOf()).verifiedAt).to.be.above(verifiedAt ?? 0);
  });

  it("still signs in where too many codes were asked for", async () => {
    await guestpass.stop();
    guestpass = await Guestpass.start({
      GUESTPASS_PASSKEYS: "on",
      GUESTPASS_SESSION_DAYS: "1",
      GUESTPASS_LIMIT_CODES_PER_ADDRESS: "1/1h",
      GUESTPASS_LIMIT_CODES_PER_NETWORK: "100/1h",
    });
    files = await guestpass.register("files");
    const guest = await enrolled();
    const browser = guestpass.browser();
    const page = await browser.open((await guestpass.authorizationRequest(files)).url);
    const tooOften = await browser.submit(page, "/email", { email: ada });
    expect(tooOften.status).to.equal(429);
    expect(isIn(await browser.submit(tooOften, "/passkey", { credential: guest.answer(tooOften) }))).to.equal(true);
  });

  it("is remembered with its mailbox: the next sign-in in that browser offers it, masked, and since when a code came back", async () => {
    const guest = await enrolled();
    const other = guestpass.browser();
    guestpass.clock.advance({ days: 2 });
    expect(isIn(await guest.byPasskey(files, { browser: other }))).to.equal(true);
    guestpass.clock.advance({ days: 2 });
    const offer = say("choose.continue", { address: "a•••@example.com" });
    const page = await other.open((await guestpass.authorizationRequest(files)).url);
    expect(page.text).to.contain(offer);
    expect(page.body).to.not.contain(ada);
    expect(page.document.querySelector("[data-passkey]"), "and the passkey beside it").to.not.equal(null);
    guestpass.clock.advance({ days: 25 });
    const { url } = await guestpass.authorizationRequest(files);
    expect((await other.open(url)).document.querySelector("p.note"), "not due on day 29").to.equal(null);
    guestpass.clock.advance({ days: 1 });
    const due = await other.open((await guestpass.authorizationRequest(files)).url);
    expect(due.text, "due 30 days after the code, whatever the passkey did").to.contain(offer);
    expect(due.document.querySelector("p.note")).to.not.equal(null);
  });

  it("tells the application how: phr and pop, a new auth_time, and the same deadline as before", async () => {
    const guest = await enrolled();
    guestpass.clock.advance({ days: 10 });
    const request = await guestpass.authorizationRequest(files);
    const page = await guest.browser.open(request.url);
    const claims = (
      await guestpass.redeem(request, await guest.browser.submit(page, "/passkey", { credential: guest.answer(page) }))
    ).claims();
    expect(claims).to.include({ acr: "phr" });
    expect(claims?.["amr"]).to.deep.equal(["pop"]);
    expect(claims?.auth_time).to.be.closeTo(guestpass.clock.now() / 1000, 10);
    expect(claims?.["session_expiry"]).to.be.closeTo(guestpass.clock.now() / 1000 + 20 * 86_400, 10);
  });

  it("is off unless the deployment has it on, and at an application that is without", async () => {
    const without = await guestpass.register("without", { policy: { passkeys: false } });
    const guest = await enrolled();
    guestpass.clock.advance({ days: 2 });
    expect((await guest.begin(without)).document.querySelector("[data-passkey]")).to.equal(null);
    expect(isIn(await guest.byCode(without))).to.equal(true);
    // What the browser can send all the same is refused.
    const page = await guest.begin(files);
    const other = await guest.browser.open((await guestpass.authorizationRequest(without, { prompt: "login" })).url);
    const token = other.document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
    const answer = await guest.browser.request(`${other.url}/passkey`, {
      method: "POST",
      body: new URLSearchParams({
        token,
        credential: guest.answer(page.document.querySelector("[data-passkey]") ? page : await guest.begin(files, { prompt: "login" })),
      }),
    });
    expect(answer.location).to.equal(other.url);
  });

  it("takes nothing but this passkey's answer to this sign-in, from this origin, with its person verified, once", async () => {
    const guest = await enrolled();
    const { issuer } = guestpass;
    guestpass.clock.advance({ days: 2 });
    const elsewhere = await new Guest(guestpass, "eve@example.com").begin(files);
    const tries: Record<string, (options: { challenge: string }) => object> = {
      "a passkey that nobody has": (options) => new Authenticator().get(options, { origin: issuer }),
      "another origin": (options) => guest.passkey.get(options, { origin: "https://idp.example" }),
      "nobody verified": (options) => guest.passkey.get(options, { origin: issuer, verified: false }),
      "a challenge of somebody's own": (options) => guest.passkey.get({ ...options, challenge: "A".repeat(75) }, { origin: issuer }),
      "the challenge of another sign-in": () => guest.passkey.get(passkeyOptions(elsewhere), { origin: issuer }),
      nothing: () => [],
    };
    for (const [what, answer] of Object.entries(tries)) {
      const page = await guest.begin(files);
      const after = await guest.browser.submit(page, "/passkey", { credential: JSON.stringify(answer(passkeyOptions(page))) });
      expect(after.status, what).to.equal(403);
      expect(after.text, what).to.contain(say("passkey.unknown"));
    }
    const page = await guest.begin(files);
    const credential = guest.answer(page);
    const answers = await Promise.all(Array.from({ length: 8 }, () => guest.browser.post(page, "/passkey", { credential })));
    expect(answers.filter(({ status }) => status === 403)).to.have.length(7);
    expect(answers.filter(({ status }) => status === 303)).to.have.length(1);
  });

  it("can be answered as long as the sign-in goes on, and not after", async () => {
    const guest = await enrolled();
    guestpass.clock.advance({ days: 2 });
    const page = await guest.begin(files);
    guestpass.clock.advance({ minutes: 61 });
    const late = await guest.browser.submit(page, "/passkey", { credential: guest.answer(page) });
    expect(isIn(late)).to.equal(false);
  });

  it("is made only soon after a code in that browser: a stolen session makes none, and 15 minutes later neither does the guest", async () => {
    const guest = new Guest(guestpass, ada);
    const offer = await guest.byCode(files);
    expect(offer.title).to.equal(say("passkey.offer.title"));
    // The thief has all of the browser's cookies, but no mail.
    const signedIn = await guest.browser.submit(offer, "/passkey/leave");
    expect(isIn(signedIn)).to.equal(true);
    const again = await guest.browser.open((await guestpass.authorizationRequest(files, { prompt: "login" })).url);
    for (const path of ["/passkey", "/passkey/make"]) {
      const token = again.document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
      const credential = JSON.stringify(guest.passkey.create(passkeyOptions(offer), { origin: guestpass.issuer }));
      await guest.browser.request(`${again.url}${path}`, { method: "POST", body: new URLSearchParams({ token, credential }) });
    }
    await guest.make(offer).catch(() => undefined);
    expect(await guestpass.server.app.passkeys.list((await guestOf()).sub)).to.have.length(0);

    const late = new Guest(guestpass, "late@example.com");
    const page = await late.byCode(files);
    guestpass.clock.advance({ minutes: 16 });
    expect(isIn(await late.make(page)), "goes on without a passkey").to.equal(true);
    expect(await guestpass.server.app.passkeys.list((await guestOf("late@example.com")).sub)).to.have.length(0);
  });

  it("is made once from one challenge, from our own origin", async () => {
    const guest = new Guest(guestpass, ada);
    const page = await guest.byCode(files);
    expect((await guest.make(page, "https://idp.example")).status).to.equal(422);
    const passkeys = Array.from({ length: 6 }, () => new Authenticator());
    await Promise.all(
      passkeys.map((each) =>
        guest.browser.post(page, "/passkey/make", {
          credential: JSON.stringify(each.create(passkeyOptions(page), { origin: guestpass.issuer })),
        }),
      ),
    );
    expect(await guestpass.server.app.passkeys.list((await guestOf()).sub)).to.have.length(1);
  });

  it("is offered once: whoever says not now, or never, is asked no more, nor is a browser that cannot make one", async () => {
    const guest = new Guest(guestpass, ada);
    const page = await guest.code(await guest.begin(files), "/email", { email: ada }, "");
    expect(isIn(page), "a browser without script goes on at once").to.equal(true);
    for (const ask of ["", "never"]) {
      const one = new Guest(guestpass, ada);
      const offer = await one.byCode(files);
      expect(isIn(await one.browser.submit(offer, "/passkey/leave", ask === "" ? {} : { ask }))).to.equal(true);
      guestpass.clock.advance({ days: 2 });
      expect(isIn(await one.byCode(files))).to.equal(true);
    }
  });

  it("has a button in a browser that used one, and is else offered by the browser alone, whoever is known", async () => {
    const guest = await enrolled();
    guestpass.clock.advance({ days: 2 });
    const button = (page: { text: string }) => page.text.includes(say("passkey.sign-in"));
    expect(button(await guest.begin(files))).to.equal(true);
    const [known, unknown] = [ada, "nobody@example.com"].map((each) => new Guest(guestpass, each));
    for (const each of [known, unknown]) {
      const page = await (each as Guest).begin(files, { login_hint: (each as Guest).address });
      expect(button(page)).to.equal(false);
      expect(page.document.querySelector("#email")?.getAttribute("autocomplete")).to.equal("email webauthn");
    }
    // One that opens nothing any more is forgotten.
    await guestpass.server.app.passkeys.remove(
      (await guestOf()).sub,
      ((await guestpass.server.app.passkeys.list((await guestOf()).sub))[0] as { id: string }).id,
      operator,
    );
    expect((await guest.byPasskey(files)).status).to.equal(403);
    expect(button(await guest.begin(files))).to.equal(false);
  });

  it("works in another browser too, as passkeys that are kept by an account do", async () => {
    const guest = await enrolled();
    expect(isIn(await guest.byPasskey(files, { browser: guestpass.browser() }))).to.equal(true);
  });

  it("opens no invitation to another mailbox: that asks for its own code", async () => {
    const projects = await guestpass.register("projects", { admission: "invited" });
    const guest = await enrolled();
    const record = await guestOf();
    const { aliases, invitations, applications } = guestpass.server.app;
    await aliases.add(record, address("ada@other.example"), { otherMailbox: true }, operator);
    await invitations.invite(
      {
        application: (await applications.read("projects")) as Application,
        address: address("ada@other.example"),
        targetUrl: null,
        label: undefined,
        name: null,
        locale: null,
        sponsorName: "Grace Hopper",
        sponsorEmail: "grace@contoso.example",
        message: null,
        reverificationDays: null,
        redeemBy: guestpass.clock.now() + 30 * day,
        accessEndsAt: null,
        sendMail: false,
      },
      operator,
    );
    guestpass.clock.advance({ days: 2 });
    const answer = await guest.byPasskey(projects, { params: { login_hint: "ada@other.example" } });
    expect(answer.title).to.equal(say("confirm.title"));
    expect(answer.text).to.contain("@other.example");
  });

  it("is not shown where the application asks for a proven mailbox", async () => {
    const guest = await enrolled();
    guestpass.clock.advance({ days: 2 });
    const essential = JSON.stringify({ id_token: { acr: { essential: true, value: "urn:guestpass:acr:mailbox" } } });
    for (const params of [{ acr_values: "urn:guestpass:acr:mailbox" }, { claims: essential }] as Record<string, string>[])
      expect((await guest.begin(files, params)).document.querySelector("[data-passkey]")).to.equal(null);
    // And a session that a passkey began is not enough.
    await guest.byPasskey(files);
    expect((await guest.begin(files, { claims: essential })).title).to.equal(say("enter-email.title", { application: files.name }));
  });

  it("where the organisation wants that, is not made at the first code from a new network", async () => {
    await guestpass.stop();
    guestpass = await Guestpass.start({ GUESTPASS_PASSKEYS: "known-networks", GUESTPASS_TRUSTED_PROXIES: "127.0.0.1" });
    files = await guestpass.register("files");
    const from = (ip: string) => new Guest(guestpass, ada, { "x-forwarded-for": ip });
    expect(isIn(await from("198.51.100.7").byCode(files))).to.equal(true);
    expect((await from("198.51.100.9").byCode(files)).title, "the same /24").to.equal(say("passkey.offer.title"));
    expect(isIn(await from("203.0.113.7").byCode(files))).to.equal(true);
  });

  it("stops after too many tries from one network, and a code goes on", async () => {
    await guestpass.stop();
    guestpass = await Guestpass.start({ GUESTPASS_PASSKEYS: "on", GUESTPASS_LIMIT_PASSKEY_TRIES_PER_NETWORK: "3/15m" });
    files = await guestpass.register("files");
    const guest = new Guest(guestpass, ada);
    const statuses: number[] = [];
    for (let tries = 0; tries < 4; tries++) {
      const page = await guest.begin(files);
      statuses.push((await guest.browser.submit(page, "/passkey", { credential: guest.answer(page) })).status);
    }
    expect(statuses).to.deep.equal([403, 403, 403, 429]);
    expect(isIn(await guest.code(await guest.begin(files), "/email", { email: ada }, ""))).to.equal(true);
  });

  it("of an administrator signs in no guest, and of a guest no administrator, though both have one relying party id", async () => {
    const guest = await enrolled("grace@acme.example");
    guestpass.clock.advance({ days: 2 });
    const grace = await Administrator.enrolled(guestpass, "grace@acme.example");
    const page = await guest.begin(files);
    const wrong = JSON.stringify(grace.passkey.get(passkeyOptions(page), { origin: guestpass.issuer }));
    expect((await guest.browser.submit(page, "/passkey", { credential: wrong })).status).to.equal(403);
    const entrance = await guestpass.browser().open(`${guestpass.issuer}/console/sign-in`);
    const answer = await guestpass.browser().submit(entrance, "/sign-in", { credential: guest.answer(entrance) });
    expect(answer.status).to.equal(403);
    // Nor does the answer to the one's challenge count at the other.
    const asked = await guest.begin(files);
    const crossed = JSON.stringify(guest.passkey.get(passkeyOptions(entrance), { origin: guestpass.issuer }));
    expect((await guest.browser.submit(asked, "/passkey", { credential: crossed })).status).to.equal(403);
  });
});
