// Another system, such as a mail provider, reports returned mail over HTTP.
import { expect } from "chai";
import { startWithAdmin, toAnswer } from "../../support/admin.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { enqueue } from "../../support/queued-mail.ts";

const secret = "5b1c0a3e7f0e4b7e9c550a1b2c3d4e5f";
const refused = { action: "failed", status: "5.1.1", diagnostic: "smtp; 550 5.1.1 <ada@example.com>: no such user" };

describe("the webhook for mail that came back", () => {
  let guestpass: Guestpass;
  let admin: Awaited<ReturnType<typeof startWithAdmin>>["admin"];
  let sub: string;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_BOUNCE_DOMAIN: "bounce.idp.example", GUESTPASS_BOUNCE_WEBHOOK_SECRET: secret });
    ({ admin } = await startWithAdmin(guestpass));
  });
  after(() => guestpass.stop());
  beforeEach(async () => {
    guestpass.mail.mails.length = 0;
    sub = await guestpass.addGuest("ada@example.com");
  });
  afterEach(() => admin.delete(`/guests/${sub}`));

  async function mailed(): Promise<{ returnPath: string; messageId: string }> {
    await enqueue(guestpass.server.app, "ada@example.com");
    const mail = (await guestpass.mail.wait("ada@example.com")).at(-1);
    return { returnPath: mail?.from as string, messageId: mail?.parsed.messageId as string };
  }
  async function tell(body: unknown, headers: Record<string, string> = { authorization: `Bearer ${secret}` }) {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const init = { method: "POST", headers: { "content-type": "application/json", ...headers }, body: text };
    return toAnswer(await fetch(`${guestpass.issuer}/bounces`, init));
  }
  const mark = async () => {
    const { aliases } = (await admin.get(`/guests/${sub}`)).body as unknown as { aliases: { undeliverable: object | null }[] };
    return aliases[0]?.undeliverable;
  };

  it("marks the mailbox, by where the mail came back to or by its Message-ID", async () => {
    const first = await mailed();
    const answer = await tell({ ...refused, return_path: first.returnPath });
    expect([answer.status, answer.body]).to.deep.equal([200, { outcome: "marked" }]);
    expect(await mark()).to.include({ status: "5.1.1", reason: "<…@example.com>: no such user", refusals: 1 });
    guestpass.mail.mails.length = 0;
    const second = await mailed();
    expect((await tell({ ...refused, message_id: second.messageId })).body).to.deep.equal({ outcome: "marked" });
    expect(await mark()).to.include({ refusals: 2 });
  });

  it("keeps 500 characters of what the server said", async () => {
    const { returnPath } = await mailed();
    await tell({ ...refused, diagnostic: `smtp; 550 5.1.1 ${"no ".repeat(600)}`, return_path: returnPath });
    const { reason } = (await mark()) as { reason: string };
    expect(reason).to.match(/^(?:no )+no?$/);
    expect(reason.length).to.be.within(480, 500);
  });

  it("counts a mail once, however often it is told", async () => {
    const { returnPath, messageId } = await mailed();
    const told = await Promise.all(Array.from({ length: 5 }, () => tell({ ...refused, return_path: returnPath })));
    expect(told.map(({ body }) => body["outcome"]).sort()).to.deep.equal(["known", "known", "known", "known", "marked"]);
    expect((await tell({ ...refused, message_id: messageId })).body).to.deep.equal({ outcome: "known" });
    expect(await mark()).to.include({ refusals: 1 });
  });

  it("does not count what is not the mailbox's doing, or is about no mail of the last two weeks", async () => {
    const { returnPath, messageId } = await mailed();
    for (const report of [
      { action: "delayed", status: "4.4.1", return_path: returnPath },
      { action: "failed", status: "5.7.1", return_path: returnPath },
      { action: "delivered", status: "2.0.0", message_id: messageId },
      { ...refused, return_path: returnPath.replace("b-", "b-0") },
      { ...refused, message_id: "<1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11@idp.example>" },
      { ...refused, message_id: "<somebody-elses@mail.example>" },
    ]) {
      const answer = await tell(report);
      expect([answer.status, answer.body], JSON.stringify(report)).to.deep.equal([200, { outcome: "not-counted" }]);
    }
    expect(await mark()).to.equal(null);
  });

  it("accepts nothing without the secret", async () => {
    const { returnPath } = await mailed();
    const report = { ...refused, return_path: returnPath };
    for (const authorization of [
      "",
      "Bearer",
      `Bearer ${secret}x`,
      `Bearer ${secret.slice(0, -1)}`,
      `Basic ${secret}`,
      "Bearer undefined",
    ]) {
      const answer = await tell(report, authorization ? { authorization } : {});
      expect(answer.status, authorization).to.equal(401);
      expect(answer.headers.get("www-authenticate")).to.equal("Bearer");
      expect(answer.headers.get("content-type")).to.contain("application/problem+json");
    }
    expect(await mark()).to.equal(null);
  });

  it("says what is wrong with a report", async () => {
    const { returnPath, messageId } = await mailed();
    for (const [body, status, detail] of [
      ["{", 400, /not JSON/],
      ["", 400, /./],
      [[], 400, /./],
      [{}, 400, /action/],
      [refused, 400, /return_path or message_id/],
      [{ ...refused, return_path: returnPath, message_id: messageId }, 400, /but not both/],
      [{ ...refused, status: "550", return_path: returnPath }, 400, /status: must be an enhanced status/],
      [{ ...refused, action: "bounced", return_path: returnPath }, 400, /action/],
      [{ ...refused, return_path: returnPath, recipient: "ada@example.com" }, 400, /recipient/],
      [{ ...refused, return_path: returnPath, diagnostic: "x".repeat(20_000) }, 413, /16 KiB/],
    ] as const) {
      const answer = await tell(body);
      expect([answer.status, answer.body["status"]], JSON.stringify(body).slice(0, 100)).to.deep.equal([status, status]);
      expect(answer.body["detail"]).to.match(detail);
      expect(answer.text).to.not.contain("ada@");
    }
    const wrongType = await tell("a=b", { authorization: `Bearer ${secret}`, "content-type": "application/x-www-form-urlencoded" });
    expect(wrongType.status).to.equal(415);
    const packed = await tell(refused, { authorization: `Bearer ${secret}`, "content-encoding": "compress" });
    expect([packed.status, packed.body["status"]]).to.deep.equal([415, 415]);
    expect(await mark()).to.equal(null);
  });

  it("does not exist unless the operator set a secret for it", async () => {
    const plain = await Guestpass.start();
    try {
      const headers = { authorization: `Bearer ${secret}`, "content-type": "application/json" };
      expect((await fetch(`${plain.issuer}/bounces`, { method: "POST", headers, body: "{}" })).status).to.equal(404);
    } finally {
      await plain.stop();
    }
  });
});
