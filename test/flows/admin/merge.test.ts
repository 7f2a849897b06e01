import { expect } from "chai";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { whoIs } from "../../support/identity.ts";
import { opens, signedIn } from "../../support/protocol.ts";

describe("two guests who turn out to be one person", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: AdminApi;
  let application: RegisteredApplication;
  let survivor: string;
  let lost: string;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    ({ admin, files } = await startWithAdmin(guestpass));
    application = await guestpass.register("directory", { admission: "directory" });
    survivor = await guestpass.addGuest("ada@work.example", { name: "Ada" });
    lost = await guestpass.addGuest("countess@home.example", { name: "Countess" });
  });
  afterEach(() => guestpass.stop());

  const merge = () => admin.post(`/guests/${survivor}/merge`, { lost_sub: lost });

  it("are one afterwards: the lost sub answers with the survivor, in every operation", async () => {
    const { body: invitation } = await files.post("/invitations", { email: "countess@home.example", send_mail: false });
    const merged = await merge();
    expect(merged.body).to.include({ sub: survivor, email: "ada@work.example", name: "Ada" });
    expect((merged.body["aliases"] as { address: string }[]).map(({ address }) => address)).to.deep.equal([
      "ada@work.example",
      "countess@home.example",
    ]);
    for (const api of [admin, files]) {
      expect((await api.get(`/guests/${lost}`)).body["sub"]).to.equal(survivor);
      expect((await api.post("/guests/lookup", { addresses: ["countess@home.example"] })).body["guests"]).to.deep.equal([
        { address: "countess@home.example", sub: survivor },
      ]);
      expect((await api.get(`/invitations/${invitation["id"]}`)).body["sub"]).to.equal(survivor);
      for (const sub of [lost, survivor]) expect((await api.get(`/invitations?sub=${sub}`)).body["items"]).to.have.length(1);
    }
    expect((await admin.patch(`/guests/${lost}`, { notes: "same person" })).body).to.include({ sub: survivor, notes: "same person" });
    expect((await files.post("/invitations", { email: "countess@home.example", send_mail: false })).body).to.include({
      id: invitation["id"],
      sub: survivor,
    });
    expect((await admin.post("/guests/search", { search: "countess" })).body["items"]).to.have.length(1);
  });

  it("sign in as the survivor with either address, and the lost sub's tokens end", async () => {
    const before = await signedIn(guestpass, application, { address: "countess@home.example" });
    expect(await opens(guestpass, before.accessToken)).to.equal(true);
    await merge();
    expect(await opens(guestpass, before.accessToken)).to.equal(false);
    for (const address of ["ada@work.example", "countess@home.example"])
      expect(await whoIs(guestpass, application, address)).to.include({ sub: survivor, email: "ada@work.example" });
  });

  it("are asked for a code as often as the stricter of the two rules says", async () => {
    const period = async () => (await admin.get(`/guests/${survivor}`)).body["reverification_days"];
    await admin.patch(`/guests/${lost}`, { reverification_days: 7 });
    await merge();
    expect(await period()).to.equal(7);
    lost = await guestpass.addGuest("ada@old.example");
    await admin.patch(`/guests/${lost}`, { reverification_days: 14 });
    await merge();
    expect(await period()).to.equal(7);
  });

  it("have access no longer than either had", async () => {
    const end = async () => (await admin.get(`/guests/${survivor}`)).body["expires_at"];
    const [sooner, later] = [30, 60].map((days) => new Date(Date.now() + days * 86_400_000).toISOString());
    await admin.patch(`/guests/${lost}`, { expires_at: sooner });
    await merge();
    expect(await end()).to.equal(sooner);
    lost = await guestpass.addGuest("ada@old.example");
    await admin.patch(`/guests/${lost}`, { expires_at: later });
    await merge();
    expect(await end()).to.equal(sooner);
  });

  it("stay the last survivor's through a chain of merges", async () => {
    await merge();
    const third = await guestpass.addGuest("third@example.com");
    await admin.post(`/guests/${third}/merge`, { lost_sub: lost });
    for (const sub of [survivor, lost]) expect((await admin.get(`/guests/${sub}`)).body["sub"]).to.equal(third);
  });

  it("cannot be merged with themselves or with nobody", async () => {
    expect((await admin.post(`/guests/${survivor}/merge`, { lost_sub: survivor })).status).to.equal(409);
    expect((await admin.post(`/guests/${survivor}/merge`, { lost_sub: "nobody" })).status).to.equal(404);
    await merge();
    expect((await merge()).status).to.equal(409);
  });

  it("end as one though both merges are asked for at once", async () => {
    const answers = await Promise.all([merge(), admin.post(`/guests/${lost}/merge`, { lost_sub: survivor })]);
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses[0]).to.equal(200);
    expect(statuses[1]).to.be.oneOf([404, 409]);
    const items = (await admin.get("/guests")).body["items"] as unknown[];
    expect(items).to.have.length(1);
  });

  it("do not admit a guest who was shut out by way of the other's record", async () => {
    await admin.post(`/guests/${lost}/suspend`, { reason: "left" });
    const refused = await merge();
    expect([refused.status, refused.body["title"]]).to.deep.equal([409, "Guest suspended"]);
    expect((await admin.get(`/guests/${lost}`)).body).to.include({ sub: lost, state: "suspended" });
    await admin.post(`/guests/${survivor}/suspend`, { reason: "left too" });
    expect((await merge()).status).to.equal(200);
    expect((await admin.get(`/guests/${lost}`)).body).to.include({ sub: survivor, state: "suspended", suspended_reason: "left too" });
  });

  it("have one history", async () => {
    await admin.post(`/guests/${lost}/suspend`, { reason: "mistaken" });
    await admin.post(`/guests/${lost}/resume`);
    await merge();
    const { items } = (await admin.get(`/audit?sub=${lost}`)).body as { items: { action: string; sub: string }[] };
    expect(items.map(({ action }) => action)).to.include.members(["guest.merged", "guest.suspended", "guest.recorded"]);
    expect(items.map(({ sub }) => sub)).to.include.members([survivor, lost]);
  });
});
