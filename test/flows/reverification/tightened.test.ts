import { expect } from "chai";
import * as oidc from "openid-client";
import { operator } from "../../../src/audit/audit.ts";
import type { Browser } from "../../support/browser.ts";
import { ServerProcess } from "../../support/command.ts";
import { databaseKind } from "../../support/databases.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { RelyingServer } from "../../support/relying-server.ts";

interface Guest {
  sub: string;
  age: number;
  browser: Browser;
  config: oidc.Configuration;
  refreshToken: string;
}

describe("when the period is tightened from 30 to 7 days", () => {
  let guestpass: Guestpass;
  let relying: RelyingServer;
  let files: RegisteredApplication;

  beforeEach(async () => {
    relying = await new RelyingServer().start();
    guestpass = await Guestpass.start({
      GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8",
      GUESTPASS_SESSION_DAYS: "30",
      GUESTPASS_REFRESH_TOKEN_DAYS: "30",
    });
    const metadata = { backchannel_logout_uri: relying.url };
    files = await guestpass.register("files", { metadata });
  });
  afterEach(async () => {
    await guestpass.stop();
    await relying.stop();
  });

  /** Sessions of the given ages in days, the oldest first. */
  async function sessionsOf(ages: number[]): Promise<Guest[]> {
    const guests: Guest[] = [];
    for (const [index, age] of ages.entries()) {
      const browser = guestpass.browser();
      const request = await guestpass.authorizationRequest(files);
      const tokens = await guestpass.redeem(request, await guestpass.signIn(browser, request, `guest${age}@example.com`));
      guests.push({ sub: tokens.claims()?.sub ?? "", age, browser, config: request.config, refreshToken: tokens.refresh_token ?? "" });
      guestpass.clock.advance({ days: age - (ages[index + 1] ?? 0) });
    }
    return guests;
  }

  const told = () =>
    relying.received.map(({ fields }) =>
      String(JSON.parse(Buffer.from(fields["logout_token"]?.split(".")[1] ?? "", "base64url").toString()).sub),
    );
  const olderThan = (guests: Guest[], days: number) => guests.filter(({ age }) => age >= days).map(({ sub }) => sub);
  const settled = (count: number) =>
    eventually(
      `${count} logouts are settled`,
      async () => (await guestpass.server.app.db("logouts").where({ state: "delivered" })).length >= count,
    );

  async function expectAskedAgain({ browser, config, refreshToken, age }: Guest): Promise<void> {
    const { query } = await browser.open((await guestpass.authorizationRequest(files, { prompt: "none" })).url);
    const refreshed = await oidc.refreshTokenGrant(config, refreshToken).then(
      () => "refreshed",
      (error: { error: string }) => error.error,
    );
    expect([query["error"] ?? "let in", refreshed], `${age} days`).to.deep.equal(
      age >= 7 ? ["login_required", "invalid_grant"] : ["let in", "refreshed"],
    );
  }

  it("exactly the sessions that are older are asked again, refused a refresh and told once each, though the application failed twice", async function () {
    this.timeout(60_000);
    const guests = await sessionsOf([29, 22, 15, 8, 7, 6, 3, 1]);
    let failures = 2;
    relying.answer = () => (failures-- > 0 ? 500 : 200);
    await guestpass.server.app.settings.update({ reverificationDays: 7 }, operator);
    for (const guest of guests) await expectAskedAgain(guest);
    await eventually("the application has failed", () => failures <= 0);
    guestpass.clock.advance({ seconds: 15 });
    await settled(5);
    expect(told()).to.have.members(olderThan(guests, 7));
  });

  if (databaseKind === "postgres") {
    it("so it is with two instances, one of which still has the old rule in mind", async function () {
      this.timeout(60_000);
      const guests = await sessionsOf([20, 10, 9, 2]);
      const other = await Guestpass.start(
        { GUESTPASS_ISSUER: guestpass.issuer, GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8" },
        { on: guestpass },
      );
      guestpass.server.app.sessions.run(20);
      other.server.app.sessions.run(20);
      other.server.app.logouts.run(20);
      await other.server.app.settings.get();
      await guestpass.server.app.settings.update({ reverificationDays: 7 }, operator);
      await settled(3);
      expect(told()).to.have.members(olderThan(guests, 7));
      await other.server.close();
    });

    it("so it is where a process is killed while it tells the application", async function () {
      this.timeout(60_000);
      const guests = await sessionsOf([20, 10, 9, 2]);
      const { app } = guestpass.server;
      await app.logouts.stop();
      await app.sessions.stop();
      await app.settings.update({ reverificationDays: 7 }, operator);
      app.sessions.run(20);
      await eventually("the logouts are queued", async () => (await app.db("logouts")).length === 3);
      const hanging = relying.hang();
      const port = String(await freePort());
      // The child's clock is the real one: what was queued in the test's future is due there too.
      await app.db("logouts").update({ next_attempt_at: 0 });
      const child = await ServerProcess.start({ ...guestpass.settings, GUESTPASS_PORT: port });
      await hanging.asked;
      await child.kill("SIGKILL");
      hanging.over();
      guestpass.clock.advance({ minutes: 2 });
      app.logouts.run(20);
      await settled(3);
      expect(told()).to.have.members(olderThan(guests, 7));
    });
  }
});
