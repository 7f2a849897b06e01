import { expect } from "chai";
import { createDatabase, databaseKind } from "../../support/databases.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { TcpProxy } from "../../support/tcp-proxy.ts";

describe("the health of a process", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  async function answer(path: string, of = guestpass): Promise<{ status: number; body: unknown }> {
    const response = await fetch(of.issuer + path);
    return { status: response.status, body: await response.json() };
  }

  it("is answered at /healthz and /readyz", async () => {
    expect(await answer("/healthz")).to.deep.equal({ status: 200, body: { status: "ok" } });
    expect(await answer("/readyz")).to.deep.equal({ status: 200, body: { status: "ready" } });
  });

  it("is answered behind an https issuer too, where probes come past the proxy", async () => {
    const behind = await Guestpass.start(
      { GUESTPASS_ISSUER: "https://guests.example.com", GUESTPASS_TRUSTED_PROXIES: "192.0.2.1" },
      { on: guestpass },
    );
    expect((await answer("/healthz", behind)).status).to.equal(200);
    expect((await answer("/readyz", behind)).status).to.equal(200);
    expect((await fetch(`${behind.issuer}/.well-known/openid-configuration`)).status).to.equal(421);
    await behind.server.close();
  });

  it("is told in detail to whoever has the token of the metrics, and to nobody else", async () => {
    const token = "a-token-of-the-metrics-that-is-long-enough";
    expect((await fetch(`${guestpass.issuer}/readyz?detail`)).status, "where there is no token").to.equal(401);
    const watched = await Guestpass.start({ GUESTPASS_METRICS_TOKEN: token }, { on: guestpass });
    const ask = (authorization?: string) => fetch(`${watched.issuer}/readyz?detail`, authorization ? { headers: { authorization } } : {});
    expect((await ask()).status).to.equal(401);
    expect((await ask("Bearer another-token-that-is-just-as-long-as-it")).status).to.equal(401);
    expect(await (await ask(`Bearer ${token}`)).json()).to.have.property("mail");
    expect((await fetch(`${watched.issuer}/readyz`)).status).to.equal(200);
    await watched.server.close();
  });

  it("is not ready while its database can be read but not written, and is again once it can", async () => {
    const reading = await Guestpass.start({ GUESTPASS_DATABASE_POOL: "1" }, { on: guestpass });
    const only = (reads: boolean) =>
      reading.server.app.db.raw(
        databaseKind === "sqlite" ? `PRAGMA query_only = ${reads}` : `SET default_transaction_read_only = ${reads}`,
      );
    await only(true);
    expect(await answer("/readyz", reading)).to.deep.equal({ status: 503, body: { status: "not ready" } });
    await only(false);
    expect((await answer("/readyz", reading)).status).to.equal(200);
    await reading.server.close();
  });

  it("is not ready while it drains, though it lives", async () => {
    const draining = await Guestpass.start({}, { on: guestpass });
    draining.server.app.drain();
    expect(await answer("/readyz", draining)).to.deep.equal({ status: 503, body: { status: "not ready" } });
    expect((await answer("/healthz", draining)).status).to.equal(200);
    await draining.server.close();
  });

  if (databaseKind === "postgres") {
    it("is not ready while its database is out of reach, and is again when that is back", async () => {
      const database = await createDatabase();
      const url = new URL(database.url);
      const proxy = new TcpProxy({ host: url.hostname, port: Number(url.port || 5432) });
      url.hostname = "127.0.0.1";
      url.port = String(await proxy.open());
      const cutOff = await Guestpass.start({ GUESTPASS_DATABASE_URL: url.href }, { on: guestpass });
      expect((await answer("/readyz", cutOff)).status).to.equal(200);
      await proxy.cut();
      expect(await answer("/readyz", cutOff)).to.deep.equal({ status: 503, body: { status: "not ready" } });
      expect((await answer("/healthz", cutOff)).status).to.equal(200);
      await proxy.open(Number(url.port));
      await eventually("it is ready again", async () => (await answer("/readyz", cutOff)).status === 200);
      proxy.freeze();
      const probes = await Promise.all([1, 2, 3].map(() => answer("/readyz", cutOff)));
      expect(
        probes.map(({ status }) => status),
        "nobody says that it is cut",
      ).to.deep.equal([503, 503, 503]);
      await proxy.cut();
      await cutOff.server.close();
      await database.remove();
    });
  } else {
    it("is not ready once its database is gone", async () => {
      const gone = await Guestpass.start({}, { on: guestpass });
      await gone.server.app.db.destroy();
      expect(await answer("/readyz", gone)).to.deep.equal({ status: 503, body: { status: "not ready" } });
      expect((await answer("/healthz", gone)).status).to.equal(200);
      await gone.server.close();
    });
  }
});
