import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { expect } from "chai";
import { Webhook } from "standardwebhooks";
import { operator } from "../../../src/audit/audit.ts";
import { AdminApi, startWithAdmin } from "../../support/admin.ts";
import { Cli } from "../../support/cli.ts";
import { ServerProcess } from "../../support/command.ts";
import { eventually } from "../../support/eventually.ts";
import { freePort, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { signedIn } from "../../support/protocol.ts";
import { type ReceivedLogout, RelyingServer } from "../../support/relying-server.ts";

interface Message {
  type: string;
  timestamp: string;
  data: { number: number; client_id: string; sub?: string; invitation?: string; lost_sub?: string };
}

/** What docs/relying-applications.md offers to paste. */
async function documented(): Promise<{ readMessage(body: string, headers: object, secret: string): unknown }> {
  const guide = await readFile("docs/relying-applications.md", "utf8");
  const [, code = ""] = /```js\n(import \{ createHmac[\s\S]*?)```/.exec(guide) ?? [];
  return import(`data:text/javascript,${encodeURIComponent(code)}`);
}

describe("an application's webhook is told what happens to its guests", () => {
  let guestpass: Guestpass;
  let relying: RelyingServer;
  let admin: AdminApi;
  let files: AdminApi;
  let other: AdminApi;
  let applications: Record<"administrator" | "files" | "other", RegisteredApplication>;
  let secret: string;

  beforeEach(async () => {
    relying = await new RelyingServer().start();
    guestpass = await Guestpass.start({ GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8" });
    ({ admin, files, other, applications } = await startWithAdmin(guestpass));
    const { status, body } = await admin.post("/applications/files/webhook", { url: relying.url });
    expect(status, JSON.stringify(body)).to.equal(201);
    secret = body["secret"] as string;
    guestpass.server.app.webhooks.run(20);
  });
  afterEach(async () => {
    await guestpass.stop();
    await relying.stop();
  });

  /** The clients' tokens are over by then. */
  function later(span: Parameters<typeof guestpass.clock.advance>[0]): void {
    guestpass.clock.advance(span);
    admin = new AdminApi(guestpass, applications.administrator);
    files = new AdminApi(guestpass, applications.files);
  }
  const invite = async (api: AdminApi, email: string) => (await api.post("/invitations", { email, send_mail: false })).body;
  const arrived = (count: number) => eventually(`${count} messages`, async () => relying.received.length >= count);
  const settled = (count: number) =>
    eventually(
      "all is settled",
      async () => (await guestpass.server.app.db("webhook_deliveries").where({ state: "delivered" })).length === count,
    );
  const messages = () => relying.received.map(({ body }) => JSON.parse(body) as Message);
  const listed = async (query = "") => (await admin.get(`/webhook-deliveries?${query}`)).body["items"] as Record<string, unknown>[];
  const verify = ({ body, headers }: ReceivedLogout, by = secret) => new Webhook(by).verify(body, headers);
  const idOf = ({ headers }: ReceivedLogout) => headers["webhook-id"];

  it("by messages that the Standard Webhooks library takes: numbered, each once, without personal data", async () => {
    const { sub, id } = await invite(files, "ada@example.com");
    await invite(other, "grace@example.com");
    await signedIn(guestpass, applications.files, { address: "ada@example.com" });
    await admin.post(`/guests/${sub}/suspend`, { reason: "left the partner company" });
    await arrived(5);
    await settled(5);
    for (const each of relying.received) expect(verify(each)).to.be.an("object");
    expect(() => verify(relying.received[0] as ReceivedLogout, `whsec_${Buffer.alloc(32).toString("base64")}`)).to.throw(
      "No matching signature",
    );
    const told = messages().sort((a, b) => a.data.number - b.data.number);
    expect(told.map(({ data }) => data.number)).to.deep.equal([1, 2, 3, 4, 5]);
    expect(told.map(({ type }) => type)).to.deep.equal([
      "invitation.created",
      "invitation.redeemed",
      "sign-in.proven",
      "session.ended",
      "guest.suspended",
    ]);
    expect(told[0]?.data).to.deep.equal({ number: 1, client_id: "files", sub, invitation: id });
    expect(JSON.stringify(relying.received)).not.to.match(/ada@|grace@|partner/);
    const events = (await files.get("/events")).body["items"] as { id: string }[];
    expect(relying.received.map(idOf), "an event has one id, wherever it is told").to.have.members(events.map(({ id: event }) => event));
    expect(relying.received[0]?.type).to.equal("application/json");
    const { body, headers } = relying.received[0] as ReceivedLogout;
    const { readMessage } = await documented();
    expect(readMessage(body, headers, secret)).to.deep.equal(JSON.parse(body));
    expect(readMessage(`${body} `, headers, secret)).to.equal(undefined);
  });

  it("signed with the old secret too while it is rotated, and with the new one alone after that", async () => {
    const { body } = await admin.post("/applications/files/webhook/rotate-secret", { overlap_hours: 1 });
    const renewed = body["secret"] as string;
    expect(renewed)
      .to.match(/^whsec_/)
      .and.not.to.equal(secret);
    await invite(files, "ada@example.com");
    await arrived(1);
    for (const by of [secret, renewed]) expect(verify(relying.received[0] as ReceivedLogout, by)).to.be.an("object");
    later({ hours: 2 });
    await invite(files, "grace@example.com");
    await arrived(2);
    expect(verify(relying.received[1] as ReceivedLogout, renewed)).to.be.an("object");
    expect(() => verify(relying.received[1] as ReceivedLogout)).to.throw("No matching signature");
    const stored = JSON.stringify(await guestpass.server.app.db("webhooks"));
    for (const each of [secret, renewed]) expect(stored).not.to.contain(each.slice(6));
  });

  it("signed with the new secret alone where a clock that was ahead noted how long the old one goes on", async () => {
    const { body } = await admin.post("/applications/files/webhook/rotate-secret", { overlap_hours: 1 });
    const ahead = guestpass.clock.now() + 365 * 24 * 3_600_000;
    await guestpass.server.app.db("webhooks").update({ previous_until: ahead });
    await invite(files, "ada@example.com");
    await arrived(1);
    expect(verify(relying.received[0] as ReceivedLogout, String(body["secret"]))).to.be.an("object");
    expect(() => verify(relying.received[0] as ReceivedLogout)).to.throw("No matching signature");
  });

  it("again where it fails, for a day; then it is given up on record, and told again by hand, under the same id", async () => {
    relying.answer = () => 503;
    relying.words = "try later";
    await invite(files, "ada@example.com");
    await eventually("an attempt", async () => (await listed("state=pending"))[0]?.["attempts"] === 1);
    expect((await listed())[0]).to.include({
      client_id: "files",
      type: "invitation.created",
      number: 1,
      reason: "answered 503: try later",
    });
    later({ days: 1, minutes: 1 });
    await eventually("it is given up", async () => (await listed("state=given-up&client_id=files")).length === 1);
    const [delivery] = await listed();
    expect((await admin.get("/applications/files/webhook")).body).to.include({ pending: 0, given_up: 1 });
    relying.answer = () => 200;
    const replayed = await admin.post(`/webhook-deliveries/${delivery?.["id"]}/replay`);
    expect(replayed.status).to.equal(202);
    await arrived(1);
    expect(idOf(relying.received[0] as ReceivedLogout)).to.equal(delivery?.["event"]);
    await eventually("nothing is open", async () => (await listed()).length === 0);
    expect((await admin.post("/webhook-deliveries/no-such/replay")).status).to.equal(404);
    expect((await admin.get("/audit?action=webhook.replayed")).body["items"]).to.have.length(1);
  });

  it("no more once it answers 410: it is off, on record, until somebody switches it on", async () => {
    relying.answer = () => 410;
    await invite(files, "ada@example.com");
    await eventually("it is off", async () => (await admin.get("/applications/files/webhook")).body["state"] === "disabled");
    relying.answer = () => 200;
    await invite(files, "grace@example.com");
    // What is sealed only after the webhook is on again counts as having happened then.
    await guestpass.server.app.audit.seal();
    const [audited] = (await admin.get("/audit?action=webhook.disabled")).body["items"] as { client_id: string }[];
    expect(audited).to.include({ client_id: "files" });
    const { body } = await admin.patch("/applications/files/webhook", { state: "active" });
    expect(body).to.include({ state: "active", disabled_because: null, given_up: 1 });
    await invite(files, "mary@example.com");
    await arrived(1);
    const [first] = messages();
    expect(first?.data.number, "what happened meanwhile is not told: it is in the events").to.equal(2);
  });

  it("once, though two instances look for news at the same moment", async () => {
    const second = await Guestpass.start(
      { GUESTPASS_ISSUER: guestpass.issuer, GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8" },
      { on: guestpass },
    );
    second.server.app.webhooks.run(5);
    guestpass.server.app.webhooks.run(5);
    const invited = await Promise.all(Array.from({ length: 30 }, (_, n) => invite(files, `guest${n}@example.com`)));
    await arrived(30);
    await settled(30);
    await second.server.close();
    expect(messages().map(({ data }) => data.sub)).to.have.members(invited.map(({ sub }) => sub as string));
    expect(messages().map(({ data }) => data.number)).to.have.members(Array.from({ length: 30 }, (_, n) => n + 1));
  });

  it("of everything, though the process that tells it is killed in the middle", async () => {
    const { webhooks, db } = guestpass.server.app;
    await webhooks.stop();
    const port = String(await freePort());
    const settings = { ...guestpass.settings, GUESTPASS_PORT: port, GUESTPASS_ISSUER: `http://localhost:${port}` };
    const running = await ServerProcess.start(settings);
    const there = new AdminApi(guestpass.at(settings.GUESTPASS_ISSUER), applications.files);
    await there.token;
    const inviting = Array.from({ length: 40 }, (_, n) => invite(there, `guest${n}@example.com`).catch(() => ({})));
    await arrived(1);
    await wait(Math.random() * 200);
    await running.kill("SIGKILL");
    await Promise.all(inviting);
    const happened = (await db("audit").where({ action: "invitation.created" })) as { id: string }[];
    guestpass.clock.advance({ minutes: 2 });
    webhooks.run(20);
    await settled(happened.length);
    expect([...new Set(relying.received.map(idOf))]).to.have.members(happened.map(({ id }) => id));
  });

  it("at no address inside the network unless the operator allowed it, however it is registered", async () => {
    const careful = await Guestpass.start({ GUESTPASS_ISSUER: guestpass.issuer }, { on: guestpass });
    await guestpass.server.app.webhooks.stop();
    careful.server.app.webhooks.run(20);
    await invite(files, "ada@example.com");
    await eventually("an attempt is on record", async () => (await listed())[0]?.["attempts"] === 1);
    await careful.server.close();
    expect((await listed())[0]?.["reason"]).to.match(/special use and not in GUESTPASS_ALLOWED_NETWORKS/);
    expect(relying.received).to.deep.equal([]);
    for (const [url, why] of [
      ["https://user:password@files.example/hook", /password/],
      ["https://files.example/hook#part", /fragment/],
      ["ftp://files.example/hook", /https/],
    ] as const) {
      const { status, body } = await admin.patch("/applications/files/webhook", { url });
      expect(status, url).to.be.oneOf([400, 422]);
      expect(JSON.stringify(body)).to.match(why);
    }
  });

  it("and follows no redirect", async () => {
    relying.answer = () => 307;
    await invite(files, "ada@example.com");
    await eventually("an attempt", async () => (await listed())[0]?.["attempts"] === 1);
    expect((await listed())[0]?.["reason"]).to.match(/^answered 307/);
  });

  it("until it is removed, or its application is", async () => {
    await guestpass.server.app.webhooks.stop();
    const { db, applications: registered } = guestpass.server.app;
    await invite(files, "ada@example.com");
    guestpass.server.app.webhooks.run(20);
    await arrived(1);
    await registered.remove("files", operator);
    expect(await db("webhooks")).to.deep.equal([]);
    expect(await db("webhook_deliveries")).to.deep.equal([]);
    expect((await admin.get("/applications/files/webhook")).status).to.equal(404);
    expect((await admin.post("/applications/nobody/webhook", { url: relying.url })).status).to.equal(404);
  });

  it("by commands too", async () => {
    const cli = new Cli(guestpass.settings, "app", "webhook");
    const added = await cli.json("add", "other", `${relying.url}/other`);
    expect(added).to.include({ client_id: "other", state: "active" });
    expect(await cli.ok("update", "other", "--url", `${relying.url}/elsewhere`)).to.contain("was changed");
    relying.answer = () => 400;
    await invite(other, "ada@example.com");
    await eventually("an attempt", async () => (await listed())[0]?.["attempts"] === 1);
    const [waiting] = await cli.json<{ client_id: string }[]>("deliveries", "--app", "other", "--state", "pending");
    expect(waiting).to.include({ client_id: "other", reason: "answered 400" });
    expect(await cli.ok("replay", "other")).to.contain("0");
    expect(await cli.ok("remove", "other", "--yes")).to.contain("removed");
    expect((await admin.get("/applications/other/webhook")).status).to.equal(404);
  });
});
