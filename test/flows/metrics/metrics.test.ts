import { expect } from "chai";
import { startWithAdmin } from "../../support/admin.ts";
import { eventually } from "../../support/eventually.ts";
import { type AuthorizationRequest, Guestpass } from "../../support/guestpass.ts";
import { browserAt, network } from "../../support/limits.ts";
import { wrongCodes } from "../../support/passcodes.ts";

const token = "a-token-for-metrics-that-is-long-enough";

const metricsOf = (guestpass: Guestpass, authorization = `Bearer ${token}`) =>
  fetch(`${guestpass.issuer}/metrics`, { headers: authorization ? { authorization } : {} });

/** Name and labels -> value. */
async function valuesOf(guestpass: Guestpass): Promise<Map<string, number>> {
  const lines = (await (await metricsOf(guestpass)).text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]));
}

describe("metrics", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start({
      GUESTPASS_METRICS_TOKEN: token,
      GUESTPASS_LIMIT_CODES_PER_ADDRESS: "2/1h",
      GUESTPASS_ALERT_TO: "admin@idp.example",
    });
  });
  after(() => guestpass.stop());

  const ask = (authorization?: string) => metricsOf(guestpass, authorization);
  const read = () => valuesOf(guestpass);

  it("say how many rows the audit trail has: more with each thing done, and no number once its end was changed", async () => {
    const { app } = guestpass.server;
    const rows = async () => {
      await app.audit.seal();
      return (await read()).get("guestpass_audit_rows");
    };
    await guestpass.register("counted");
    const before = await rows();
    expect(before)
      .to.equal(await app.audit.height())
      .and.to.be.greaterThan(0);
    await guestpass.register("counted-too");
    expect(await rows()).to.equal(Number(before) + 1);
    const [head] = await app.db("audit_head");
    await app.db("audit_head").update({ position: 1 });
    expect((await read()).get("guestpass_audit_rows")).to.be.NaN;
    await app.db("audit_head").update({ position: head.position });
    expect(await rows()).to.equal(Number(before) + 1);
  });

  it("are for whoever has the token", async () => {
    const answer = await ask();
    expect(answer.status).to.equal(200);
    expect(answer.headers.get("content-type")).to.match(/^text\/plain; version=0\.0\.4/);
    for (const other of ["", "Bearer wrong", `Basic ${token}`]) {
      const refused = await ask(other);
      expect(refused.status, other).to.equal(401);
      expect(refused.headers.get("www-authenticate"), other).to.equal("Bearer");
      expect(await refused.text(), other).to.not.contain("guestpass_");
    }
  });

  it("count sign-ins, codes, mails, limits, requests and housekeeping", async () => {
    const application = await guestpass.register("files");
    const request = await guestpass.authorizationRequest(application);
    const browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, request, "ada@example.com");
    const code = await guestpass.mail.code("ada@example.com", 1);
    await browser.post(page, "/passcode", { code: wrongCodes(code, 1)[0] as string });
    await browser.post(page, "/passcode", { code });
    for (let times = 0; times < 2; times++) await guestpass.askForCode(guestpass.browser(), request, "ada@example.com");
    await guestpass.server.app.sweep();
    const accepted = 'guestpass_mail_attempts_total{kind="passcode",route="smtp",outcome="accepted"}';
    await eventually("the mails are counted", async () => (await read()).get(accepted) === 2);
    const values = await read();
    const expected = {
      'guestpass_sign_ins_total{outcome="started"}': 3,
      'guestpass_sign_ins_total{outcome="finished"}': 1,
      'guestpass_codes_total{outcome="asked"}': 2,
      'guestpass_codes_total{outcome="wrong"}': 1,
      'guestpass_codes_total{outcome="accepted"}': 1,
      'guestpass_limits_reached_total{limit="codes-per-address"}': 1,
      'guestpass_mail_hand_over_seconds_count{kind="passcode"}': 2,
      'guestpass_mail_route_open{route="smtp"}': 0,
      'guestpass_sweeps_total{outcome="done"}': 1,
      'guestpass_http_request_seconds_count{method="POST",route="/interaction/:uid/passcode",status="303"}': 1,
      'guestpass_http_request_seconds_count{method="GET",route="/auth",status="303"}': 3,
    };
    for (const [name, value] of Object.entries(expected)) expect(values.get(name), name).to.equal(value);
    expect([...values.keys()].join("\n"))
      .to.contain("process_cpu_seconds_total")
      .and.contain("nodejs_eventloop_lag");
  });

  it("count waiting mail, and of a route that does not answer", async () => {
    guestpass.mail.answer = () => ({ code: 451, text: "later" });
    await guestpass.askForCode(
      guestpass.browser(),
      await guestpass.authorizationRequest(await guestpass.register("photos")),
      "grace@example.com",
    );
    await eventually("it waits", async () => {
      const values = await read();
      return (
        values.get("guestpass_outbox_mails") === 1 &&
        values.has('guestpass_mail_attempts_total{kind="passcode",route="smtp",outcome="delayed"}')
      );
    });
    guestpass.clock.advance({ minutes: 2 });
    expect((await read()).get("guestpass_outbox_oldest_seconds")).to.be.at.least(120);
    guestpass.mail.answer = () => undefined;
  });

  it("count mailboxes that refuse mail, and that administrators were told", async () => {
    await guestpass.addGuest("dead@example.com");
    guestpass.mail.answer = (recipient) => (recipient === "dead@example.com" ? { code: 550, text: "5.1.1 no such mailbox" } : undefined);
    const request = await guestpass.authorizationRequest(await guestpass.register("calendar"));
    await guestpass.askForCode(guestpass.browser(), request, "dead@example.com");
    await eventually("it is counted", async () => (await read()).get('guestpass_bounces_total{outcome="marked"}') === 1);
    const values = await read();
    expect(values.get("guestpass_mailboxes_undeliverable")).to.equal(1);
    expect(values.get('guestpass_alerts_total{alert="mailbox-dead"}')).to.equal(1);
    guestpass.mail.answer = () => undefined;
  });

  it("identify nobody", async () => {
    const text = await (await ask()).text();
    for (const personal of ["ada@", "grace", "dead@", "admin@", "example.com", "127.0.0"]) expect(text).to.not.contain(personal);
  });
});

