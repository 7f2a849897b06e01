import { expect } from "chai";
import { AdminApi, type ApiAnswer, startWithAdmin } from "../../support/admin.ts";
import { ServerProcess } from "../../support/command.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort, Guestpass } from "../../support/guestpass.ts";

interface Reason {
  reason: string;
  guests: number;
}

describe("jobs on many guests", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let started: Awaited<ReturnType<typeof startWithAdmin>>;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_LIMIT_REQUESTS_PER_APPLICATION: "1000000/1m" });
    started = await startWithAdmin(guestpass);
    ({ admin } = started);
  });
  after(() => guestpass.stop());

  const add = (domain: string, count: number) =>
    Promise.all(Array.from({ length: count }, (_, index) => guestpass.addGuest(`guest${index}@${domain}`)));
  const make = (act: string, body: object) => admin.post(`/jobs/${act}`, body);
  const done = async ({ body: { id } }: ApiAnswer, state = "done"): Promise<ApiAnswer["body"]> => {
    await eventually(`the job is ${state}`, async () => (await admin.get(`/jobs/${id}`)).body["state"] === state);
    return (await admin.get(`/jobs/${id}`)).body;
  };
  const state = async (sub: string) => (await admin.get(`/guests/${sub}`)).body["state"];
  const leftOut = async (id: unknown) =>
    ((await admin.get(`/jobs/${id}/guests`)).body["items"] as { email: string | null; reason: string }[]).map(({ email, reason }) => [
      email,
      reason,
    ]);
  const acted = async (action: string, sub: string) =>
    (await admin.get(`/audit?sub=${sub}&action=${action}`)).body["items"] as { actor: string }[];

  it("say first how many guests they concern, who is left out and why, and then do the others, each named in the trail", async () => {
    const subs = await add("preview.example", 3);
    await admin.post(`/guests/${subs[1]}/suspend`, { reason: "before" });
    const preview = await make("suspend", { subs: [...subs, "nobody"], reason: "the project is over", preview: true });
    expect(preview.status).to.equal(201);
    expect(preview.headers.get("location")).to.equal(`${guestpass.issuer}/admin/jobs/${preview.body["id"]}`);
    expect(preview.body).to.deep.include({ act: "suspend", state: "ready", total: 4, done: 2, left_out: 2, ended_at: null });
    expect(preview.body["reasons"]).to.deep.equal([
      { reason: "already-suspended", guests: 1 },
      { reason: "no-guest", guests: 1 },
    ]);
    expect(await leftOut(preview.body["id"])).to.deep.equal([
      ["guest1@preview.example", "already-suspended"],
      [null, "no-guest"],
    ]);
    expect(await state(subs[0] as string)).to.equal("invited");

    const begun = await admin.post(`/jobs/${preview.body["id"]}/start`);
    expect(begun.body).to.deep.include({ state: "running", total: 4 });
    expect(await done(preview)).to.deep.include({ done: 2, left_out: 2, reasons: preview.body["reasons"] });
    expect(await leftOut(preview.body["id"])).to.have.length(2);
    for (const sub of [subs[0], subs[2]] as string[]) {
      expect((await admin.get(`/guests/${sub}`)).body).to.include({ state: "suspended", suspended_reason: "the project is over" });
      expect((await acted("guest.suspended", sub)).map(({ actor }) => actor)).to.deep.equal(["application:console"]);
    }
    expect((await admin.post(`/jobs/${preview.body["id"]}/start`)).status).to.equal(409);
    expect((await admin.post(`/jobs/${preview.body["id"]}/cancel`)).status).to.equal(409);
  });

  it("find all guests of a filter, over many pages, and none that was recorded since", async () => {
    const subs = await add("filter.example", 130);
    const preview = await make("suspend", { filter: { domain: "filter.example" }, reason: "over", preview: true });
    const ready = await done(preview, "ready");
    expect(ready).to.include({ total: 130, done: 130, left_out: 0 });
    guestpass.clock.advance({ seconds: 1 });
    const late = await guestpass.addGuest("late@filter.example");
    await admin.post(`/jobs/${preview.body["id"]}/start`);
    expect(await done(preview)).to.include({ total: 130, done: 130 });
    for (const sub of subs) expect(await acted("guest.suspended", sub)).to.have.length(1);
    expect(await state(late)).to.equal("invited");

    const resumed = await make("resume", { filter: { domain: "filter.example" } });
    expect(resumed.body).to.include({ state: "running", total: null });
    const after = await done(resumed);
    expect(after).to.include({ total: 131, done: 130, left_out: 1 });
    expect(after["reasons"] as Reason[]).to.deep.equal([{ reason: "not-suspended", guests: 1 }]);
  });

  it("shorten no record that ends later, invite nobody twice, and revoke", async () => {
    const [first, second, third] = (await add("acts.example", 3)) as [string, string, string];
    await admin.patch(`/guests/${first}`, { expires_at: "2030-01-01" });
    await admin.patch(`/guests/${second}`, { expires_at: "2040-01-01" });
    const extended = await done(await make("extend", { subs: [first, second, third], expires_at: "2035-01-01" }));
    expect(extended).to.deep.include({ done: 1, left_out: 2, reasons: [{ reason: "ends-later", guests: 2 }] });
    expect((await admin.get(`/guests/${first}`)).body["expires_at"]).to.equal("2035-01-01T00:00:00.000Z");
    expect((await make("extend", { subs: [first], expires_at: "2020-01-01" })).status).to.equal(422);

    await admin.post("/invitations", { email: "guest1@acts.example", client_id: "files", send_mail: false });
    await admin.post(`/guests/${third}/suspend`, { reason: "over" });
    const invited = await done(await make("invite", { subs: [first, second, third], client_id: "files", label: "Plan for the bridge" }));
    expect(invited).to.deep.include({
      done: 1,
      client_id: "files",
      reasons: [
        { reason: "already-invited", guests: 1 },
        { reason: "suspended", guests: 1 },
      ],
    });
    expect((await guestpass.mail.wait("guest0@acts.example"))[0]?.parsed.text).to.include("Plan for the bridge");
    expect((await make("invite", { subs: [first], client_id: "nothing" })).status).to.equal(404);

    const revoked = await done(await make("revoke", { filter: { domain: "acts.example" }, client_id: "files" }));
    expect(revoked).to.deep.include({ done: 2, reasons: [{ reason: "not-invited", guests: 1 }] });
    const { items } = (await admin.get(`/invitations?sub=${first}`)).body as { items: { state: string }[] };
    expect(items.map(({ state: each }) => each)).to.deep.equal(["revoked"]);
  });

  it("are chosen by filter or by list, not both", async () => {
    expect((await make("resume", {})).status).to.equal(400);
    expect((await make("resume", { subs: ["x"], filter: {} })).status).to.equal(400);
    expect((await make("suspend", { subs: ["x"] })).status).to.equal(400);
    expect((await admin.get("/jobs/nothing")).status).to.equal(404);
  });

  it("are made once for one Idempotency-Key, and listed", async () => {
    const [sub] = await add("once.example", 1);
    const key = { "Idempotency-Key": "once" };
    const [one, two] = [await admin.post("/jobs/resume", { subs: [sub] }, key), await admin.post("/jobs/resume", { subs: [sub] }, key)];
    expect(two.body["id"]).to.equal(one.body["id"]);
    await done(one);
    const { items } = (await admin.get("/jobs?limit=1")).body as { items: { id: string }[] };
    expect(items.map(({ id }) => id)).to.deep.equal([one.body["id"]]);
    expect((await admin.get("/jobs?state=looking")).body["items"]).to.deep.equal([]);
  });

  it("need the scope of the operation on one guest", async () => {
    const [sub] = await add("scopes.example", 1);
    const inviting = new AdminApi(guestpass, started.applications.administrator, "guests:read invitations:write");
    expect((await inviting.post("/jobs/suspend", { subs: [sub], reason: "no" })).status).to.equal(403);
    const preview = await make("suspend", { subs: [sub], reason: "yes", preview: true });
    for (const act of ["start", "cancel"]) expect((await inviting.post(`/jobs/${preview.body["id"]}/${act}`)).status).to.equal(403);
    expect((await inviting.post("/jobs/invite", { subs: [sub], client_id: "files", preview: true })).status).to.equal(201);
    expect((await inviting.get(`/jobs/${preview.body["id"]}`)).status).to.equal(200);
    expect((await started.files.get("/jobs")).status).to.equal(403);
  });

  it("are started once, and do nothing once they are cancelled", async () => {
    const [sub] = (await add("cancelled.example", 1)) as [string];
    const preview = await make("suspend", { subs: [sub], reason: "over", preview: true });
    const { jobs } = guestpass.server.app;
    await jobs.stop();
    const answers = await Promise.all([1, 2, 3].map(() => admin.post(`/jobs/${preview.body["id"]}/start`)));
    expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 409, 409]);
    const cancelled = await admin.post(`/jobs/${preview.body["id"]}/cancel`);
    expect(cancelled.body).to.include({ state: "cancelled", done: 0 });
    jobs.run(20);
    await done(await make("resume", { subs: [sub] }));
    expect(await state(sub)).to.equal("invited");
  });

  it("forget an erased guest's address, and end what was to be done to it", async () => {
    const sub = await guestpass.addGuest("erased@forget.example");
    const filter = { search: "erased@forget.example" };
    const preview = await make("suspend", { filter, reason: "erased@forget.example left", preview: true });
    expect((await admin.delete(`/guests/${sub}`)).status).to.equal(204);
    expect((await admin.get(`/jobs/${preview.body["id"]}`)).body).to.include({ act: "suspend", state: "cancelled", reason: "" });
    const rows = JSON.stringify(await guestpass.server.app.db("jobs"));
    expect(rows).not.to.include("erased@forget.example");
  });

  it("go on at another instance when theirs is killed, and do each guest once", async function () {
    this.timeout(120_000);
    const subs = await add("killed.example", 400);
    await guestpass.server.app.jobs.stop();
    const port = String(await freePort());
    const other = await ServerProcess.start({
      ...guestpass.settings,
      GUESTPASS_PORT: port,
      GUESTPASS_ISSUER: `http://localhost:${port}`,
    });
    const job = await make("suspend", { filter: { domain: "killed.example" }, reason: "over" });
    await eventually("the job is under way", async () => Number((await admin.get(`/jobs/${job.body["id"]}`)).body["done"]) > 0);
    await other.kill("SIGKILL");
    const { body } = await admin.get(`/jobs/${job.body["id"]}`);
    expect(body["state"]).to.equal("running");
    guestpass.clock.advance({ minutes: 1 });
    guestpass.server.app.jobs.run(20);
    expect(await done(job)).to.include({ total: 400, done: 400, left_out: 0 });
    for (const sub of subs) expect(await acted("guest.suspended", sub), sub).to.have.length(1);
  });

  it("treat each guest once though two instances work at the same time", async function () {
    this.timeout(120_000);
    const subs = await add("twice.example", 60);
    const second = await Guestpass.start({}, { on: guestpass });
    const { jobs, db } = guestpass.server.app;
    jobs.run(5);
    second.server.app.jobs.run(5);
    const job = await make("invite", { filter: { domain: "twice.example" }, client_id: "files" });
    // The lease keeps one of them away. Without it both go on, from where either of them is.
    await eventually("the job is done", async () => {
      await db("leases").where({ work: "jobs" }).delete();
      return (await admin.get(`/jobs/${job.body["id"]}`)).body["state"] === "done";
    });
    await second.server.close();
    expect((await admin.get(`/jobs/${job.body["id"]}`)).body).to.include({ total: 60, done: 60, left_out: 0 });
    for (const sub of subs) expect(await acted("invitation.created", sub), sub).to.have.length(1);
    for (let index = 0; index < 60; index++) {
      await guestpass.mail.wait(`guest${index}@twice.example`);
      expect(guestpass.mail.to(`guest${index}@twice.example`)).to.have.length(1);
    }
  });
});
