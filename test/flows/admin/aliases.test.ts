import { expect } from "chai";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { whoIs } from "../../support/identity.ts";

describe("addresses of a guest through the administration API", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let application: RegisteredApplication;
  let sub: string;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    ({ admin } = await startWithAdmin(guestpass));
    application = await guestpass.register("directory", { admission: "directory" });
    sub = await guestpass.addGuest("ada@work.example");
  });
  afterEach(() => guestpass.stop());

  const alias = (path: string, body: object) => admin.post(`/guests/${sub}/aliases${path}`, body);
  const subjects = async (address: string, count: number) =>
    (await guestpass.mail.wait(address, count)).map(({ parsed }) => parsed.subject);

  it("share the mailbox unless they are said to have another one", async () => {
    const added = await alias("", { email: "Ada.L@work.example" });
    expect(added.status).to.equal(201);
    const { aliases } = (await alias("", { email: "ada@home.example", other_mailbox: true })).body as {
      aliases: Record<string, unknown>[];
    };
    expect(aliases.map(({ address, primary }) => [address, primary])).to.deep.equal([
      ["ada@work.example", true],
      ["Ada.L@work.example", false],
      ["ada@home.example", false],
    ]);
    expect(aliases[0]?.["mailbox"]).to.equal(aliases[1]?.["mailbox"]);
    expect(aliases[0]?.["mailbox"]).not.to.equal(aliases[2]?.["mailbox"]);
    expect(await subjects("ada@work.example", 2)).to.include("Your guest addresses were changed");
  });

  it("belong to one guest: a conflict names the other", async () => {
    const grace = await guestpass.addGuest("grace@example.com");
    for (const taken of [
      await alias("", { email: "GRACE@example.com" }),
      await alias("/rename", { from: "ada@work.example", to: "grace@example.com" }),
    ]) {
      expect(taken.status).to.equal(409);
      expect(taken.body).to.include({ title: "Address taken", sub: grace });
    }
    expect((await admin.get(`/guests/${sub}`)).body).to.include({ email: "ada@work.example" });
  });

  it("are renamed in place: the sub and the invitations stay, the old address is told, the new one has to be proven", async () => {
    const { body: invitation } = await admin.post("/invitations", { email: "ada@work.example", client_id: "directory", send_mail: false });
    expect(await whoIs(guestpass, application, "ada@work.example")).to.include({ email_verified: true });
    const renamed = await alias("/rename", { from: "ada@work.example", to: "ada@new.example" });
    expect(renamed.body["aliases"]).to.deep.include.members([
      {
        address: "ada@new.example",
        primary: true,
        mailbox: (renamed.body["aliases"] as { mailbox: string }[])[0]?.mailbox,
        verified_at: null,
        undeliverable: null,
      },
    ]);
    expect(await subjects("ada@work.example", 2)).to.include("Your guest addresses were changed");
    expect((await admin.get(`/guests/${sub}`)).body).to.include({ email: "ada@new.example", verified_at: null });
    expect((await admin.get(`/invitations/${invitation["id"]}`)).body).to.include({ email: "ada@new.example", sub });
    expect(await whoIs(guestpass, application, "ada@new.example")).to.include({ sub, email: "ada@new.example", email_verified: true });
    expect((await admin.post("/guests/lookup", { addresses: ["ada@work.example"] })).body["guests"]).to.deep.equal([
      { address: "ada@work.example", sub: null },
    ]);
  });

  it("are made primary: the email claim from then on, proven afresh, and the one before is told", async () => {
    await alias("", { email: "ada@home.example", other_mailbox: true });
    expect(await whoIs(guestpass, application, "ada@home.example")).to.include({ email: "ada@work.example", email_verified: false });
    await alias("/make-primary", { email: "ada@home.example" });
    expect((await admin.get(`/guests/${sub}`)).body).to.include({ email: "ada@home.example", verified_at: null });
    expect(await subjects("ada@work.example", 2)).to.deep.equal(["Your guest addresses were changed", "Your guest addresses were changed"]);
    expect(await whoIs(guestpass, application, "ada@work.example")).to.include({ email: "ada@home.example", email_verified: false });
  });

  it("are removed, but never the primary one", async () => {
    await alias("", { email: "ada@home.example" });
    expect((await alias("/remove", { email: "ada@work.example" })).body).to.include({ title: "Primary address" });
    expect((await alias("/remove", { email: "ada@home.example" })).status).to.equal(200);
    expect((await alias("/remove", { email: "ada@home.example" })).status).to.equal(404);
    expect(await subjects("ada@home.example", 1)).to.deep.equal(["Your guest addresses were changed"]);
    expect((await admin.get(`/guests/${sub}`)).body["aliases"]).to.have.length(1);
  });

  it("take the invitations that were sent to them along, which the audit trail names", async () => {
    await alias("", { email: "ada@home.example" });
    const invited = await admin.post("/invitations", { email: "ada@home.example", client_id: "files", send_mail: false });
    expect((await alias("/remove", { email: "ada@home.example" })).status).to.equal(200);
    expect((await admin.get(`/invitations/${invited.body["id"]}`)).status).to.equal(404);
    const { items } = (await admin.get(`/audit?action=alias.removed&sub=${sub}`)).body as { items: { details: object }[] };
    expect(items.map(({ details }) => details)).to.deep.equal([{ invitations: [invited.body["id"]] }]);
  });
});
