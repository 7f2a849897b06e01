import { setTimeout as wait } from "node:timers/promises";
import { expect } from "chai";
import type { Browser } from "../../support/browser.ts";
import { ServerProcess } from "../../support/command.ts";
import { freePort, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { RelyingServer } from "../../support/relying-server.ts";

const rounds = 2;

describe("a process that is killed at any moment leaves no application untold", () => {
  let guestpass: Guestpass;
  let relying: RelyingServer;
  let files: RegisteredApplication;
  let other: RegisteredApplication;
  let settings: Record<string, string>;

  before(async () => {
    relying = await new RelyingServer().start();
    relying.answer = () => 500;
    const base = await Guestpass.start();
    files = await base.register("files");
    const metadata = { backchannel_logout_uri: relying.url };
    other = await base.register("other", { metadata });
    const port = String(await freePort());
    settings = {
      ...base.settings,
      GUESTPASS_PORT: port,
      GUESTPASS_ISSUER: `http://localhost:${port}`,
      GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8",
    };
    guestpass = base.at(settings["GUESTPASS_ISSUER"] as string);
  });
  after(async () => {
    await guestpass.stop();
    await relying.stop();
  });

  /** At both applications. @returns what the second one was told: who signed in, and the session there */
  async function signIn(browser: Browser, address: string) {
    await guestpass.signIn(browser, await guestpass.authorizationRequest(files), address);
    const request = await guestpass.authorizationRequest(other);
    const tokens = await guestpass.redeem(request, await browser.open(request.url));
    return { idToken: tokens.id_token ?? "", sub: tokens.claims()?.sub ?? "", sid: String(tokens.claims()?.["sid"]) };
  }

  /** Whether somebody will tell the application: a session that is kept is told of when it is over. */
  async function remembered({ sub, sid }: { sub: string; sid: string }): Promise<boolean> {
    const { db } = guestpass.server.app;
    const sessions: { payload: string }[] = await db("oidc_artifacts")
      .where({ model: "Session", account_id: sub })
      .whereNotNull("check_at");
    const queued = await db("logouts").where({ sid });
    return queued.length > 0 || sessions.some(({ payload }) => payload.includes(sid));
  }

  async function killWhile(work: () => Promise<unknown>, running: ServerProcess): Promise<void> {
    const working = Promise.allSettled([work()]);
    await wait(Math.random() * 150);
    await running.kill("SIGKILL");
    await working;
  }

  for (let round = 1; round <= rounds; round++) {
    it(`that its guest signs out, though it did not take the news at once: round ${round}`, async () => {
      const running = await ServerProcess.start(settings);
      const browser = guestpass.browser();
      const signedIn = await signIn(browser, `out${round}@example.com`);
      const page = await browser.open(`${guestpass.issuer}/session/end?id_token_hint=${signedIn.idToken}`);
      await killWhile(() => browser.submit(page, "/session/end/confirm", { logout: "yes" }), running);
      expect(await remembered(signedIn)).to.equal(true);
    });

    it(`that its guest is due, though the guest was just signing in anew: round ${round}`, async () => {
      const running = await ServerProcess.start(settings);
      const browser = guestpass.browser();
      const address = `again${round}@example.com`;
      const signedIn = await signIn(browser, address);
      const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(files, { prompt: "login" }), address);
      const code = await guestpass.mail.code(address, 2);
      await killWhile(() => browser.submit(page, "/passcode", { code }), running);
      expect(await remembered(signedIn)).to.equal(true);
    });
  }
});
