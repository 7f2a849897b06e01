import { expect } from "chai";
import { type Answer, Browser } from "../../support/browser.ts";
import { Administrator } from "../../support/console.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { type Lie, Organisation, type Person, unsigned } from "../../support/organisation.ts";

const grace: Person = { sub: "grace-1", email: "grace@acme.example", name: "Grace Hopper", groups: ["staff", "guest-owners"] };
const mary: Person = { sub: "mary-2", email: "mary@acme.example", groups: ["service-desk"] };

interface Listed {
  id: string;
  email: string;
  name: string | null;
  role: string;
  provider: string | null;
}

/** A browser that has only what another one has of one host. */
async function withCookiesOf(other: Browser, url: string): Promise<Browser> {
  const browser = new Browser();
  for (const cookie of await other.jar.getCookies(url)) await browser.jar.setCookie(cookie, url);
  return browser;
}

describe("the way into the console by the organisation's own provider", () => {
  let organisation: Organisation;
  let guestpass: Guestpass;
  let console: string;

  before(async () => {
    organisation = await Organisation.prepared();
    guestpass = await Guestpass.start({
      ...organisation.settings,
      GUESTPASS_ORGANISATION: "Acme",
      GUESTPASS_LIMIT_CONSOLE_TRIES_PER_NETWORK: "1000/15m",
    });
    console = `${guestpass.issuer}/console`;
  });
  after(async () => {
    await guestpass.stop();
    await organisation.stop();
  });
  afterEach(() => {
    organisation.lie = undefined;
  });

  const signIn = (person: Person | undefined, browser = new Browser()): Promise<Answer> => {
    organisation.person = person;
    return browser.open(`${console}/provider`);
  };
  const administrators = async () => (await guestpass.server.app.admin("listAdministrators")).body["items"] as Listed[];

  it("says so where the provider does not answer, and asks it again at the next try", async () => {
    const page = await signIn(grace);
    expect(page.status).to.equal(502);
    expect(page.title).to.equal("The sign-in does not answer");
    await organisation.start(`${console}/provider/callback`);
    expect((await signIn(grace)).title).to.equal("Overview");
  });

  it("gives the role that follows from the groups, each time anew", async () => {
    const signInPage = await new Browser().open(`${console}/sign-in`);
    expect(signInPage.document.querySelector(`a[href="/console/provider"]`)?.text).to.equal("Sign in with Acme");
    const browser = new Browser();
    expect((await signIn(mary, browser)).title).to.equal("Overview");
    expect((await browser.open(`${console}/administrators`)).status).to.equal(403);
    const listed = (await administrators()).find(({ email }) => email === "mary@acme.example");
    expect(listed).to.deep.include({ role: "helpdesk", provider: organisation.issuer, name: null });

    await signIn({ ...mary, email: "mary.jones@acme.example", name: "Mary Jones", groups: ["service-desk", "guest-owners"] }, browser);
    expect((await administrators()).find(({ id }) => id === listed?.id)).to.deep.include({
      email: "mary.jones@acme.example",
      name: "Mary Jones",
      role: "owner",
    });
    await signIn(mary, browser);
    const { items } = (await guestpass.server.app.admin("listAudit", { query: { actor: `administrator:${listed?.id}` } })).body as {
      items: { action: string; channel: string }[];
    };
    expect(items.map(({ action }) => action)).to.include.members([
      "administrator.added",
      "administrator.role-changed",
      "administrator.signed-in",
    ]);
    expect(items.every(({ channel }) => channel === "console")).to.equal(true);
  });

  it("lets nobody in without a role, and ends the sessions of somebody who has none any more", async () => {
    const browser = new Browser();
    await signIn(mary, browser);
    for (const groups of [undefined, [], ["staff"], ["GUEST-OWNERS"], ["guest-owners "]]) {
      const page = await signIn({ sub: "eve", email: "eve@acme.example", ...(groups ? { groups } : {}) });
      expect(page.status, String(groups)).to.equal(403);
      expect(page.title, String(groups)).to.equal("You have no role here");
    }
    expect((await administrators()).some(({ email }) => email === "eve@acme.example")).to.equal(false);
    expect((await signIn({ ...mary, groups: ["staff"] })).title).to.equal("You have no role here");
    expect((await browser.open(console)).title).to.equal("Sign in to the console");
  });

  it("asks for an address that the provider has verified", async () => {
    const groups = ["service-desk"];
    expect((await signIn({ sub: "eve", groups })).title).to.equal("Your address is missing");
    const unverified = await signIn({ sub: "eve", email: "eve@acme.example", email_verified: false, groups });
    expect(unverified.title).to.equal("Your address is missing");
  });

  const lies: Record<string, { says: string; lie: Lie }> = {
    "another issuer": { says: "it is from another issuer", lie: (claims, sign) => sign({ ...claims, iss: "https://evil.example" }) },
    "another audience": { says: "it is for another application", lie: (claims, sign) => sign({ ...claims, aud: "other" }) },
    "several audiences, and another party": {
      says: "it is for another application",
      lie: (claims, sign) => sign({ ...claims, aud: ["guestpass", "other"], azp: "other" }),
    },
    "another nonce": { says: "it is of another sign-in", lie: (claims, sign) => sign({ ...claims, nonce: "another" }) },
    "no nonce": { says: "", lie: ({ nonce: _, ...claims }, sign) => sign(claims) },
    "an expired token": { says: "it is no longer good", lie: (claims, sign) => sign({ ...claims, exp: Number(claims["iat"]) - 600 }) },
    "no expiry": { says: "", lie: ({ exp: _, ...claims }, sign) => sign(claims) },
    "no subject": { says: "", lie: ({ sub: _, ...claims }, sign) => sign(claims) },
    "no signature": { says: "its form or its signature is not right", lie: (claims) => unsigned(claims) },
    "claims changed under their signature": {
      says: "its form or its signature is not right",
      lie: async (claims, sign) => {
        const [header, , signature] = (await sign(claims)).split(".");
        return [
          header,
          Buffer.from(JSON.stringify({ ...claims, sub: "x", email: "eve@acme.example", groups: ["guest-owners"] })).toString("base64url"),
          signature,
        ].join(".");
      },
    },
  };
  for (const [what, { says, lie }] of Object.entries(lies)) {
    it(`refuses ${what}, with a page that says so, and no session`, async () => {
      organisation.lie = lie;
      const browser = new Browser();
      const page = await signIn({ ...grace, sub: "eve", email: "eve@acme.example" }, browser);
      expect(page.status).to.equal(403);
      expect(page.title).to.equal("That answer cannot be believed");
      expect(page.text).to.contain("does not prove who you are").and.to.contain(says);
      expect((await browser.open(console)).title).to.equal("Sign in to the console");
      expect((await administrators()).some(({ email }) => email === "eve@acme.example")).to.equal(false);
    });
  }

  it("belongs to the browser that began it, and is finished once", async () => {
    organisation.person = grace;
    const begun = new Browser({ stopAt: [guestpass.issuer] });
    const start = await begun.request(`${console}/provider`);
    const back = await begun.follow(await begun.request(start.location));
    expect(back.location).to.contain("/console/provider/callback?");
    const refused = await new Browser().open(back.location);
    expect(refused.title).to.equal("Begin once more");

    const [ticket] = start.headers.getSetCookie().filter((cookie) => cookie.startsWith("guestpass_console_provider="));
    const cookie = (ticket as string).split(";")[0] as string;
    const answers = await Promise.all(Array.from({ length: 6 }, () => new Browser().request(back.location, { headers: { cookie } })));
    expect(answers.filter(({ status }) => status === 303).length).to.be.at.most(1);
    const forged = new URL(back.location);
    forged.searchParams.set("state", "A".repeat(43));
    expect((await new Browser().request(forged.href, { headers: { cookie } })).title).to.equal("Begin once more");
  });

  it("says so where the sign-in is cancelled, there or by waiting", async () => {
    expect((await signIn(undefined)).title).to.equal("You are not signed in");
    const browser = new Browser({ stopAt: [guestpass.issuer] });
    organisation.person = grace;
    const back = await browser.follow(await browser.request((await browser.request(`${console}/provider`)).location));
    guestpass.clock.advance({ minutes: 10 });
    expect((await browser.request(back.location)).title).to.equal("Begin once more");
  });

  it("does not take the address of an administrator who has a passkey, and a link in place of the provider ends it", async () => {
    const joan = await Administrator.enrolled(guestpass, "joan@acme.example", "auditor");
    expect((await signIn({ sub: "joan-3", email: "Joan@acme.example", groups: ["guest-owners"] })).title).to.equal(
      "You have a passkey here",
    );
    expect((await joan.signIn(new Browser())).title).to.equal("Overview");

    await signIn(mary);
    const id = (await administrators()).find(({ email }) => email === "mary@acme.example")?.id ?? "";
    const link = String((await guestpass.server.app.admin("makeAdministratorLink", { params: { id }, body: {} })).body["link"]);
    expect((await signIn(mary)).title).to.equal("Overview");
    expect((await new Administrator(guestpass).enrol(link)).title).to.equal("Overview");
    expect((await signIn(mary)).title).to.equal("You have a passkey here");
  });

  it("asks there again before something is removed, of the same person, and goes on with what was typed", async () => {
    const browser = new Browser();
    const sub = await guestpass.addGuest("ada@example.com");
    await signIn(grace, browser);
    guestpass.clock.advance({ minutes: 16 });
    const form = await browser.open(`${console}/guests/${sub}/suspend`);
    const asked = await browser.submit(form, "/suspend", { reason: "left the partner company" });
    expect(asked.title).to.equal("Is it you?");
    const link = asked.document.querySelector("a[target=_blank]")?.getAttribute("href") ?? "";
    expect((await browser.submit(asked, "/suspend")).text).to.contain("You have not signed in anew yet");

    organisation.lie = ({ auth_time: at, ...claims }, sign) => sign({ ...claims, auth_time: Number(at) - 900 });
    expect((await browser.open(guestpass.issuer + link)).text).to.contain("you did not sign in there anew");
    organisation.lie = ({ auth_time: _, ...claims }, sign) => sign(claims);
    expect((await browser.open(guestpass.issuer + link)).title).to.equal("That answer cannot be believed");
    organisation.lie = undefined;
    organisation.person = { ...grace, sub: "another-owner", email: "another@acme.example" };
    const atAnother = await withCookiesOf(browser, guestpass.issuer);
    expect((await atAnother.open(guestpass.issuer + link)).title).to.equal("That is somebody else");
    expect((await browser.submit(asked, "/suspend")).title).to.equal("Is it you?");

    organisation.person = grace;
    expect((await browser.open(guestpass.issuer + link)).title).to.equal("It is you");
    expect((await browser.submit(asked, "/suspend")).text).to.contain("Suspended: left the partner company");
  });

  it("does not count a session at the provider as a new proof of who is there", async () => {
    const browser = new Browser();
    await signIn(grace, browser);
    guestpass.clock.advance({ minutes: 20 });
    const again = await withCookiesOf(browser, organisation.issuer);
    await signIn(grace, again);
    const sub = await guestpass.addGuest("mae@example.com");
    const form = await again.open(`${console}/guests/${sub}/suspend`);
    expect((await again.submit(form, "/suspend", { reason: "left" })).title).to.equal("Is it you?");
  });

  it("keeps the last owner", async () => {
    for (const { id, role, email } of await administrators())
      if (role === "owner" && email !== grace.email) await guestpass.server.app.admin("removeAdministrator", { params: { id } });
    const page = await signIn({ ...grace, groups: ["service-desk"] });
    expect(page.title).to.equal("You are the last owner");
    expect((await signIn(grace)).title).to.equal("Overview");
  });
});
