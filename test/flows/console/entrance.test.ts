import { expect } from "chai";
import { Authenticator } from "../../support/authenticator.ts";
import { Browser } from "../../support/browser.ts";
import { Administrator, administratorLink, passkeyOptions } from "../../support/console.ts";
import { Guestpass } from "../../support/guestpass.ts";

describe("the way into the console", () => {
  let guestpass: Guestpass;
  let grace: Administrator;

  before(async () => {
    guestpass = await Guestpass.start();
    grace = await Administrator.enrolled(guestpass, "grace@acme.example");
  });
  after(() => guestpass.stop());

  const refused = "That passkey does not sign anybody in here";

  it("is a passkey: nobody else's, nobody unverified, no other origin, and no answer twice", async () => {
    const stranger = new Browser();
    const tries: [string, (page: { challenge: string }) => object][] = [
      ["a passkey that nobody has", (options) => new Authenticator().get(options, { origin: guestpass.issuer })],
      ["another origin", (options) => grace.passkey.get(options, { origin: "https://idp.example" })],
      ["nobody verified", (options) => grace.passkey.get(options, { origin: guestpass.issuer, verified: false })],
      [
        "a challenge of somebody's own",
        (options) => grace.passkey.get({ ...options, challenge: "A".repeat(75) }, { origin: guestpass.issuer }),
      ],
    ];
    for (const [what, answer] of tries) {
      const page = await stranger.open(`${guestpass.issuer}/console/sign-in`);
      const after = await stranger.submit(page, "/sign-in", { credential: JSON.stringify(answer(passkeyOptions(page))) });
      expect(after.status, what).to.equal(403);
      expect(after.text, what).to.contain(refused);
    }
    const page = await stranger.open(`${guestpass.issuer}/console/sign-in`);
    const credential = JSON.stringify(grace.passkey.get(passkeyOptions(page), { origin: guestpass.issuer }));
    expect((await new Browser().submit(page, "/sign-in", { credential })).title).to.equal("Overview");
    expect((await stranger.submit(page, "/sign-in", { credential })).status).to.equal(403);
  });

  it("accepts each answer once, whoever sends it at the same moment", async () => {
    const page = await new Browser().open(`${guestpass.issuer}/console/sign-in`);
    const credential = JSON.stringify(grace.passkey.get(passkeyOptions(page), { origin: guestpass.issuer }));
    const answers = await Promise.all(Array.from({ length: 8 }, () => new Browser().post(page, "/sign-in", { credential })));
    expect(answers.filter(({ status }) => status === 303)).to.have.length(1);
  });

  it("has a link that enrols one passkey, whoever follows it at the same moment, and ends when a newer one is made", async () => {
    const link = await administratorLink(guestpass, "joan@acme.example", "auditor");
    const people = Array.from({ length: 6 }, () => new Administrator(guestpass));
    const pages = await Promise.all(people.map((each) => each.begin(link)));
    const answers = await Promise.all(
      people.map((each, index) => {
        const page = pages[index] as (typeof pages)[number];
        const credential = JSON.stringify(each.passkey.create(passkeyOptions(page), { origin: guestpass.issuer }));
        return each.browser.post(page, "/enrol", { credential });
      }),
    );
    expect(answers.filter(({ status }) => status === 303)).to.have.length(1);

    const first = await administratorLink(guestpass, "mary@acme.example", "auditor");
    const { items } = (await guestpass.server.app.admin("listAdministrators")).body as { items: { id: string; email: string }[] };
    const mary = items.find(({ email }) => email === "mary@acme.example")?.id ?? "";
    const second = String((await guestpass.server.app.admin("makeAdministratorLink", { params: { id: mary }, body: {} })).body["link"]);
    const person = new Administrator(guestpass);
    expect((await person.begin(first)).title).to.equal("This link no longer works");
    guestpass.clock.advance({ days: 3 });
    expect((await person.begin(second)).title).to.equal("This link no longer works");
  });

  it("closes after 30 minutes without use, and after 12 hours in any case", async () => {
    expect((await grace.signIn()).title).to.equal("Overview");
    guestpass.clock.advance({ minutes: 29 });
    expect((await grace.open()).title).to.equal("Overview");
    guestpass.clock.advance({ minutes: 31 });
    expect((await grace.open()).title).to.equal("Sign in to the console");
    await grace.signIn();
    for (let times = 0; times < 25; times++) {
      guestpass.clock.advance({ minutes: 29 });
      await grace.open("/administrators");
    }
    expect((await grace.open()).title).to.equal("Sign in to the console");
  });

  it("mails about a browser that was not used before, and about a new passkey", async () => {
    const mails = guestpass.mail.to("grace@acme.example").map(({ parsed }) => parsed.subject);
    expect(mails).to.include("A passkey was added");
    const other = new Browser({ headers: { "user-agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0.0.0 Safari/537.36" } });
    await grace.signIn(other);
    await guestpass.mail.wait("grace@acme.example", mails.length + 1);
    expect(guestpass.mail.to("grace@acme.example").at(-1)?.parsed.subject).to.equal("Signed in from a new browser");
  });

  it("is no way in for a guest, nor is a guest's session", async () => {
    const application = await guestpass.register("files");
    const browser = guestpass.browser();
    await guestpass.signIn(browser, await guestpass.authorizationRequest(application), "grace@acme.example");
    expect((await browser.open(`${guestpass.issuer}/console`)).title).to.equal("Sign in to the console");
  });

  it("lets everybody make another passkey and remove one, but not the only one, whatever their role", async () => {
    const ida = await Administrator.enrolled(guestpass, "ida@acme.example", "helpdesk");
    const own = await ida.open("/me");
    expect(own.text).to.contain("This is your only passkey");
    expect(own.document.querySelector("form[action$='/passkeys/remove']")).to.equal(null);
    const first = own.document.querySelector("input[name=session]");
    expect(first, "the session in use is not ended here").to.equal(null);

    guestpass.clock.advance({ minutes: 20 });
    const asked = await ida.browser.submit(own, "/me/passkeys/new");
    expect(asked.title).to.equal("Is it you?");
    const form = await ida.confirm(asked, "/me/passkeys/new");
    const key = new Authenticator();
    const credential = JSON.stringify(key.create(passkeyOptions(form), { origin: guestpass.issuer }));
    const wrong = await ida.browser.submit(form, "/me/passkeys", { credential, label: "" });
    expect(wrong.status).to.equal(422);
    const other = JSON.stringify(new Authenticator().create({ challenge: "A".repeat(75) }, { origin: guestpass.issuer }));
    expect((await ida.browser.submit(form, "/me/passkeys", { credential: other, label: "Phone" })).status).to.equal(422);
    const made = await ida.browser.submit(form, "/me/passkeys", { credential, label: "Security key" });
    expect(made.text).to.contain("Security key").and.to.contain("The passkey is made");
    await guestpass.mail.until(() => guestpass.mail.to("ida@acme.example").some(({ parsed }) => parsed.text?.includes("Security key")));
    expect((await ida.browser.submit(form, "/me/passkeys", { credential, label: "Again" })).status, "an answer is good once").to.equal(422);

    const elsewhere = new Administrator(guestpass);
    const page = await elsewhere.browser.open(`${guestpass.issuer}/console/sign-in`);
    const answer = JSON.stringify(key.get(passkeyOptions(page), { origin: guestpass.issuer }));
    expect((await elsewhere.browser.submit(page, "/sign-in", { credential: answer })).title).to.equal("Overview");
    const ended = await elsewhere.browser.submit(await elsewhere.open("/me"), "/me/sessions/end");
    expect(ended.text).to.contain("The session has ended");
    expect((await ida.open("/me")).title).to.equal("Sign in to the console");
    const left = await elsewhere.browser.submit(await elsewhere.open("/me"), "/me/passkeys/remove");
    expect(left.text).to.contain("The passkey is removed").and.to.contain("This is your only passkey");
  });

  it("leaves one of somebody's passkeys, whichever are removed at the same moment", async () => {
    const { administrators } = guestpass.server.app;
    for (const round of ["first", "second", "third"]) {
      const joan = await Administrator.enrolled(guestpass, `joan-${round}@acme.example`);
      const form = await joan.browser.submit(await joan.open("/me"), "/me/passkeys/new");
      const credential = JSON.stringify(new Authenticator().create(passkeyOptions(form), { origin: guestpass.issuer }));
      const page = await joan.browser.submit(form, "/me/passkeys", { credential, label: "Security key" });
      const { id } = (await administrators.findByEmail(`joan-${round}@acme.example`)) ?? { id: "" };
      const token = page.document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
      const remove = (passkey: string) =>
        joan.browser.request(`${guestpass.issuer}/console/me/passkeys/remove`, {
          method: "POST",
          body: new URLSearchParams({ token, passkey }),
        });
      await Promise.all((await administrators.passkeysOf(id)).map((each) => remove(each.id)));
      expect(await administrators.passkeysOf(id), round).to.have.length(1);
    }
  });
});
