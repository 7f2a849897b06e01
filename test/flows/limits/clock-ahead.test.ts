import { expect } from "chai";
import * as alerts from "../../../src/alerts/alert-store.ts";
import { CircuitBreaker } from "../../../src/outbox/circuit-breaker.ts";
import { RateLimit } from "../../../src/outbox/rate-limit.ts";
import { AdminApi, startWithAdmin, tokenFor } from "../../support/admin.ts";
import { eventually } from "../../support/eventually.ts";
import type { AuthorizationRequest, Guestpass, RegisteredApplication } from "../../support/guestpass.ts";
import { browserAt, mailsSent, network, startLimited } from "../../support/limits.ts";
import { verdict } from "../../support/passcodes.ts";

const year = 365 * 24 * 3_600_000;

for (const days of [1, 365])
  describe(`after a clock that was ahead by ${days} days was put right`, () => {
    let guestpass: Guestpass;
    let request: AuthorizationRequest;
    let files: RegisteredApplication;
    let console: RegisteredApplication;

    before(async () => {
      guestpass = await startLimited({ GUESTPASS_LIMIT_MAILS_PER_APPLICATION: "3/5m" });
      request = await guestpass.authorizationRequest(await guestpass.register("open"));
      const { applications } = await startWithAdmin(guestpass);
      files = applications.files;
      console = applications.administrator;
    });
    after(() => guestpass.stop());

    /** Does the work while the clock is ahead. */
    async function whileAhead<T>(work: () => Promise<T>): Promise<T> {
      guestpass.clock.advance({ days });
      try {
        return await work();
      } finally {
        guestpass.clock.advance({ days: -days });
      }
    }

    it("an address that has had its codes gets another one, and its guest is told of no wait", async () => {
      const ask = async () => {
        const browser = browserAt(guestpass, network(1));
        const page = await browser.open(request.url);
        return { browser, answer: await browser.post(page, "/email", { email: "ada@example.com" }) };
      };
      const { browser, answer } = await whileAhead(async () => {
        const asked = await ask();
        for (let times = 0; times < 25; times++) {
          guestpass.clock.advance({ seconds: 1 });
          await ask();
        }
        guestpass.clock.advance({ seconds: -25 });
        return asked;
      });
      expect((await browser.follow(answer)).text).to.not.contain("You can ask for another code in");
      expect((await ask()).answer.status).to.equal(303);
    });

    it("a code that was handed over then is not good until then", async () => {
      const browser = browserAt(guestpass, network(2));
      const page = await whileAhead(async () => {
        const asked = await guestpass.askForCode(browser, request, "grace@example.com");
        await guestpass.mail.wait("grace@example.com");
        await eventually("it is noted as sent", async () => {
          const [mail] = await guestpass.server.app.db("outbox").where({ recipient: "grace@example.com" });
          return mail?.state === "sent";
        });
        return asked;
      });
      const answer = await browser.post(page, "/passcode", { code: await guestpass.mail.code("grace@example.com") });
      expect(verdict(answer)).to.equal("not right");
      expect(answer.text).to.contain("too old");
    });

    it("a mail that was put off is tried soon", async () => {
      guestpass.mail.answerToMail = () => ({ code: 451, text: "try later" });
      try {
        await whileAhead(async () => {
          await guestpass.askForCode(browserAt(guestpass, network(3)), request, "put-off@example.com");
          await eventually("it is put off", async () => {
            const [mail] = await guestpass.server.app.db("outbox").where({ recipient: "put-off@example.com" });
            return mail?.attempts > 0;
          });
        });
      } finally {
        guestpass.mail.answerToMail = () => undefined;
      }
      await guestpass.mail.wait("put-off@example.com");
      const [mail] = await guestpass.server.app.db("outbox").where({ recipient: "put-off@example.com" });
      expect(Number(mail?.expires_at)).to.be.below(guestpass.clock.now() + 12 * 3_600_000);
    });

    it("an invitation that was to wait for its turn is mailed", async () => {
      const api = new AdminApi(guestpass, files);
      await whileAhead(async () => {
        for (let index = 0; index < 5; index++) await api.post("/invitations", { email: `turn${index}@example.com` });
      });
      for (let index = 0; index < 5; index++) await guestpass.mail.wait(`turn${index}@example.com`);
    });

    it("a sponsor who was asked for a fresh invitation can be asked again", async () => {
      const invited = { email: "ida@example.com", sponsor_email: "sponsor@example.org", send_mail: false };
      const api = new AdminApi(guestpass, files);
      const { body } = await api.post("/invitations", invited);
      await api.post(`/invitations/${body["id"]}/revoke`);
      const ask = async () => {
        const browser = browserAt(guestpass, network(4));
        const link = String(body["link"]).replace(guestpass.server.app.config.issuer, guestpass.issuer);
        return (await browser.post(await browser.open(link), "/ask")).status;
      };
      expect(await whileAhead(ask)).to.equal(200);
      const before = await mailsSent(guestpass);
      expect(await ask()).to.equal(200);
      expect(await mailsSent(guestpass)).to.equal(before + 1);
    });

    it("a token that was issued then is refused, and a new one is", async () => {
      const asks = async (token: string) => {
        const answer = await fetch(`${guestpass.issuer}/admin/invitations`, { headers: { authorization: `Bearer ${token}` } });
        return answer.status;
      };
      const token = await whileAhead(async () => {
        const issued = await tokenFor(guestpass, files);
        expect(await asks(issued)).to.equal(200);
        return issued;
      });
      expect(await asks(token)).to.equal(401);
      expect(await asks(await tokenFor(guestpass, files))).to.equal(200);
    });

    it("what another process changes about an application or the settings is noticed within a second", async () => {
      const open = () => browserAt(guestpass, network(6)).open(request.url);
      await whileAhead(async () => guestpass.askForCode(browserAt(guestpass, network(6)), request, "eve@before.example"));
      const other = await startLimited({}, { on: guestpass });
      try {
        const admin = new AdminApi(guestpass.at(other.issuer), console);
        expect((await admin.patch("/applications/open", { name: "Renamed" })).status).to.equal(200);
        expect((await admin.patch("/settings", { deny_domains: ["denied.example"] })).status).to.equal(200);
      } finally {
        await other.server.close();
      }
      guestpass.clock.advance({ seconds: 1 });
      expect((await open()).text).to.contain("Renamed");
      await guestpass.askForCode(browserAt(guestpass, network(6)), request, "eve@denied.example");
      const [mail] = await guestpass.mail.wait("eve@denied.example");
      expect(mail?.parsed.text).to.not.match(/\d{6}/);
    });

    it("a logout that was put off, or leased, is taken up soon", async () => {
      const { db } = guestpass.server.app;
      const at = guestpass.clock.now();
      const row = { client_id: "nobody", sub: "s", state: "queued", attempts: 1, created_at: at };
      const ahead = at + days * 24 * 3_600_000;
      await db("logouts").insert([
        { ...row, id: `put-off-${days}`, sid: "1", next_attempt_at: ahead, leased_until: 0 },
        { ...row, id: `leased-${days}`, sid: "2", next_attempt_at: at, leased_until: ahead, leased_by: "gone" },
      ]);
      await eventually("both are settled: that application cannot be told", async () => {
        const states = await db("logouts").where({ client_id: "nobody" }).pluck("state");
        return states.length === 2 && states.every((state) => state === "not-registered");
      });
    });

    it("a session is looked at again: its proof counts for nothing, and it is over", async () => {
      const { db } = guestpass.server.app;
      const sessions = () => db("oidc_artifacts").where({ model: "Session" }).whereNotNull("check_at");
      await whileAhead(async () => {
        await guestpass.signIn(browserAt(guestpass, network(5)), request, "session@example.com");
        await sessions().update({ check_at: 1 });
        await eventually(
          "it is looked at",
          async () => (await sessions().where("check_at", ">", guestpass.clock.now() + 3_600_000)).length > 0,
        );
      });
      await eventually("it is over", async () => (await sessions()).length === 0);
    });

    it("administrators are alerted of the same once more", async () => {
      const { db } = guestpass.server.app;
      const now = guestpass.clock.now();
      const claim = (at: number) => alerts.claim(db, "subject", at, at - 24 * 3_600_000, 1);
      expect(await claim(now + days * 24 * 3_600_000 + 60_000)).to.equal(true);
      expect(await claim(now)).to.equal(true);
      expect(await claim(now), "and not twice").to.equal(false);
    });
  });

describe("what a process remembers of the clock", () => {
  let at = year;
  const clock = { now: () => at };

  it("keeps no mail off a server for longer than a minute after the clock was put right", () => {
    const breaker = new CircuitBreaker(clock);
    for (let times = 0; times < 5; times++) breaker.failed();
    expect(breaker.state).to.equal("open");
    at -= 3_600_000;
    expect(breaker.state).to.equal("half-open");
  });

  it("lets as many mails leave in a minute as before", () => {
    const rate = new RateLimit(clock, 60);
    at -= 3_600_000;
    expect(rate.freeAt).to.be.at.most(at + 1000);
  });
});
