// DNS confirms that a provider speaks for a domain, or a sign-in there proves no mailbox at it.
import { expect } from "chai";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import { AdminApi } from "../../support/admin.ts";
import { Cli } from "../../support/cli.ts";
import { Administrator } from "../../support/console.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { say } from "../../support/texts.ts";
import { askingHere, dns, Partner } from "../../support/upstream.ts";

describe("a domain that is bound to a provider", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let partner: Partner;

  beforeEach(async () => {
    guestpass = await Guestpass.start(askingHere);
    files = await guestpass.register("files");
    partner = await Partner.registered(guestpass, "firm", {}, { confirmed: false });
  });
  afterEach(async () => {
    dns.away = undefined;
    for (const name of new Set(dns.asked)) dns.set(name, undefined);
    await partner.stop();
    await guestpass.stop();
  });

  const record = async (at = partner, index = 0) => {
    const found = (await at.records())[index];
    if (!found) throw new Error("The provider has no such domain.");
    return found;
  };
  const check = async (id = partner.id) => {
    guestpass.clock.advance({ minutes: 1 });
    await guestpass.server.app.admin("checkUpstreamDomains", { params: { id } });
  };
  /** What came of signing in there, as the person with the address. */
  async function signIn(typed = "ada@firm.example", at = partner): Promise<"proven" | "code"> {
    const { answer } = await at.signIn(files, { sub: `account of ${typed}`, email: typed, email_verified: true }, typed);
    if (answer.isRedirect && answer.location.startsWith(`${appOrigin}/callback?code=`)) return "proven";
    expect(answer.title, answer.text).to.equal(say("upstream.link.title"));
    return "code";
  }

  it("is offered at once, and proves mailboxes once its owner has published the record", async () => {
    const before = await record();
    expect(before).to.deep.include({ name: "_guestpass.firm.example", state: "unchecked", confirmed: false });
    expect(await signIn()).to.equal("code");
    expect(await record()).to.deep.include({ state: "missing", confirmed: false });
    const owner = await guestpass.server.app.guests.findOwner(parseAddress("ada@firm.example") as Address);
    expect(owner, "nobody is recorded").to.equal(undefined);
    dns.publish(before.name, before.value);
    expect(await signIn(), "it was looked up a moment ago").to.equal("code");
    guestpass.clock.advance({ minutes: 11 });
    expect(await signIn()).to.equal("proven");
    expect(await record()).to.deep.include({ state: "found", confirmed: true });
    const asked = dns.asked.length;
    expect(await signIn("eve@firm.example")).to.equal("proven");
    expect(dns.asked.length, "not looked up at each sign-in").to.equal(asked);
  });

  it("needs exactly its own record, whatever else DNS says", async () => {
    const { name, value } = await record();
    const other = await Partner.registered(guestpass, "other", { domains: ["firm.example"] }, { confirmed: false });
    const others = (await record(other)).value;
    await other.stop();
    const long = Array.from({ length: 200 }, () => "x".repeat(255));
    const half = Math.floor(value.length / 2);
    const wrong: Record<string, Parameters<typeof dns.set>[1]> = {
      nothing: [],
      "another provider's": [[others]],
      "in capitals": [[value.toUpperCase()]],
      "something before it": [[`x ${value}`]],
      "something after it": [[`${value}0`]],
      "cut off": [[value.slice(0, -1)]],
      empty: [[""]],
      "its halves as two records": [[value.slice(0, half)], [value.slice(half)]],
      huge: [long],
      "an alias of a name without it": { alias: "nowhere.firm.example" },
    };
    for (const [what, zone] of Object.entries(wrong)) {
      dns.set(name, zone);
      await check();
      expect((await record()).confirmed, what).to.equal(false);
      expect(await signIn(), what).to.equal("code");
    }
    dns.set("firm.example", [[value]]);
    dns.set("_guestpass.sub.firm.example", [[value]]);
    dns.set(name, undefined);
    await check();
    expect(await record(), "at another name").to.deep.include({ state: "missing", confirmed: false });
    dns.set("proofs.dns.example", [[value]]);
    for (const [what, zone] of Object.entries({
      "among others": [["v=spf1 -all"], [others], [value]],
      "in two strings": [[value.slice(0, half), value.slice(half)]],
      "with blanks around it": [[` ${value} `]],
      "by an alias": { alias: "proofs.dns.example" },
    })) {
      dns.set(name, [["nothing"]]);
      await guestpass.server.app.db("upstream_domains").del();
      dns.set(name, zone);
      await check();
      expect(await record(), what).to.deep.include({ state: "found", confirmed: true });
    }
    dns.set("proofs.dns.example", undefined);
    dns.set("_guestpass.sub.firm.example", undefined);
    dns.set("firm.example", undefined);
  });

  for (const [what, state, take] of [
    ["removed", "missing", (name: string) => dns.set(name, undefined)],
    ["out of reach because DNS fails", "unreachable", () => (dns.away = "failure")],
    ["out of reach because DNS is silent", "unreachable", () => (dns.away = "silence")],
  ] as const)
    it(`counts for three days after its record is ${what}, and no longer`, async () => {
      const { name, value } = await record();
      dns.publish(name, value);
      await check();
      expect(await signIn()).to.equal("proven");
      take(name);
      guestpass.clock.advance({ days: 2 });
      expect(await signIn()).to.equal("proven");
      expect(await record()).to.deep.include({ state, confirmed: true });
      guestpass.clock.advance({ days: 1 });
      expect(await signIn("eve@firm.example")).to.equal("code");
      expect(await record()).to.deep.include({ state, confirmed: false });
      dns.away = undefined;
      dns.set(name, [[value]]);
      await check();
      expect(await signIn("eve@firm.example")).to.equal("proven");
    });

  it("is looked up again by schedule, for 14 days unless it is found or somebody asks", async () => {
    const { name, value } = await record();
    const lookups = async (hours: number) => {
      guestpass.clock.advance({ hours });
      const before = dns.asked.length;
      await guestpass.server.app.sweep();
      return dns.asked.slice(before).filter((each) => each === name).length;
    };
    expect(await lookups(0)).to.equal(1);
    expect(await lookups(0.5)).to.equal(0);
    expect(await lookups(1)).to.equal(1);
    expect(await lookups(24 * 14)).to.equal(0);
    await check();
    expect(await lookups(2)).to.equal(1);
    dns.publish(name, value);
    expect(await lookups(2)).to.equal(1);
    expect(await record()).to.deep.include({ state: "found", confirmed: true });
    for (let days = 0; days < 20; days += 5) expect(await lookups(24 * 5)).to.equal(1);
    await partner.change({ grade: "off" });
    expect(await lookups(2)).to.equal(0);
  });

  it("is confirmed by name: in capitals, beyond ASCII, and not for those below it", async () => {
    await partner.change({ domains: ["FIRM.example", "bücher.example"] });
    const [firm, books] = await partner.records();
    expect([firm?.name, books?.name]).to.deep.equal(["_guestpass.firm.example", "_guestpass.xn--bcher-kva.example"]);
    dns.publish(books?.name ?? "", books?.value ?? "");
    expect(await signIn("ada@bücher.example")).to.equal("proven");
    expect(await signIn()).to.equal("code");
    dns.publish("_guestpass.firm.example", firm?.value ?? "");
    guestpass.clock.advance({ minutes: 11 });
    expect(await signIn("Ada@Firm.EXAMPLE")).to.equal("proven");
    await partner.change({ domains: ["sub.firm.example"] });
    expect(await signIn("ada@sub.firm.example")).to.equal("code");
    // Bound anew, it is looked up anew.
    dns.set("_guestpass.firm.example", undefined);
    await partner.change({ domains: ["firm.example"] });
    expect(await signIn("eve@firm.example")).to.equal("code");
  });

  it("is confirmed for each provider by itself, and for none that takes its place", async () => {
    const other = await Partner.registered(guestpass, "other", { domains: ["firm.example"] }, { confirmed: false });
    const [own, others] = [await record(), await record(other)];
    expect(own.name).to.equal(others.name);
    dns.publish(own.name, own.value);
    await check();
    await check("other");
    expect([(await record()).confirmed, (await record(other)).confirmed]).to.deep.equal([true, false]);
    await other.stop();
    await guestpass.server.app.admin("removeUpstream", { params: { id: "firm" } });
    const successor = await Partner.registered(guestpass, "firm", {}, { confirmed: false });
    await check();
    expect(await record(successor), "another issuer under the same name").to.deep.include({ state: "missing", confirmed: false });
    await successor.stop();
  });

  it("needs no record at Google, which proves domains itself", async () => {
    const api = new AdminApi(guestpass, await guestpass.register("desk", { policy: { administrator: true } }));
    const google = { id: "google", issuer: "https://accounts.google.com", label: "Google", client_id: "guestpass" };
    const body = { ...google, client_secret: "secret", domains: ["gmail.com"], grade: "proves-the-mailbox" };
    const made = await api.post("/upstreams", body);
    expect(made.body["domain_records"]).to.deep.equal([]);
    expect((await api.post("/upstreams/google/check", {})).status).to.equal(200);
    expect((await api.post("/upstreams/nowhere/check", {})).status).to.equal(404);
  });

  it("shows its record and state to administrators, who check it in the console and by the command line", async () => {
    const { name, value } = await record();
    const grace = await Administrator.enrolled(guestpass, "grace@acme.example");
    const page = await grace.open("/upstreams/firm");
    expect(page.text).to.contain(name).and.to.contain(value).and.to.contain("not looked up yet");
    const missing = await grace.browser.submit(page, "/check");
    expect(missing.text).to.contain("not found");
    dns.publish(name, value);
    guestpass.clock.advance({ minutes: 1 });
    expect((await grace.browser.submit(missing, "/check")).text).to.contain("confirmed");
    const auditor = await Administrator.enrolled(guestpass, "audit@acme.example", "auditor");
    expect((await auditor.open("/upstreams/firm")).document.querySelector("form[action$='/check']")).to.equal(null);
    const cli = new Cli(guestpass.settings, "upstream");
    expect(await cli.ok("show", "firm")).to.not.contain(value);
    await guestpass.server.app.db("upstream_domains").del();
    dns.set(name, undefined);
    const told = await cli.ok("check", "firm");
    expect(told).to.contain("missing").and.to.contain(`${name}. TXT "${value}"`);
    expect((await cli.json("check", "firm"))["domain_records"]).to.have.length(1);
  });
});
