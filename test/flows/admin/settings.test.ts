import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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

  it("are refused where they contradict each other", async () => {
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

describe("the server's own settings through the administration API", () => {
  it("are the values in effect, with where each was given, and no secret", async () => {
    const folder = await mkdtemp(join(tmpdir(), "guestpass-"));
    const file = join(folder, "guestpass.json");
    await writeFile(file, JSON.stringify({ session: { days: 3 }, organisation: "From the file" }));
    const metrics = "a-token-for-metrics-of-32-characters";
    const guestpass = await Guestpass.start({
      GUESTPASS_CONFIG: file,
      GUESTPASS_ORGANISATION: "Acme",
      GUESTPASS_METRICS_TOKEN: metrics,
      GUESTPASS_LIMIT_CODES_PER_ADDRESS: "5/15m,20/1h",
    });
    try {
      const { admin } = await startWithAdmin(guestpass);
      const answer = await admin.get("/configuration");
      const items = answer.body["items"] as { variable: string; path: string; value: string | null; source: string }[];
      const read = (name: string) => items.find(({ variable }) => variable === name);
      expect(read("GUESTPASS_SESSION_DAYS")).to.include({ path: "session.days", value: "3", source: "file" });
      expect(read("GUESTPASS_ORGANISATION")).to.include({ value: "Acme", source: "environment" });
      expect(read("GUESTPASS_LIMIT_CODES_PER_ADDRESS")).to.include({ value: "5/15m,20/1h", source: "environment" });
      expect(read("GUESTPASS_PASSCODE_DIGITS")).to.include({ value: "6", source: "default" });
      expect(read("GUESTPASS_PRIVACY_URL")).to.include({ value: null, source: "default" });
      expect(read("GUESTPASS_METRICS_TOKEN")).to.include({ value: "***", source: "environment" });
      for (const secret of [metrics, guestpass.server.app.config.secret]) expect(JSON.stringify(answer.body)).not.to.contain(secret);
    } finally {
      await guestpass.stop();
      await rm(folder, { recursive: true });
    }
  });
});
