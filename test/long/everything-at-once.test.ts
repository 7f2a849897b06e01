// All that an operator does to a running Guestpass, and much of what befalls one, while guests sign in: two instances of the last release behind a
// balancer are upgraded, the signing keys and the master key are rotated, the database goes away and comes back, an instance is killed.
import { expect } from "chai";
import * as oidc from "openid-client";
import { MailServer } from "../../src/testing/mail-server.ts";
import { Balancer } from "../support/balancer.ts";
import type { Answer } from "../support/browser.ts";
import { runCommand, ServerProcess } from "../support/command.ts";
import { createDatabase, databaseKind, type TestDatabase } from "../support/databases.ts";
import { eventually } from "../support/eventually.ts";
import { appOrigin, freePort, Guestpass, type RegisteredApplication, redirectUri } from "../support/guestpass.ts";
import { type Release, unpackLastRelease } from "../support/last-release.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";

const former = "a former secret of the tests, long enough";
const next = "the next secret of the tests, long enough";
/** What this version is told besides. */
const both = {
  GUESTPASS_SECRET: next,
  GUESTPASS_SECRET_PREVIOUS: former,
  GUESTPASS_KEY_PUBLISH_HOURS: "0",
  GUESTPASS_SHUTDOWN_DELAY_SECONDS: "0",
};
const guestsAtOnce = 3;

/** A page that a guest is shown instead of the next step. */
class Refused extends Error {
  readonly page: Answer;

  constructor(page: Answer) {
    super(`${page.status} ${page.title}: ${page.text}`);
    this.page = page;
  }
}