describe("metrics of limits", () => {
  let guestpass: Guestpass;
  let request: AuthorizationRequest;
  let guests = 0;

  const limited = {
    GUESTPASS_METRICS_TOKEN: token,
    GUESTPASS_TRUSTED_PROXIES: "127.0.0.1",
    GUESTPASS_LIMIT_CODES_PER_ADDRESS: "2/1h",
    GUESTPASS_LIMIT_CODES_PER_NETWORK: "3/1h",
    GUESTPASS_LIMIT_CODES_PER_APPLICATION: "5/1h",
    GUESTPASS_LIMIT_CODES_TOTAL: "7/1h",
    GUESTPASS_LIMIT_TRIES_PER_ADDRESS: "1/1h",
    GUESTPASS_LIMIT_REQUESTS_PER_APPLICATION: "4/1h",
    GUESTPASS_LIMIT_INVITATIONS_PER_ADDRESS: "1/1h",
  };
  after(() => guestpass.stop());

  const askFor = (address: string, ip: string) => guestpass.askForCode(browserAt(guestpass, ip), request, address);
  const someone = () => `guest${++guests}@example.com`;
  const requestOf = async (clientId: string) => guestpass.authorizationRequest(await guestpass.register(clientId));

  it("say which one was reached, and no other", async () => {
    guestpass = await Guestpass.start(limited);
    const { files: api } = await startWithAdmin(guestpass);
    const reach: Record<string, () => Promise<unknown>> = {
      "codes-per-address": async () => {
        request = await requestOf("photos");
        for (let place = 0; place < 3; place++) await askFor("ada@example.com", network(place));
      },
      "codes-per-network": async () => {
        for (let times = 0; times < 3; times++) await askFor(someone(), network(0));
      },
      "codes-per-application": async () => {
        for (let times = 0; times < 2; times++) await askFor(someone(), network(10 + times));
      },
      "codes-total": async () => {
        request = await requestOf("calendar");
        for (let times = 0; times < 3; times++) await askFor(someone(), network(20 + times));
      },
      "tries-per-address": async () => {
        guestpass.clock.advance({ hours: 1 });
        const browser = browserAt(guestpass, network(30));
        const page = await guestpass.askForCode(browser, request, "grace@example.com");
        const code = await guestpass.mail.code("grace@example.com");
        for (const wrong of wrongCodes(code, 2)) await browser.post(page, "/passcode", { code: wrong });
      },
      "invitations-per-address": async () => {
        for (const target of ["a", "b"])
          await api.post("/invitations", { email: "mary@example.com", target_url: `https://app.example/${target}` });
      },
      "requests-per-application": async () => {
        for (let times = 0; times < 3; times++) await api.get("/invitations");
      },
    };
    const reached: string[] = [];
    for (const [limit, by] of Object.entries(reach)) {
      await by();
      reached.push(limit);
      const told = [...(await valuesOf(guestpass))].filter(([name]) => name.startsWith("guestpass_limits_reached_total"));
      expect(told.sort(), `${limit} was reached`).to.deep.equal(
        reached.map((each) => [`guestpass_limits_reached_total{limit="${each}"}`, 1]).sort(),
      );
    }
  });
});

describe("metrics that nobody asked for", () => {
  it("are not there", async () => {
    const guestpass = await Guestpass.start();
    try {
      expect((await fetch(`${guestpass.issuer}/metrics`)).status).to.equal(404);
    } finally {
      await guestpass.stop();
    }
  });
});
