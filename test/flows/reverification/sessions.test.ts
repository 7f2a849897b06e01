import { expect } from "chai";
import { AdminApi } from "../../support/admin.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { opens } from "../../support/protocol.ts";
import { RelyingServer } from "../../support/relying-server.ts";

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0";

interface Session {
  id: string;
  device: string | null;
  since: string;
  applications: { client_id: string; deadline: { at: string; decided_by: string; days: number } | null }[];
}

describe("an administrator sees where a guest is signed in", () => {
  let guestpass: Guestpass;
  let relying: RelyingServer;
  let files: RegisteredApplication;
  let api: AdminApi;

  beforeEach(async () => {
    relying = await new RelyingServer().start();
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8" });
    const metadata = { backchannel_logout_uri: relying.url };
    files = await guestpass.register("files", { metadata, policy: { reverificationDays: 7 } });
    api = new AdminApi(guestpass, await guestpass.register("console", { policy: { administrator: true } }));
  });
  afterEach(async () => {
    await guestpass.stop();
    await relying.stop();
  });

  async function signIn(address: string, headers: Record<string, string> = {}) {
    const request = await guestpass.authorizationRequest(files);
    const tokens = await guestpass.redeem(request, await guestpass.signIn(guestpass.browser(headers), request, address));
    return { sub: tokens.claims()?.sub ?? "", token: tokens.access_token };
  }

  const sessionsOf = async (sub: string) => (await api.get(`/guests/${sub}/sessions`)).body["items"] as Session[];

  it("in which browser, since when, at which applications, and until when by which rule", async () => {
    const { sub } = await signIn("ada@example.com", { "user-agent": firefox });
    const [session, ...others] = await sessionsOf(sub);
    expect(others).to.deep.equal([]);
    expect(session?.device).to.equal("Firefox, Linux");
    expect(Date.parse(session?.since ?? "")).to.be.closeTo(Date.now(), 60_000);
    expect(session?.applications.map(({ client_id }) => client_id)).to.deep.equal(["files"]);
    const deadline = session?.applications[0]?.deadline;
    expect(deadline).to.include({ decided_by: "application", days: 7 });
    expect(Date.parse(deadline?.at ?? "")).to.be.closeTo(Date.now() + 7 * 86_400_000, 60_000);
  });

  it("and ends one, or all of them: tokens end too, and the application is told", async () => {
    const one = await signIn("ada@example.com");
    const other = await signIn("ada@example.com");
    const stranger = await signIn("grace@example.com");
    const [first] = await sessionsOf(one.sub);
    expect((await api.delete(`/guests/${stranger.sub}/sessions/${first?.id}`)).status, "not that guest's").to.equal(404);
    expect((await api.delete(`/guests/${one.sub}/sessions/${first?.id}`)).status).to.equal(204);
    expect((await api.delete(`/guests/${one.sub}/sessions/${first?.id}`)).status).to.equal(404);
    const open = [await opens(guestpass, one.token), await opens(guestpass, other.token)];
    expect(open.filter(Boolean)).to.have.length(1);
    expect((await api.delete(`/guests/${one.sub}/sessions`)).status).to.equal(204);
    expect([await opens(guestpass, one.token), await opens(guestpass, other.token)]).to.deep.equal([false, false]);
    expect(await opens(guestpass, stranger.token)).to.equal(true);
    await eventually("two logouts", () => relying.received.length >= 2);
    expect(await sessionsOf(one.sub)).to.deep.equal([]);
  });

  it("and an application does not", async () => {
    const { sub } = await signIn("ada@example.com");
    const own = new AdminApi(guestpass, files);
    expect((await own.get(`/guests/${sub}/sessions`)).status).to.equal(403);
  });
});
