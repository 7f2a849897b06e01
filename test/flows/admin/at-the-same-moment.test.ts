import { expect } from "chai";
import { type AdminApi, type ApiAnswer, startWithAdmin } from "../../support/admin.ts";
import { Guestpass } from "../../support/guestpass.ts";

const rounds = Array.from({ length: 12 }, (_, round) => round);

describe("changes of one guest at the same moment", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: AdminApi;
  let other: AdminApi;

  before(async () => {
    guestpass = await Guestpass.start();
    ({ admin, files, other } = await startWithAdmin(guestpass));
    for (const api of [admin, files, other]) await api.get("/guests");
  });
  after(() => guestpass.stop());

  /** A guest with a second address. */
  const add = async (email: string, second: string) => {
    const { body } = await admin.post("/guests", { email });
    await admin.post(`/guests/${body["sub"]}/aliases`, { email: second });
    return String(body["sub"]);
  };
  const invite = (api: AdminApi, email: string) => api.post("/invitations", { email, send_mail: false });
  /** @param sub the guest whom the invitations are for now */
  const expectKept = async (answers: ApiAnswer[], sub?: string) => {
    for (const { status, body } of answers) {
      expect(status).to.equal(201);
      if (sub !== undefined) expect((await admin.get(`/invitations/${body["id"]}`)).body["sub"]).to.equal(sub);
    }
  };

  for (const round of rounds) {
    it(`leave the guest a primary address, though one is made primary while it is removed (${round})`, async () => {
      const sub = await add(`one${round}@work.example`, `two${round}@work.example`);
      const [removed, promoted] = await Promise.all([
        admin.post(`/guests/${sub}/aliases/remove`, { email: `two${round}@work.example` }),
        admin.post(`/guests/${sub}/aliases/make-primary`, { email: `two${round}@work.example` }),
      ]);
      expect(`${removed.status} ${promoted.status}`).to.be.oneOf(["200 404", "409 200"]);
      const kept = removed.status === 200 ? `one${round}@work.example` : `two${round}@work.example`;
      expect((await admin.get(`/guests/${sub}`)).body).to.include({ email: kept });
    });

    it(`lose no invitation where the guest is merged into another (${round})`, async () => {
      const [lost, sub] = [await add(`a${round}@work.example`, `b${round}@work.example`), await guestpass.addGuest(`c${round}@x.example`)];
      const [one, , two, three] = await Promise.all([
        invite(files, `a${round}@work.example`),
        admin.post(`/guests/${sub}/merge`, { lost_sub: lost }),
        invite(other, `a${round}@work.example`),
        invite(files, `b${round}@work.example`),
      ]);
      await expectKept([one, two, three], sub);
    });

    it(`never fail an invitation where the address is taken from the guest, or the guest is erased (${round})`, async () => {
      const [sub, erased] = [
        await add(`d${round}@work.example`, `e${round}@work.example`),
        await guestpass.addGuest(`f${round}@x.example`),
      ];
      const [one, , two, three] = await Promise.all([
        invite(files, `e${round}@work.example`),
        admin.post(`/guests/${sub}/aliases/remove`, { email: `e${round}@work.example` }),
        invite(files, `f${round}@x.example`),
        invite(other, `f${round}@x.example`),
        admin.delete(`/guests/${erased}`),
      ]);
      await expectKept([one, two, three]);
    });
  }
});
