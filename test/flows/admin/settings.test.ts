import { expect } from "chai";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Guestpass } from "../../support/guestpass.ts";

describe("settings through the administration API", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    ({ admin } = await startWithAdmin(guestpass));
  });
  afterEach(() => guestpass.stop());

  it("are read and changed; what is not given stays", async () => {
    expect((await admin.get("/settings")).body).to.deep.equal({
      allow_domains: [],
      deny_domains: [],
      reverification_days: 30,
      invitation_days: 14,
    });
    const changed = await admin.patch("/settings", { deny_domains: ["BAD.example", "*.Bücher.example"], reverification_days: 0.25 });
    expect(changed.body).to.deep.equal({
      allow_domains: [],
      deny_domains: ["bad.example", "*.xn--bcher-kva.example"],
      reverification_days: 0.25,
      invitation_days: 14,
    });
    const read = await admin.get("/settings");
    expect([read.body, read.headers.get("etag")]).to.deep.equal([changed.body, changed.headers.get("etag")]);
  });

  for (const given of [3, 0.7777777])
    it(`decide how long a new invitation can be redeemed: ${given} days`, async () => {
      await admin.patch("/settings", { invitation_days: given });
      const { body } = await admin.post("/invitations", { email: "ada@example.com", client_id: "files", send_mail: false });
      const days = (Date.parse(String(body["redeem_by"])) - Date.parse(String(body["created_at"]))) / 86_400_000;
      expect(days).to.be.closeTo(given, 0.001);
    });

  it("are refused where they make no sense", async () => {
    for (const bad of [
      { reverification_days: 0 },
      { reverification_days: 4000 },
      { reverification_days: "30" },
      { invitation_days: -1 },
      { allow_domains: ["example"] },
      { deny_domains: ["*"] },
      { deny_domains: "bad.example" },
      { passcode_minutes: 60 },
    ])
      expect((await admin.patch("/settings", bad)).status, JSON.stringify(bad)).to.equal(400);
  });

  it("are changed by exactly one of those who read the same version, the first time too", async () => {
    for (let round = 0; round < 2; round++) {
      const etag = (await admin.get("/settings")).headers.get("etag") as string;
      const answers = await Promise.all(
        [1, 2, 3, 4].map((days) => admin.patch("/settings", { invitation_days: days + round }, { "if-match": etag })),
      );
      expect(answers.map(({ status }) => status).sort()).to.deep.equal([200, 412, 412, 412]);
    }
  });

  it("lose no change where several change different ones at once", async () => {
    await Promise.all([
      admin.patch("/settings", { invitation_days: 3 }),
      admin.patch("/settings", { reverification_days: 4 }),
      admin.patch("/settings", { deny_domains: ["bad.example"] }),
      admin.patch("/settings", { allow_domains: ["good.example"] }),
    ]);
    expect((await admin.get("/settings")).body).to.deep.equal({
      allow_domains: ["good.example"],
      deny_domains: ["bad.example"],
      reverification_days: 4,
      invitation_days: 3,
    });
  });
});
