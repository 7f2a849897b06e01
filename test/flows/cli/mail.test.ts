import { expect } from "chai";
import { eventually } from "../../support/eventually.ts";
import { freePort, Guestpass } from "../../support/guestpass.ts";
import { failedFor } from "../../support/notifications.ts";
import { enqueue, unnoted } from "../../support/queued-mail.ts";
import { runWarm } from "../../support/warm-command.ts";

describe("guestpass mail", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let settings: Record<string, string>;

  before(async () => {
    guestpass = await Guestpass.start();
    settings = guestpass.settings;
  });
  after(() => guestpass.stop());
  afterEach(() => {
    guestpass.mail.answer = () => undefined;
  });

  const mail = (...args: string[]) => runWarm(["mail", ...args], settings);
  const json = async (...args: string[]) => JSON.parse((await mail(...args, "--json")).stdout);

  it("lists and shows what happened to mails, attempt by attempt, and never their text", async () => {
    guestpass.mail.answer = () => ({ code: 550, text: "5.1.1 no such mailbox" });
    const id = await enqueue(guestpass.server.app, "Ada@example.com", "invitation");
    await eventually("it is parked", async () => (await json("show", id)).state === "parked");
    const [row] = await json("list", "--to", "ada@EXAMPLE.com", "--state", "parked");
    expect(row).to.include({ id, recipient: "Ada@example.com", kind: "test", attempts: 1, last_route: "smtp", last_reply: "550 5.1.1" });
    const shown = await json("show", id);
    expect(shown.history).to.have.length(1);
    expect(shown.history[0]).to.include({ attempt: 1, route: "smtp", outcome: "refused", reply: "550 5.1.1" });
    const people = await mail("show", id);
    expect(people.stdout).to.match(/recipient +Ada@example\.com/);
    expect(people.stdout).to.match(/1 +20\S+Z +smtp +refused +550 5\.1\.1/);
    expect(people.stdout + JSON.stringify(shown)).to.not.contain("Hello");
    expect((await mail("list", "--state", "sent")).stdout).to.equal("No mails.\n");
  });

  it("resends parked mail, once, and says why where it cannot", async () => {
    guestpass.mail.answer = () => ({ code: 550, text: "5.1.1 no such mailbox" });
    const id = await enqueue(guestpass.server.app, "again@example.com", "invitation");
    await eventually("it is parked", async () => (await guestpass.server.app.outbox.show(id))?.mail.state === "parked");
    guestpass.mail.answer = () => undefined;
    const { code, stdout } = await mail("retry", id);
    expect({ code, stdout }).to.deep.equal({
      code: 0,
      stdout: `${id} will be sent by a running server, or by the next one that starts.\n`,
    });
    await guestpass.mail.wait("again@example.com");
    await eventually("it is sent", async () => (await guestpass.server.app.outbox.show(id))?.mail.state === "sent");
    const again = await mail("retry", id, "no-such-mail");
    expect(again.code).to.equal(1);
    expect(again.stderr).to.equal(`${id} is sent: its text is not kept.\nno-such-mail: There is no such mail.\n`);
    const { body } = await guestpass.server.app.admin("listAudit", { query: { action: "mail.retried" } });
    expect(body["items"]).to.have.length(1);
    expect((body["items"] as object[])[0]).to.deep.include({ actor: "operator", channel: "cli", details: { mail: id } });
    expect(guestpass.mail.to("again@example.com")).to.have.length(1);
  });

  it("resends what a mailbox had refused: then it is not said to have come back, unless it does, however old it is", async () => {
    const { outbox, bounces } = guestpass.server.app;
    await guestpass.addGuest("moved@example.com");
    guestpass.mail.answer = () => ({ code: 550, text: "5.1.1 no such mailbox" });
    const id = await enqueue(guestpass.server.app, "moved@example.com", "notice");
    await eventually("it came back", async () => (await json("show", id)).bounced_at !== null);
    guestpass.mail.answer = () => undefined;
    guestpass.clock.advance({ days: 20 });
    await outbox.retry(id, unnoted);
    await eventually("it is sent", async () => (await outbox.show(id))?.mail.state === "sent");
    expect((await json("show", id)).bounced_at).to.equal(null);
    expect(await bounces.notified(id, [failedFor("moved@example.com")])).to.equal("marked");
    expect((await json("show", id)).bounced_at).to.match(/Z$/);
    guestpass.clock.reset();
  });

  it("tests each route, says what the server answered, and fails where one does not take the mail", async () => {
    const ways = [
      { name: "relay", url: guestpass.mail.url },
      { name: "down", url: `smtp://mailer:hunter2@127.0.0.1:${await freePort()}`, domains: ["partner.example"], perMinute: 60 },
      { name: "strict", url: "smtp://127.0.0.1:9?requireTLS=true", domains: ["strict.example"] },
    ];
    const several = { ...settings, GUESTPASS_SMTP_URL: "", GUESTPASS_SMTP_ROUTES: JSON.stringify(ways) };
    const all = await runWarm(["mail", "test", "tester@example.com"], several);
    expect(all.code).to.equal(1);
    expect(all.stdout).to.match(/^relay +accepted +250/m);
    expect(all.stdout).to.match(/^down +delayed +ESOCKET/m);
    const one = await runWarm(["mail", "test", "tester@example.com", "--route", "relay"], several);
    expect(one).to.deep.include({ code: 0, stderr: "" });
    expect(guestpass.mail.to("tester@example.com")[0]?.parsed.text).to.contain('mail route "relay"');
    const routes = await runWarm(["mail", "routes"], several);
    expect(routes.stdout).to.match(/^down +smtp:\/\/mailer:\*\*\*@127\.0\.0\.1:\d+ +opportunistic +partner\.example +60/m);
    expect(routes.stdout, "its URL insists").to.match(/^strict +\S+ +required +strict\.example/m);
    expect(all.stdout + routes.stdout).to.not.contain("hunter2");
  });

  it("counts what each route did", async () => {
    await enqueue(guestpass.server.app, "counted@example.com");
    await guestpass.mail.wait("counted@example.com");
    await eventually(
      "it is on record",
      async () => (await guestpass.server.app.outbox.list({ recipient: "counted@example.com", state: "sent" })).length === 1,
    );
    const [smtp] = await json("routes");
    expect(smtp.accepted).to.be.at.least(1);
    expect(smtp.not_accepted).to.be.at.least(2);
    expect(smtp.last_accepted).to.match(/Z$/);
  });
});
