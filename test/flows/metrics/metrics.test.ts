import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { wrongCodes } from "../../support/passcodes.ts";

const token = "a-token-for-metrics-that-is-long-enough";

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

  const ask = (authorization = `Bearer ${token}`) =>
    fetch(`${guestpass.issuer}/metrics`, { headers: authorization ? { authorization } : {} });

  /** Name and labels -> value. */
  async function read(): Promise<Map<string, number>> {
    const lines = (await (await ask()).text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ")))]));
  }

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

  it("tell of sign-ins, codes, mails, limits, requests and housekeeping", async () => {
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

  it("tell of mail that waits, and of a route that does not answer", async () => {
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

  it("tell of mailboxes that refuse mail, and that administrators were told", async () => {
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

  it("name nobody", async () => {
    const text = await (await ask()).text();
    for (const personal of ["ada@", "grace", "dead@", "admin@", "example.com", "127.0.0"]) expect(text).to.not.contain(personal);
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
