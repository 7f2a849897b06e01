import { randomUUID } from "node:crypto";
import { expect } from "chai";
import { parse } from "csv-parse/sync";
import { operator } from "../../../src/audit/audit.ts";
import { Administrator } from "../../support/console.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";

describe("acts on many guests in the console, without script", () => {
  let guestpass: Guestpass;
  let owner: Administrator;
  const subs: string[] = [];

  before(async () => {
    guestpass = await Guestpass.start();
    owner = await Administrator.enrolled(guestpass, "grace@acme.example");
    await guestpass.register("files", { admission: "invited" });
    for (const name of ["ada", "joan", "kay", "mary"]) subs.push(await guestpass.addGuest(`${name}@example.com`));
  });
  after(() => guestpass.stop());

  const admin = (id: string, request: object) => guestpass.server.app.admin(id, request);
  const stateOf = async (sub: string) => (await admin("readGuest", { params: { sub } })).body["state"];
  /** Posts the list's form with these guests ticked. */
  const tick = async (act: string, fields: [string, string][]) => {
    const page = await owner.open("/guests");
    const token = page.document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
    const button = page.document.querySelector(`button[formaction$="/jobs/${act}"]`);
    expect(button?.text, act).to.be.a("string");
    const body = new URLSearchParams([["token", token], ...fields]);
    return owner.browser.follow(await owner.browser.request(`${guestpass.issuer}/console/jobs/${act}`, { method: "POST", body }));
  };
  const pathOf = ({ url }: { url: string }) => new URL(url).pathname.replace(/^\/console/, "");

  it("say what will happen and who is left out, do it when that is confirmed, and show who is left out", async () => {
    await admin("suspendGuest", { params: { sub: subs[1] }, body: { reason: "before" } });
    const form = await tick("suspend", [
      ["pick", subs[0] as string],
      ["pick", subs[1] as string],
    ]);
    expect(form.title).to.equal("Suspend 2 guests");
    const refused = await owner.browser.submit(form, "/jobs/suspend", { reason: "" });
    expect([refused.status, refused.text]).to.satisfy(([status, text]: [number, string]) => status === 422 && text.includes("reason"));
    const preview = await owner.browser.submit(refused, "/jobs/suspend", { reason: "the project is over" });
    expect(preview.text).to.contain("1 guest will be suspended. 1 guest is left out.");
    expect(preview.text).to.contain("1 guest: suspended already");
    expect(await stateOf(subs[0] as string)).to.equal("invited");
    const file = await owner.browser.submit(preview, "/csv/jobGuests");
    expect(parse(file.body, { columns: true })).to.deep.equal([{ sub: subs[1], email: "joan@example.com", reason: "already-suspended" }]);

    const job = await owner.browser.submit(preview, "/start");
    await eventually("it is done", async () => (await owner.open(pathOf(job))).text.includes("1 guest is suspended."));
    expect(await stateOf(subs[0] as string)).to.equal("suspended");
    const [entry] = (await admin("listAudit", { query: { sub: subs[0], action: "guest.suspended" } })).body["items"] as Record<
      string,
      unknown
    >[];
    expect(entry).to.include({ channel: "console" });
    expect(entry?.["actor"]).to.match(/^administrator:/);
    const list = await owner.open("/jobs");
    expect(list.text).to.contain("Suspend 2 guests").and.to.contain("done");
  });

  it("are for all that the list finds, as it was filtered, and can be left", async () => {
    const preview = await tick("resume", [
      ["all", "1"],
      ["state", "suspended"],
    ]);
    expect(preview.text).to.contain("2 guests will be let in again.");
    const left = await owner.browser.submit(preview, "/cancel");
    expect(left.text).to.contain("Cancelled");
    expect(await stateOf(subs[0] as string)).to.equal("suspended");
  });

  it("ask what an invitation is to, and refuse what cannot be", async () => {
    const form = await tick("invite", [["pick", subs[2] as string]]);
    const wrong = await owner.browser.submit(form, "/jobs/invite", { client_id: "files", access_ends_at: "yesterday" });
    expect(wrong.status).to.equal(422);
    const preview = await owner.browser.submit(wrong, "/jobs/invite", { client_id: "files", access_ends_at: "" });
    expect(preview.text).to.contain("1 guest will be invited.");
    await owner.browser.submit(preview, "/start");
    await guestpass.mail.wait("kay@example.com");
  });

  it("need at least one chosen guest, and a role that may", async () => {
    expect((await tick("suspend", [])).title).to.equal("No guest is chosen");
    const helpdesk = await Administrator.enrolled(guestpass, "help@acme.example", "helpdesk");
    const page = await helpdesk.open("/guests");
    expect(page.document.querySelector("input[name=pick]")).to.equal(null);
    expect(page.document.querySelector("fieldset.bulk")).to.equal(null);
    expect((await helpdesk.open("/jobs")).text).to.contain("Suspend 2 guests");
  });

  it("stop where their administrator may not do them any more, and say so", async () => {
    const { administrators, jobs } = guestpass.server.app;
    const sub = await guestpass.addGuest("left@example.com");
    const stopped = async (lose: (id: string) => Promise<unknown>, email: string) => {
      const { administrator } = (await administrators.add({ email, name: null, role: "manager" }, operator)) ?? {};
      const by = { who: `administrator:${administrator?.id}`, channel: "console" as const, network: null };
      // Nobody works at it until the role is lost.
      await jobs.stop();
      const job = await jobs.create(randomUUID(), { act: "suspend", reason: "over" }, { subs: [sub] }, { previews: false, by });
      await lose(administrator?.id ?? "");
      jobs.run(20);
      await eventually("it is over", async () => (await jobs.find(job.id))?.state === "cancelled");
      expect((await owner.open(`/jobs/${job.id}`)).text).to.contain(
        "Stopped: the person or program that started it may not do this any more.",
      );
      expect(await stateOf(sub)).to.equal("invited");
    };
    await stopped((id) => admin("updateAdministrator", { params: { id }, body: { role: "helpdesk" } }), "kay@acme.example");
    await stopped((id) => admin("removeAdministrator", { params: { id } }), "lea@acme.example");
    const [entry] = (await admin("listAudit", { query: { action: "job.cancelled" } })).body["items"] as Record<string, unknown>[];
    expect(entry).to.deep.include({ actor: "system" });
    expect(entry?.["details"]).to.include({ stopped: "not-allowed", done: 0 });
  });
});
