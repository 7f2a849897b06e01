import { expect } from "chai";
import type { Role } from "../../../src/administrators/administrator.ts";
import type { Guest } from "../../../src/guests/guest.ts";
import { Administrator } from "../../support/console.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";

const paths = [
  "",
  "/guests",
  "/why",
  "/invitations",
  "/invitations/new",
  "/invitations/many",
  "/jobs",
  "/applications",
  "/applications/new",
  "/applications/logouts",
  "/applications/refusals",
  "/applications/files",
  "/applications/files/preview",
  "/reverification",
  "/mail",
  "/audit",
  "/settings",
  "/keys",
  "/administrators",
];

/** The pages that each role does not get into. */
const closed: Record<Role, string[]> = {
  owner: [],
  manager: ["/applications/new", "/keys", "/administrators"],
  helpdesk: [
    "/invitations/new",
    "/invitations/many",
    "/applications/new",
    "/reverification",
    "/audit",
    "/settings",
    "/keys",
    "/administrators",
  ],
  auditor: ["/invitations/new", "/invitations/many", "/applications/new"],
};

describe("the pages of the console", () => {
  let guestpass: Guestpass;
  let owner: Administrator;
  let sub: string;

  before(async () => {
    guestpass = await Guestpass.start();
    owner = await Administrator.enrolled(guestpass, "grace@acme.example");
    await guestpass.register("files", { admission: "invited" });
    sub = await guestpass.addGuest("ada@example.com", { name: `<script>alert("Ada")</script>` });
  });
  after(() => guestpass.stop());

  it("open for each role as its scopes say, and no act gets past them", async () => {
    for (const role of ["owner", "manager", "helpdesk", "auditor"] as const) {
      const person = await Administrator.enrolled(guestpass, `${role}@acme.example`, role);
      const refused: string[] = [];
      for (const path of paths) {
        const page = await person.open(path);
        expect([200, 403], `${role} at ${path}`).to.include(page.status);
        if (page.status === 403) refused.push(path);
      }
      expect(refused, role).to.deep.equal(closed[role]);
    }
    const helpdesk = await Administrator.enrolled(guestpass, "help@acme.example", "helpdesk");
    const token = (await helpdesk.open("/guests")).document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
    const body = new URLSearchParams({ token, reason: "because" });
    const answer = await helpdesk.browser.request(`${guestpass.issuer}/console/guests/${sub}/suspend`, { method: "POST", body });
    expect(answer.status).to.equal(403);
    expect((await owner.open(`/guests/${sub}`)).text).to.contain("invited");
  });

  it("do nothing for a form that another site made, or that has no token of this session", async () => {
    const page = await owner.open(`/guests/${sub}/suspend`);
    const action = `${guestpass.issuer}/console/guests/${sub}/suspend`;
    const token = page.document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
    const post = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      owner.browser.request(action, { method: "POST", body: new URLSearchParams(fields), headers });
    expect((await post({ reason: "x" })).status).to.equal(403);
    expect((await post({ reason: "x", token: `${token.startsWith("A") ? "B" : "A"}${token.slice(1)}` })).status).to.equal(403);
    expect((await post({ reason: "x", token }, { "sec-fetch-site": "cross-site" })).status).to.equal(403);
    expect((await post({ reason: "x", token }, { origin: "https://evil.example" })).status).to.equal(403);
    expect((await owner.open(`/guests/${sub}`)).document.querySelector("main .badge")?.text).to.equal("invited");
    expect(page.headers.get("content-security-policy")).to.contain("frame-ancestors 'none'");
  });

  it("write what strangers typed as text", async () => {
    for (const path of [`/guests/${sub}`, "/guests", `/guests/${sub}/edit`, `/guests/${sub}/history`]) {
      const { body } = await owner.open(path);
      expect(body, path).not.to.contain("<script>alert");
      if (!path.endsWith("history")) expect(body, path).to.contain("&lt;script&gt;alert(");
    }
  });

  it("ask for the passkey again before something is removed, and go on from there with what was typed", async () => {
    guestpass.clock.advance({ minutes: 16 });
    const form = await owner.open(`/guests/${sub}/suspend`);
    const asked = await owner.browser.submit(form, "/suspend", { reason: "left the partner company" });
    expect(asked.title).to.equal("Is it you?");
    const other = await Administrator.enrolled(guestpass, "eve@acme.example");
    const wrong = await other.passkey.get({ challenge: "" }, { origin: guestpass.issuer });
    const again = await owner.browser.submit(asked, "/suspend", { credential: JSON.stringify(wrong) });
    expect(again.text).to.contain("That is not your passkey");
    const done = await owner.confirm(again, "/suspend");
    expect(done.text).to.contain("Suspended: left the partner company");
    const { items } = (await guestpass.server.app.admin("listAudit", { query: { action: "guest.suspended" } })).body as {
      items: { actor: string; channel: string }[];
    };
    expect(items[0]?.actor).to.match(/^administrator:/);
    expect(items[0]?.channel).to.equal("console");
    expect((await owner.open(`/guests/${sub}/history`)).text).to.match(/was suspended.*grace@acme\.example/s);
    await owner.browser.submit(await owner.open(`/guests/${sub}`), "/resume");
  });

  it("show that a guest asks to be erased, and decline it with a reason", async () => {
    const { guests, lifeCycle } = guestpass.server.app;
    const asking = await guestpass.addGuest("dora@example.com");
    await lifeCycle.askForErasure((await guests.findBySub(asking)) as Guest, { who: `guest:${asking}`, channel: "account", network: null });
    const page = await owner.open(`/guests/${asking}`);
    expect(page.document.querySelectorAll(".note a").map((link) => link.text)).to.deep.equal(["Erase the guest", "Decline"]);
    const form = await owner.open(`/guests/${asking}/decline-erasure`);
    const wrong = await owner.browser.submit(form, "/decline-erasure", { reason: " " });
    expect(wrong.status).to.equal(422);
    const done = await owner.browser.submit(wrong, "/decline-erasure", { reason: "Your contract runs until 31 March." });
    expect(done.text).to.contain("Declined.").and.not.contain("asked to be erased on");
    expect((await guests.findBySub(asking))?.erasureDeclined?.why).to.equal("Your contract runs until 31 March.");
    expect((await owner.browser.submit(form, "/decline-erasure", { reason: "again" })).text).to.contain("has not asked to be erased");
  });

  it("invite one guest, and many with bad rows among them, which say what is wrong before anything is sent", async () => {
    const page = await owner.open("/invitations/new");
    const wrong = await owner.browser.submit(page, "/invitations/new", { email: "joan@", client_id: "files" });
    expect(wrong.status).to.equal(422);
    expect(wrong.document.querySelector("#email")?.getAttribute("value")).to.equal("joan@");
    const invited = await owner.browser.submit(wrong, "/invitations/new", { email: "joan@example.com", client_id: "files" });
    expect(invited.text).to.contain("Invited. The mail is on its way.");
    await guestpass.mail.wait("joan@example.com", 1);

    const rows = "mary@example.com\njean@\nkay@example.com\nmary@example.com";
    const looked = await owner.browser.submit(await owner.open("/invitations/many"), "/invitations/many", {
      rows,
      client_id: "files",
      step: "look",
    });
    expect(looked.text).to.contain("2 would be invited, 2 not");
    expect(guestpass.mail.to("mary@example.com")).to.have.length(0);
    const sent = await owner.browser.submit(looked, "/invitations/many", { step: "send" });
    expect(sent.text).to.contain("2 invited, 2 not");
    await guestpass.mail.wait("mary@example.com", 1);
  });

  it("say what a stricter rule would do before it is saved", async () => {
    const page = await owner.open("/settings");
    const asked = await owner.browser.submit(page, "/settings", {
      reverification_days: "7",
      invitation_days: "14",
      allow_domains: "",
      deny_domains: "",
    });
    expect(asked.text).to.contain("With 7 days, 0 guests who are signed in are asked");
    const saved = await owner.browser.submit(asked, "/settings", {});
    expect(saved.text).to.contain("Saved.");
    expect((await guestpass.server.app.admin("readSettings")).body["reverification_days"]).to.equal(7);
  });

  it("register an application, show its secret once, and lead to settings that work", async () => {
    const page = await owner.open("/applications/new");
    const made = await owner.browser.submit(page, "/applications/new", {
      name: "Wiki",
      redirect_uris: "https://app.example/callback",
      token_endpoint_auth_method: "client_secret_basic",
      admission: "anyone",
      first_party: "true",
    });
    const [secret = ""] = made.document.querySelectorAll("pre").map(({ text }) => text.trim());
    const clientId = made.document.querySelector(".lead code")?.text ?? "";
    expect((await owner.open(`/applications/${clientId}`)).body).not.to.contain(secret);
    const application = { ...(await guestpass.register("other")), clientId, secret };
    const request = await guestpass.authorizationRequest(application);
    const answer = await guestpass.signIn(guestpass.browser(), request, "ada@example.com");
    const tokens = await guestpass.redeem(request, answer);
    expect(tokens.claims()?.sub).to.equal(sub);
  });

  it("keep passkeys and providers out of one application, and let them in again", async () => {
    const setting = async () => {
      const { passkeys, upstreams } = (await guestpass.server.app.admin("readApplication", { params: { client_id: "files" } })).body;
      return { passkeys, upstreams };
    };
    const fields = { name: "Files", admission: "invited", redirect_uris: "https://app.example/callback" };
    for (const [passkeys, upstreams] of [
      ["false", "true"],
      ["true", "false"],
      ["true", "true"],
    ] as const) {
      const page = await owner.open("/applications/files");
      expect((await owner.browser.submit(page, "/applications/files", { ...fields, passkeys, upstreams })).text).to.contain("Saved");
      expect(await setting()).to.deep.equal({ passkeys: passkeys === "true", upstreams: upstreams === "true" });
    }
  });

  it("count the sign-ins and codes of each day, the last one today", async () => {
    const { days } = (await guestpass.server.app.admin("readStatistics", { query: { days: 2 } })).body as {
      days: { day: string; sign_ins: number; codes: number }[];
    };
    const today = new Date(guestpass.clock.now()).toISOString().slice(0, 10);
    expect(days.at(-1)).to.deep.equal({ day: today, sign_ins: 1, codes: 1 });
    expect(days[0]).to.include({ sign_ins: 0, codes: 0 });
    const rows = (await owner.open()).document.querySelectorAll("figure:first-of-type tbody tr");
    expect(rows).to.have.length(30);
    expect(rows.at(-1)?.text.replaceAll(/\s+/g, " ").trim()).to.contain(today);
  });

  it("show on the overview what ends soon, each with the list of exactly those, guests by state, keys and how long mail takes", async () => {
    const soon = new Date(guestpass.clock.now() + 5 * 86_400_000).toISOString();
    await guestpass.server.app.admin("createGuest", { body: { email: "ends@soon.example", expires_at: soon } });
    await guestpass.server.app.admin("createGuest", { body: { email: "ends@never.example" } });
    for (const [email, redeem_by] of [
      ["invited@soon.example", soon],
      ["invited@later.example", "2099-01-01"],
    ])
      await guestpass.server.app.admin("createInvitation", { body: { email, client_id: "files", send_mail: false, redeem_by } });
    const overview = await owner.open();
    const linked = (text: string) =>
      overview.document
        .querySelectorAll("a")
        .find((link) => link.text === text)
        ?.getAttribute("href");
    const guests = await owner.browser.open(`${guestpass.issuer}${linked("guests whose record ends within 7 days")}`);
    expect(guests.text).to.contain("ends@soon.example").and.not.to.contain("ends@never.example");
    const invitations = await owner.browser.open(`${guestpass.issuer}${linked("invitations that end within 7 days")}`);
    expect(invitations.text).to.contain("invited@soon.example").and.not.to.contain("invited@later.example");
    expect(linked("suspended")).to.equal("/console/guests?state=suspended");
    const cards = overview.document.querySelectorAll("section section.card").map(({ text }) => text.replaceAll(/\s+/g, ""));
    for (const state of ["active", "invited", "suspended"])
      expect(cards.filter((text) => new RegExp(`^\\d+${state}$`).test(text))).to.have.length(1);
    const statistics = async () =>
      (await guestpass.server.app.admin("readStatistics")).body as {
        guests: Record<string, number>;
        deliveries: { within_seconds: number | null; mails: number }[];
      };
    await eventually("the new guests are counted", async () => {
      const { guests: states } = await statistics();
      return Object.values(states).reduce((sum, count) => sum + count, 0) > 0;
    });
    const { deliveries } = await statistics();
    expect(deliveries.map(({ within_seconds: seconds }) => seconds)).to.deep.equal([5, 30, 120, 600, null]);
    expect(deliveries.reduce((sum, { mails }) => sum + mails, 0)).to.be.above(0);
    expect(overview.text).to.contain("Signing keys").and.to.contain("RS256");
  });

  it("keep the last owner", async () => {
    const { items } = (await guestpass.server.app.admin("listAdministrators")).body as {
      items: { id: string; role: string; email: string }[];
    };
    const owners = items.filter(({ role }) => role === "owner");
    expect(owners.length).to.be.above(1);
    const { admin } = guestpass.server.app;
    const demoted = owners.map(({ id }) => admin("updateAdministrator", { params: { id }, body: { role: "auditor" } }));
    const removed = owners.map(({ id }) => admin("removeAdministrator", { params: { id } }));
    await Promise.allSettled([...demoted, ...removed]);
    const left = (await admin("listAdministrators")).body["items"] as { role: string }[];
    expect(left.filter(({ role }) => role === "owner")).to.have.length(1);
  });
});
