import { expect } from "chai";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { enqueue } from "../../support/queued-mail.ts";

type Row = Record<string, unknown>;

describe("mail over the administration API", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;

  before(async () => {
    guestpass = await Guestpass.start();
    ({ admin } = await startWithAdmin(guestpass));
  });
  after(() => guestpass.stop());
  afterEach(() => {
    guestpass.mail.answer = () => undefined;
  });

  const items = async (query: string) => (await admin.get(`/mail?${query}`)).body["items"] as Row[];
  const read = async (id: string) => (await admin.get(`/mail/${id}`)).body as Row & { history: Row[] };
  const state = (id: string, wanted: string) => eventually(`it is ${wanted}`, async () => (await read(id))["state"] === wanted);

  it("is listed page by page, by state and by address, and never with its text", async () => {
    const ids: string[] = [];
    for (const address of ["ada@example.com", "eve@example.com", "Ada@Example.com"]) {
      ids.push(await enqueue(guestpass.server.app, address));
      await state(ids.at(-1) as string, "sent");
      guestpass.clock.advance({ seconds: 1 });
    }
    const first = (await admin.get("/mail?limit=2")).body as { items: Row[]; next: string };
    const second = (await admin.get(`/mail?limit=2&cursor=${first.next}`)).body as { items: Row[]; next: string | null };
    expect([...first.items, ...second.items].map(({ id }) => id)).to.deep.equal([...ids].reverse());
    const found = (await admin.post("/mail/search", { email: "ada@example.com" })).body["items"] as Row[];
    expect(found.map(({ id }) => id)).to.have.members([ids[0], ids[2]]);
    expect(await items("state=parked")).to.deep.equal([]);
    expect((await admin.get("/mail?state=lost")).status).to.equal(400);
    expect(JSON.stringify([first, second, found, await read(ids[0] as string)])).to.not.contain("Hello");
  });

  it("says in the server's own words why it was refused, and is sent again when it is asked for, once", async () => {
    guestpass.mail.answer = () => ({ code: 550, text: "5.7.1 <parked@example.com>: relaying denied" });
    const id = await enqueue(guestpass.server.app, "parked@example.com", "invitation");
    await state(id, "parked");
    expect((await items("state=parked"))[0]).to.include({ id, last_words: "550 5.7.1 <…@example.com>: relaying denied" });
    expect((await read(id)).history[0]).to.include({ outcome: "refused", reply: "550 5.7.1", route: "smtp" });
    guestpass.mail.answer = () => undefined;
    expect((await admin.post(`/mail/${id}/retry`)).status).to.equal(202);
    await guestpass.mail.wait("parked@example.com");
    const trail = (await admin.get("/audit?action=mail.retried")).body["items"] as Row[];
    expect(trail).to.have.length(1);
    expect(trail[0]).to.deep.include({ actor: "application:console", channel: "api", details: { mail: id } });
    await state(id, "sent");
    expect((await admin.post(`/mail/${id}/retry`)).status).to.equal(409);
    expect((await admin.post("/mail/nobody/retry")).status).to.equal(404);
    expect((await admin.get("/mail/nobody")).status).to.equal(404);
  });

  it("that came back after a server had accepted it has a state of its own", async () => {
    await guestpass.addGuest("gone@example.com");
    const id = await enqueue(guestpass.server.app, "gone@example.com");
    await state(id, "sent");
    await guestpass.server.app.db("outbox").where({ id }).update({ bounced_at: guestpass.clock.now() });
    await state(id, "bounced");
    expect((await items("state=bounced")).map((mail) => mail["id"])).to.deep.equal([id]);
    expect((await items("state=sent")).map((mail) => mail["id"])).to.not.include(id);
  });
});
