import { expect } from "chai";
import { type AdminApi, startWithAdmin } from "../../support/admin.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { endpoints, post } from "../../support/protocol.ts";

interface Refusal {
  client_id: string | null;
  reason: string;
  times: number;
  first_at: string;
  last_at: string;
}

describe("a request refused by the token endpoint", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: RegisteredApplication;

  beforeEach(async () => {
    guestpass = await Guestpass.start();
    const started = await startWithAdmin(guestpass);
    admin = started.admin;
    files = started.applications.files;
  });
  afterEach(() => guestpass.stop());

  const list = async (query = "") => (await admin.get(`/token-refusals${query}`)).body["items"] as Refusal[];
  const times = async (query = "") => (await list(query)).reduce((sum, each) => sum + each.times, 0);
  const exchange = (code: string) =>
    post(guestpass, endpoints.token, files, { grant_type: "authorization_code", code, redirect_uri: "https://app.example/" });

  it("can be looked up by application, with when, how often and why; nothing that was sent is in it", async () => {
    await exchange("secret-code-1");
    guestpass.clock.advance({ minutes: 5 });
    await exchange("secret-code-2");
    await post(guestpass, endpoints.token, { ...files, secret: "wrong-secret" } as RegisteredApplication, {
      grant_type: "client_credentials",
    });
    await post(guestpass, endpoints.token, { ...files, clientId: "nobody-known" } as RegisteredApplication, {
      grant_type: "client_credentials",
    });
    await eventually("all are there", async () => (await times()) === 4);
    const of = await list("?client_id=files");
    expect(of.map((each) => [each.client_id, each.times])).to.have.deep.members([
      ["files", 2],
      ["files", 1],
    ]);
    const codes = of.find((each) => each.times === 2);
    expect(codes?.reason).to.match(/^invalid_grant: .*authorization code not found/);
    expect(Date.parse(String(codes?.last_at)) - Date.parse(String(codes?.first_at))).to.be.within(299_000, 305_000);
    expect((await list()).find((each) => each.client_id === null)?.reason).to.match(/^invalid_client: /);
    expect(JSON.stringify(await list())).not.to.match(/secret-code|wrong-secret|nobody-known/);
  });

  it("is kept for 30 days, and in one row however often it comes", async () => {
    await Promise.all(Array.from({ length: 30 }, (_, index) => exchange(`code-${index}`)));
    await eventually("they are counted", async () => (await times()) === 30);
    expect(await list()).to.have.length(1);
    const { refusals } = guestpass.server.app;
    for (let index = 0; index < 80; index++) refusals.note("files", `invalid_scope: ${index}`);
    await refusals.stop();
    expect((await admin.get("/token-refusals?limit=500")).body["items"]).to.have.length(50);
    guestpass.clock.advance({ days: 31 });
    await guestpass.server.app.sweep();
    expect(await guestpass.server.app.db("token_refusals")).to.deep.equal([]);
  });
});