// SQLite is for one instance.
if (databaseKind === "postgres")
  describe("guests who sign in while everything happens", function () {
    this.timeout(600_000);
    let release: Release;
    let database: TestDatabase;
    let mail: MailServer;
    let proxy: TcpProxy;
    const balancer = new Balancer();
    /** By the ports on which they listen. */
    const instances = new Map<number, ServerProcess>();
    let settings: Record<string, string>;
    let service: Guestpass;
    let application: RegisteredApplication;
    let over = false;
    const entered: string[] = [];
    const refused: Refused[] = [];
    /** Requests that got no answer at all. */
    let lost = 0;
    /** Resolves once what was disturbed is as it was. */
    let calm: Promise<void> = Promise.resolve();

    before(async () => {
      release = unpackLastRelease();
      database = await createDatabase();
      mail = await new MailServer().start();
      const url = new URL(database.url);
      proxy = new TcpProxy({ host: url.hostname, port: Number(url.port || 5432) });
      url.host = `127.0.0.1:${await proxy.open()}`;
      const port = await freePort();
      const issuer = `http://localhost:${port}`;
      settings = {
        GUESTPASS_MODE: "production",
        GUESTPASS_ISSUER: issuer,
        GUESTPASS_HOST: "127.0.0.1",
        GUESTPASS_SECRET: former,
        GUESTPASS_DATABASE_URL: url.href,
        GUESTPASS_SMTP_URL: mail.url,
        GUESTPASS_MAIL_FROM: "Guest access <guests@idp.example>",
        GUESTPASS_LIMIT_CODES_PER_NETWORK: "10000/1m",
        GUESTPASS_LIMIT_CODES_PER_ADDRESS: "100/15m",
      };
      service = Object.assign(Object.create(Guestpass.prototype) as Guestpass, { mail, issuer });
      await balancer.listen(port);
    });
    after(async () => {
      over = true;
      await Promise.all([...instances.values()].map((each) => each.kill("SIGKILL")));
      await balancer.close();
      await proxy.cut();
      await mail.stop();
      await database.remove();
      release.remove();
    });

    async function start(changed: Record<string, string> = {}, script?: string): Promise<number> {
      const port = await freePort();
      instances.set(port, await ServerProcess.start({ ...settings, ...changed, GUESTPASS_PORT: String(port) }, script));
      balancer.targets = [...balancer.targets, port];
      return port;
    }

    async function stop(port: number, signal: NodeJS.Signals): Promise<void> {
      balancer.targets = balancer.targets.filter((each) => each !== port);
      await instances.get(port)?.kill(signal);
      instances.delete(port);
    }

    async function command(...args: string[]): Promise<string> {
      const { code, stdout, stderr } = await runCommand(args, { ...settings, ...both });
      expect(code, stderr).to.equal(0);
      return stdout;
    }

    async function signIn(address: string): Promise<void> {
      const browser = service.browser();
      const shown = (page: Answer) => {
        if (page.status >= 400) throw new Refused(page);
        return page;
      };
      const request = await service.authorizationRequest(application);
      const before = mail.to(address).length;
      const form = shown(await browser.open(request.url));
      const page = shown(await browser.submit(form, "/email", { email: address }));
      const submit = async (nth: number) => browser.submit(page, "/passcode", { code: await mail.code(address, before + nth) });
      const first = await submit(1);
      // The mail of an earlier try may have come first.
      const answer = shown(first.status === 422 ? await submit(2) : first);
      expect(new URL(answer.location).origin).to.equal(appOrigin);
      const tokens = await service.redeem(request, answer);
      const { email } = await oidc.fetchUserInfo(request.config, tokens.access_token, tokens.claims()?.sub as string);
      expect(email).to.equal(address);
    }

    /** One guest after the other. The second try has to work. */
    async function guestsComeIn(name: string): Promise<void> {
      for (let guest = 0; !over; guest++) {
        const address = `${name}-${guest}@example.com`;
        await signIn(address).catch(async (error: unknown) => {
          if (error instanceof Refused) refused.push(error);
          else if (error instanceof oidc.ResponseBodyError) expect(error.error).to.equal("temporarily_unavailable");
          else if (error instanceof TypeError || error instanceof oidc.ClientError) lost++;
          else throw error;
          await calm;
          await signIn(address);
        });
        entered.push(address);
      }
    }

    it("come in, at the second try at the latest; nothing is doubled, and the trail is intact", async () => {
      const [one, two] = [await start({}, release.script), await start({}, release.script)];
      const added = await runCommand(
        ["app", "add", "Files", "--id", "files", "--redirect-uri", redirectUri, "--admission", "anyone", "--first-party", "--json"],
        settings,
        release.script,
      );
      const secret = (JSON.parse(added.stdout) as { client_secret: string }).client_secret;
      application = { clientId: "files", secret, metadata: { token_endpoint_auth_method: "client_secret_basic" } } as RegisteredApplication;
      const coming = Promise.all(Array.from({ length: guestsAtOnce }, (_, guest) => guestsComeIn(`guest-${guest}`)));
      coming.catch(() => undefined);
      const moreCome = (after: string) => {
        const since = entered.length;
        return Promise.race([coming, eventually(`guests come in ${after}`, () => entered.length > since + guestsAtOnce, 60)]);
      };
      await moreCome("at the last release");

      await stop(one, "SIGTERM");
      const three = await start(both);
      await moreCome("while both versions serve");
      await stop(two, "SIGTERM");
      await start(both);
      await moreCome("after the upgrade");
      expect({ refused: refused.map(String), lost, faults: balancer.faults }, "an upgrade is not noticed").to.deep.equal({
        refused: [],
        lost: 0,
        faults: 0,
      });

      const publishedAt = async (port: number) => (await fetch(`http://127.0.0.1:${port}/jwks`)).text();
      const keysBefore = await publishedAt(three);
      await command("keys", "rotate");
      // Each instance looks once a second.
      for (const port of instances.keys())
        await eventually("the new keys are published", async () => (await publishedAt(port)) !== keysBefore, 10);
      await moreCome("after the signing keys were rotated");
      await command("secrets", "rotate");
      await moreCome("after the master key was rotated");
      expect({ refused: refused.map(String), lost, faults: balancer.faults }, "neither are new keys").to.deep.equal({
        refused: [],
        lost: 0,
        faults: 0,
      });

      const place = Number(new URL(settings["GUESTPASS_DATABASE_URL"] as string).port);
      const { promise, resolve: back } = Promise.withResolvers<void>();
      calm = promise;
      await proxy.cut();
      await eventually("guests notice", () => refused.length + lost > 0, 30);
      await proxy.open(place);
      const ready = async (port: number) => (await fetch(`http://127.0.0.1:${port}/readyz`)).status === 200;
      for (const port of instances.keys()) await eventually("it is ready again", () => ready(port), 30);
      back();
      await moreCome("after the database came back");
      for (const { page } of refused) expect(page.status, page.text).to.equal(503);

      await stop(three, "SIGKILL");
      await moreCome("after an instance was killed");
      await start(both);
      await moreCome("after it was replaced");
      over = true;
      await coming;

      for (const { page } of refused) {
        expect(page.status, page.text).to.equal(503);
        expect(page.title).to.not.equal("");
        expect(page.body).to.not.match(/\.ts:|Error:|SELECT|postgres/);
      }
      expect(await command("audit", "verify")).to.match(/intact/i);
      const directory = JSON.parse(await command("guest", "list", "--json", "--limit", "10000")) as { email: string }[];
      const addresses = directory.map(({ email }) => email);
      expect(addresses).to.have.members(entered).and.to.have.length(new Set(entered).size);
      // A mail in doubt is sent again, with the same Message-ID: that alone may come twice.
      const ids = mail.mails.map(({ parsed }) => parsed.messageId);
      expect(ids.length - new Set(ids).size).to.be.at.most(guestsAtOnce);
    });
  });
