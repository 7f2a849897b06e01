// Providers where guests sign in, as administrators register them: by the API and the command line.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { operator } from "../../../src/audit/audit.ts";
import { AdminApi } from "../../support/admin.ts";
import { Cli } from "../../support/cli.ts";
import { Administrator } from "../../support/console.ts";
import { Guestpass } from "../../support/guestpass.ts";

const secret = "a secret that nobody is to see";
const body = {
  id: "partner",
  issuer: "https://login.partner.example",
  label: "Partner",
  client_id: "guestpass",
  client_secret: secret,
  domains: ["Partner.example", "bücher.example", "partner.example"],
  grade: "proves-the-mailbox",
};

describe("a provider where guests sign in", () => {
  let guestpass: Guestpass;
  let api: AdminApi;
  let folder: string;

  before(async () => {
    guestpass = await Guestpass.start();
    api = new AdminApi(guestpass, await guestpass.register("desk", { policy: { administrator: true } }));
    folder = await mkdtemp(join(tmpdir(), "guestpass-upstream-"));
  });
  after(async () => {
    await guestpass.stop();
    await rm(folder, { recursive: true });
  });
  afterEach(async () => {
    for (const { id } of await guestpass.server.app.upstreams.list()) await guestpass.server.app.upstreams.remove(id, operator);
  });

  it("is registered, read, changed and removed by the API, and shows its secret nowhere", async () => {
    const made = await api.post("/upstreams", body);
    expect(made.status, made.text).to.equal(201);
    expect(made.body).to.deep.include({
      id: "partner",
      domains: ["partner.example", "xn--bcher-kva.example"],
      scope: "openid email profile",
      tenant: null,
      redirect_uri: `${guestpass.issuer}/upstream/partner/callback`,
    });
    expect(made.headers.get("location")).to.contain("/upstreams/partner");
    expect((made.body["warnings"] as string[])[0], "it cannot be reached").to.match(/^issuer: /);
    expect((await api.post("/upstreams", body)).status).to.equal(409);
    const read = await api.get("/upstreams/partner");
    expect(read.body).to.deep.include({ label: "Partner", grade: "proves-the-mailbox" });
    const changed = await api.patch(
      "/upstreams/partner",
      { grade: "off", client_secret: "another" },
      { "if-match": read.headers.get("etag") ?? "" },
    );
    expect(changed.status, changed.text).to.equal(200);
    const first = async (change: object) => (await api.patch("/upstreams/partner", change)).body["first_for"];
    const narrower = { domains: ["partner.example"] };
    expect(await first({ first_for: ["bücher.example"] })).to.deep.equal(["xn--bcher-kva.example"]);
    expect((await api.patch("/upstreams/partner", { first_for: ["elsewhere.example"] })).status).to.equal(422);
    expect(await first(narrower), "it is not its domain any more").to.deep.equal([]);
    expect((await api.patch("/upstreams/partner", { label: "Other" }, { "if-match": read.headers.get("etag") ?? "" })).status).to.equal(
      412,
    );
    const listed = await api.get("/upstreams");
    expect((listed.body["items"] as object[])[0]).to.deep.include({ grade: "off", label: "Partner" });
    const { entries } = await guestpass.server.app.audit.list({}, 10);
    const seen = JSON.stringify([
      made.text,
      read.text,
      changed.text,
      listed.text,
      entries,
      await guestpass.server.app.db("upstream_providers"),
    ]);
    expect(seen).to.not.contain(secret).and.to.not.contain("another");
    expect(entries.map(({ action }) => action)).to.include.members(["upstream.added", "upstream.updated"]);
    expect((await api.delete("/upstreams/partner")).status).to.equal(204);
    expect((await api.get("/upstreams/partner")).status).to.equal(404);
    expect((await api.delete("/upstreams/partner")).status).to.equal(404);
  });

  it("is refused with the reason", async () => {
    const wrong: [change: object, status: number, about: RegExp][] = [
      [{ issuer: "https://login.microsoftonline.com/common/v2.0" }, 422, /one tenant/],
      [{ issuer: "http://login.partner.example" }, 422, /https/],
      [{ id: "Partner!" }, 400, /short name/],
      [{ domains: [] }, 400, /domains/],
      [{ domains: ["*.partner.example"] }, 400, /domain such as/],
      [{ scope: "email" }, 400, /openid first/],
      [{ grade: "proves-everything" }, 400, /grade/],
      [{ client_secret: "" }, 400, /client_secret/],
      [{ first_for: ["other.example"] }, 422, /other\.example is not one of its domains/],
    ];
    for (const [change, status, about] of wrong) {
      const answer = await api.post("/upstreams", { ...body, ...change });
      expect(answer.status, answer.text).to.equal(status);
      expect(answer.text).to.match(about);
    }
    const tenant = "0f2c8a52-6d1f-4d0c-9a6b-2f2f7c1f3c11";
    const entra = { ...body, issuer: `https://login.microsoftonline.com/${tenant}/v2.0` };
    expect((await api.post("/upstreams", { ...entra, tenant: "another" })).status).to.equal(422);
    expect((await api.post("/upstreams", entra)).body["tenant"]).to.equal(tenant);
    expect(
      (await api.patch("/upstreams/partner", { issuer: "https://other.example" })).status,
      "another issuer is another provider",
    ).to.equal(400);
  });

  it("is registered, changed and removed in the console, by an owner alone", async () => {
    const grace = await Administrator.enrolled(guestpass, "grace@acme.example");
    const empty = await grace.open("/upstreams");
    expect(empty.text).to.contain("None: guests sign in with a code.");
    const wrong = await grace.browser.submit(empty, "/upstreams", { id: "A B", label: "Partner", issuer: body.issuer });
    expect(wrong.status).to.equal(422);
    expect(wrong.document.querySelector("#label")?.getAttribute("value")).to.equal("Partner");
    const { client_id, client_secret, id, label, issuer } = body;
    const page = await grace.browser.post(wrong, "/upstreams", {
      id,
      label,
      issuer,
      client_id,
      client_secret,
      domains: "partner.example",
      grade: "off",
    });
    const added = await grace.browser.follow(page);
    expect(added.text).to.contain("Registered.").and.to.contain(`${guestpass.issuer}/upstream/partner/callback`);
    const lists = { domains: "partner.example, other.example", first_for: "other.example" };
    const changed = await grace.browser.submit(added, "/upstreams/partner", { ...lists, grade: "off" });
    expect(changed.text).to.contain("Changed.").and.to.contain("partner.example, other.example");
    expect(changed.document.querySelector("#first_for")?.text.trim()).to.equal("other.example");
    const refused = await grace.browser.submit(changed, "/upstreams/partner", { ...lists, grade: "off", first_for: "elsewhere.example" });
    expect(refused.status).to.equal(422);
    expect(refused.text).to.contain("elsewhere.example is not one of its domains");
    const auditor = await Administrator.enrolled(guestpass, "audit@acme.example", "auditor");
    expect((await auditor.open("/upstreams/partner")).document.querySelector("form[action$='/remove']")).to.equal(null);
    expect((await grace.browser.submit(changed, "/remove")).text).to.contain("Removed.");
    expect(await guestpass.server.app.upstreams.list()).to.deep.equal([]);
  });

  it("is registered, listed, shown, changed and removed by the command line", async () => {
    const cli = new Cli(guestpass.settings, "upstream");
    const file = join(folder, "secret.txt");
    await writeFile(file, `${secret}\n`);
    const options = ["--issuer", body.issuer, "--label", "Partner", "--client-id", "guestpass", "--client-secret-file", file];
    const rest = ["--domain", "partner.example", "--domain", "other.example", "--grade", "proves-the-person"];
    const added = await cli.run("add", "partner", ...options, ...rest);
    expect(added.code, added.stderr).to.equal(0);
    expect(added.stdout).to.contain(`${guestpass.issuer}/upstream/partner/callback`);
    expect(added.stderr).to.match(/^Warning: issuer: /);
    expect(await cli.refused("add", "partner", ...options, ...rest)).to.contain("already has this id");
    expect(await cli.ok("list"))
      .to.contain("partner.example, other.example")
      .and.to.contain("proves-the-person");
    expect(await cli.json("show", "partner")).to.deep.include({ label: "Partner", domains: ["partner.example", "other.example"] });
    await cli.ok("update", "partner", "--grade", "off", "--domain", "partner.example", "--first-for", "partner.example");
    const [domains, first_for] = [["partner.example"], ["partner.example"]];
    expect(await cli.json("show", "partner")).to.deep.include({ grade: "off", domains, first_for, client_id: "guestpass" });
    expect(await cli.refused("update", "partner")).to.contain("at least one option");
    expect(await cli.refused("update", "partner", "--client-secret-file", join(folder, "nowhere"))).to.contain("cannot be read");
    await cli.ok("remove", "partner", "--yes");
    expect(await cli.refused("show", "partner")).to.contain("no such provider");
    expect(await cli.ok("list")).to.contain("guests sign in with a code");
  });
});
