import { setTimeout as wait } from "node:timers/promises";
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

/** In days, the oldest first. */
const everyAge = Array.from({ length: 29 }, (_, index) => 29 - index);

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

  /** @param age in days, that the session is to have: it names the guest */
  async function signIn(age: number): Promise<Guest> {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(files);
    const tokens = await guestpass.redeem(request, await guestpass.signIn(browser, request, `guest${age}@example.com`));
    return { sub: tokens.claims()?.sub ?? "", age, browser, config: request.config, refreshToken: tokens.refresh_token ?? "" };
  }

  /** Sessions of the given ages in days, the oldest first. */
  async function sessionsOf(ages: number[]): Promise<Guest[]> {
    const guests: Guest[] = [];
    for (const [index, age] of ages.entries()) {
      guests.push(await signIn(age));
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

  /** Then the clock can be moved: it ends the lease of what is being told at that moment, which another one then tells again. */
  const noted = (failures: number) =>
    eventually(`${failures} failures are on record, and nothing is under way`, async () => {
      const logouts = () => guestpass.server.app.db("logouts");
      return (await logouts().whereNotNull("last_error")).length >= failures && (await logouts().where({ attempts: 0 })).length === 0;
    });

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
    this.timeout(300_000);
    const guests = await sessionsOf(everyAge);
    let failures = 2;
    relying.answer = () => (failures-- > 0 ? 500 : 200);
    await guestpass.server.app.settings.update({ reverificationDays: 7 }, operator);
    for (const guest of guests) await expectAskedAgain(guest);
    await noted(2);
    // A session that was in use when it was looked at is looked at again within a minute.
    guestpass.clock.advance({ minutes: 2 });
    await settled(23);
    expect(told()).to.have.members(olderThan(guests, 7));
  });

  it("also where processes are killed at any moment, except that what was just being told may be told again", async function () {
    this.timeout(300_000);
    const { app } = guestpass.server;
    await app.sessions.stop();
    await app.logouts.stop();
    const guests: Guest[] = [];
    for (const age of everyAge) {
      const guest = await signIn(age);
      // The processes that are killed have the real time: here the proof is older, not the clock later.
      await app
        .db("mailboxes")
        .where({ guest_sub: guest.sub })
        .update({ verified_at: Date.now() - age * 86_400_000 });
      guests.push(guest);
    }
    await app.settings.update({ reverificationDays: 7 }, operator);
    for (let kills = 0; kills < 2; kills++) {
      const child = await ServerProcess.start({ ...guestpass.settings, GUESTPASS_PORT: String(await freePort()) });
      // It looks at sessions and logouts once a second: this is around the first time.
      await wait(900 + Math.random() * 600);
      await child.kill("SIGKILL");
    }
    guestpass.clock.advance({ minutes: 2 });
    app.sessions.run(20);
    app.logouts.run(20);
    await settled(23);
    expect([...new Set(told())]).to.have.members(olderThan(guests, 7));
    expect(told().length, "twice at the most for each of a batch that was under way").to.be.at.most(23 + 2 * 20);
    expect(await app.db("logouts")).to.have.length(23);
    for (const guest of guests) await expectAskedAgain(guest);
  });

  if (databaseKind === "postgres") {
    it("also with two instances, one of which still has the old rule in mind, and an application that failed twice", async function () {
      this.timeout(300_000);
      const guests = await sessionsOf(everyAge);
      const other = await Guestpass.start(
        { GUESTPASS_ISSUER: guestpass.issuer, GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8" },
        { on: guestpass },
      );
      for (const { server } of [guestpass, other]) {
        server.app.sessions.run(20);
        server.app.logouts.run(20);
      }
      let failures = 2;
      relying.answer = () => (failures-- > 0 ? 500 : 200);
      await other.server.app.settings.get();
      await guestpass.server.app.settings.update({ reverificationDays: 7 }, operator);
      await settled(21);
      await noted(2);
      guestpass.clock.advance({ minutes: 2 });
      await settled(23);
      expect(told()).to.have.members(olderThan(guests, 7));
      await other.server.close();
    });

    it("also where a process is killed while it tells the application", async function () {
      this.timeout(300_000);
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
