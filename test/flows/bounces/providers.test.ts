// Mail providers report returned mail in their own formats: signed, replayed and forged.
import { createHmac, createSign, generateKeyPairSync, randomBytes, randomUUID, sign } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { fetchTextBy } from "../../../src/bounces/providers/fetch-text.ts";
import { outboundFetch } from "../../../src/outbound/outbound.ts";
import { startWithAdmin } from "../../support/admin.ts";
import { certificate } from "../../support/certificate.ts";
import { eventually } from "../../support/eventually.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { enqueue } from "../../support/queued-mail.ts";

const postmarkLogin = "hooks:a-password-of-the-tests";
const mailgunKey = "key-of-the-tests-0123456789";
const sendgridKeys = generateKeyPairSync("ec", { namedCurve: "P-256" });
const alert = "admin@idp.example";

type Admin = Awaited<ReturnType<typeof startWithAdmin>>["admin"];

async function refusalsOf(admin: Admin, sub: string): Promise<number> {
  const { aliases } = (await admin.get(`/guests/${sub}`)).body as unknown as {
    aliases: { undeliverable: { refusals: number } | null }[];
  };
  return aliases[0]?.undeliverable?.refusals ?? 0;
}

describe("the webhooks of mail providers", () => {
  let guestpass: Guestpass;
  let admin: Admin;
  let sub: string;

  before(async () => {
    guestpass = await Guestpass.start({
      GUESTPASS_BOUNCE_DOMAIN: "bounce.idp.example",
      GUESTPASS_POSTMARK_WEBHOOK: postmarkLogin,
      GUESTPASS_MAILGUN_WEBHOOK_KEY: mailgunKey,
      GUESTPASS_SENDGRID_WEBHOOK_KEY: sendgridKeys.publicKey.export({ format: "der", type: "spki" }).toString("base64"),
      GUESTPASS_SES_TOPICS: "arn:aws:sns:eu-west-1:123456789012:bounces",
      GUESTPASS_ALERT_TO: alert,
    });
    ({ admin } = await startWithAdmin(guestpass));
  });
  after(() => guestpass.stop());
  beforeEach(async () => {
    guestpass.mail.mails.length = 0;
    sub = await guestpass.addGuest("ada@example.com");
  });
  afterEach(() => admin.delete(`/guests/${sub}`));

  async function mailed(to = "ada@example.com"): Promise<{ returnPath: string; messageId: string }> {
    await enqueue(guestpass.server.app, to);
    const mail = (await guestpass.mail.wait(to)).at(-1);
    return { returnPath: mail?.from as string, messageId: mail?.parsed.messageId as string };
  }
  const post = async (name: string, body: unknown, headers: Record<string, string> = {}) => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    const init = { method: "POST", headers: { "content-type": "application/json", ...headers }, body: text };
    return (await fetch(`${guestpass.issuer}/bounces/${name}`, init)).status;
  };
  const refusals = () => refusalsOf(admin, sub);

  const mailgun = (data: object, key = mailgunKey, hoursAgo = 0) => {
    const [timestamp, token] = [String(Math.round(guestpass.clock.now() / 1000 - hoursAgo * 3600)), randomUUID()];
    return {
      signature: {
        timestamp,
        token,
        signature: createHmac("sha256", key)
          .update(timestamp + token)
          .digest("hex"),
      },
      "event-data": data,
    };
  };
  const sendgrid = (events: object[], signed = JSON.stringify(events), key = sendgridKeys.privateKey) =>
    post("sendgrid", events, {
      "x-twilio-email-event-webhook-timestamp": "1795000000",
      "x-twilio-email-event-webhook-signature": sign("sha256", Buffer.from(`1795000000${signed}`), key).toString("base64"),
    });
  const gone = (messageId: string, recipient = "ada@example.com") => ({
    event: "failed",
    severity: "permanent",
    recipient,
    message: { headers: { "message-id": messageId.replace(/[<>]/g, "") } },
    "delivery-status": { code: 550, "enhanced-code": "5.1.1", message: "5.1.1 no such user", "mx-host": "mx.example.com" },
  });

  it("Mailgun's mark the mailbox once, and not where they are forged or about somebody else", async () => {
    const { messageId } = await mailed();
    expect(await post("mailgun", mailgun(gone(messageId), "another key of the tests"))).to.equal(401);
    expect(await post("mailgun", mailgun({ ...gone(messageId), recipient: "other@example.com" }))).to.equal(204);
    expect(await post("mailgun", mailgun({ ...gone(messageId), severity: "temporary" }))).to.equal(204);
    expect(await refusals()).to.equal(0);
    expect(await post("mailgun", mailgun(gone(messageId), mailgunKey, 13)), "an old signature").to.equal(401);
    const caught = mailgun({ ...gone(messageId), event: "delivered" });
    expect(await post("mailgun", caught)).to.equal(204);
    expect(await post("mailgun", { ...caught, "event-data": gone(messageId) }), "a signature under something else").to.equal(406);
    expect(await refusals()).to.equal(0);
    const body = mailgun(gone(messageId));
    const told = await Promise.all([1, 2, 3].map(() => post("mailgun", body)));
    expect(told.sort()).to.deep.equal([204, 406, 406]);
    for (let times = 0; times < 2; times++) expect(await post("mailgun", mailgun(gone(messageId)))).to.equal(204);
    expect(await refusals()).to.equal(1);
    expect(await post("mailgun", "{")).to.equal(400);
    expect(await post("mailgun", {})).to.equal(400);
  });

  it("SendGrid's mark the mailbox once, and not where a byte of the body was changed", async () => {
    const { messageId } = await mailed();
    const event = {
      event: "bounce",
      type: "bounce",
      email: "ada@example.com",
      "smtp-id": messageId,
      status: "5.1.1",
      reason: "550 5.1.1 no such user",
    };
    const body = JSON.stringify([event]);
    expect(await sendgrid([event], `${body} `)).to.equal(401);
    expect(await sendgrid([event], body, generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey)).to.equal(401);
    expect(await post("sendgrid", body)).to.equal(401);
    expect(await refusals()).to.equal(0);
    for (let times = 0; times < 3; times++) expect(await sendgrid([event])).to.equal(204);
    expect(await refusals()).to.equal(1);
  });

  it("count beside events that cannot be read, which are often other programs'", async () => {
    const { messageId } = await mailed();
    const bounce = { event: "bounce", email: "ada@example.com", "smtp-id": messageId, status: "5.1.1", reason: "550 5.1.1 no such user" };
    const odd = [
      { event: "delivered", email: "x@y.example", type: 7, status: null, reason: null },
      { event: 1 },
      { event: "bounce", email: null },
    ];
    expect(await sendgrid([...odd, { ...bounce, type: null }])).to.equal(204);
    expect(await refusals()).to.equal(1);
    expect(
      await post("mailgun", mailgun({ event: "failed", severity: null, reason: null, message: null, "delivery-status": null })),
    ).to.equal(204);
  });

  /** A mail that the provider took under an id of its own, in words of its own. */
  async function takenAs(words: string, id: string): Promise<void> {
    guestpass.mail.answerToMail = () => ({ code: 250, text: `${words} ${id}` });
    await mailed();
    guestpass.mail.answerToMail = () => undefined;
    await eventually("the outbox knows the id", async () =>
      (await guestpass.server.app.outbox.list({ recipient: "ada@example.com" })).some(({ lastWords }) => lastWords?.includes(id)),
    );
  }
  const complaints = () =>
    guestpass.mail.to(alert).filter(({ parsed }) => parsed.subject === "A guest's mail provider reports a complaint");

  it("Postmark's mark the mailbox once by the id that it gave the mail, with the credentials alone", async () => {
    const MessageID = "12345678-abcd-4def-8123-123456789012";
    await takenAs("2.0.0 Ok: queued as", MessageID);
    const authorization = `Basic ${Buffer.from(postmarkLogin).toString("base64")}`;
    const bounce = { RecordType: "Bounce", Type: "HardBounce", Email: "ada@example.com", MessageID, Details: "550 5.1.1 no such user" };
    expect(await post("postmark", bounce)).to.equal(401);
    expect(await post("postmark", bounce, { authorization: `Basic ${Buffer.from("hooks:x").toString("base64")}` })).to.equal(401);
    expect(await post("postmark", { ...bounce, MessageID: randomUUID() }, { authorization })).to.equal(204);
    expect(await post("postmark", { ...bounce, Email: "other@example.com" }, { authorization })).to.equal(204);
    expect(await post("postmark", { ...bounce, Type: "Transient" }, { authorization })).to.equal(204);
    expect(await refusals()).to.equal(0);
    for (let times = 0; times < 3; times++) expect(await post("postmark", bounce, { authorization })).to.equal(204);
    expect(await refusals()).to.equal(1);
  });

  it("Postmark's are believed from its networks alone where they are set", async () => {
    const status = async (networks: string) => {
      const settings = { GUESTPASS_POSTMARK_WEBHOOK: postmarkLogin, GUESTPASS_POSTMARK_NETWORKS: networks };
      const strict = await Guestpass.start(settings, { on: guestpass });
      const headers = { "content-type": "application/json", authorization: `Basic ${Buffer.from(postmarkLogin).toString("base64")}` };
      const answer = await fetch(`${strict.issuer}/bounces/postmark`, {
        method: "POST",
        headers,
        body: JSON.stringify({ RecordType: "Open" }),
      });
      await strict.server.close();
      return answer.status;
    };
    expect(await status("3.134.147.250/32,50.31.156.6/32")).to.equal(401);
    expect(await status("3.134.147.250/32,127.0.0.0/8,::1/128")).to.equal(204);
  });

  it("SendGrid's mark the mailbox by the id that it gave the mail", async () => {
    const id = "bJHKjVLbTaqh1lZVtj8uVw";
    await takenAs("Ok: queued as", id);
    const event = { event: "bounce", type: "bounce", email: "ada@example.com", sg_message_id: `${id}.recvd-5d7-1.0`, status: "5.1.1" };
    expect(await sendgrid([{ ...event, type: "blocked", status: "", reason: "550 rejected" }])).to.equal(204);
    expect(await refusals()).to.equal(0);
    expect(await sendgrid([{ ...event, reason: "550 5.1.1 no such user" }])).to.equal(204);
    expect(await refusals()).to.equal(1);
  });

  for (const [what, tell] of [
    ["Mailgun's suppressed address", (id: string, to: string) => post("mailgun", mailgun({ ...gone(id, to), reason: "suppress-bounce" }))],
    ["Mailgun's unsubscribed address", (id: string, to: string) => post("mailgun", mailgun({ ...gone(id, to), event: "unsubscribed" }))],
    ["SendGrid's complaint", (id: string, to: string) => sendgrid([{ event: "spamreport", email: to, "smtp-id": id }])],
    [
      "SendGrid's suppressed address",
      (id: string, to: string) => sendgrid([{ event: "dropped", email: to, "smtp-id": id, reason: "Bounced Address", status: "5.1.1" }]),
    ],
  ] as const)
    it(`${what} marks nobody, and reaches the administrators once`, async () => {
      const address = `${what.replace(/\W/g, "-").toLowerCase()}@example.com`;
      const other = await guestpass.addGuest(address);
      const { messageId } = await mailed(address);
      for (let times = 0; times < 2; times++) expect(await tell(messageId, address)).to.equal(204);
      expect(await refusalsOf(admin, other)).to.equal(0);
      await guestpass.mail.until(() => complaints().length > 0);
      await mailed("bob@example.com");
      expect(complaints()).to.have.length(1);
    });

  it("a complaint marks nobody, and reaches the administrators once", async () => {
    const { messageId } = await mailed();
    const data = {
      event: "complained",
      recipient: "ada@example.com",
      message: { headers: { "message-id": messageId.replace(/[<>]/g, "") } },
    };
    for (let times = 0; times < 2; times++) expect(await post("mailgun", mailgun(data))).to.equal(204);
    expect(await refusals()).to.equal(0);
    await guestpass.mail.wait(alert);
    expect(complaints()).to.have.length(1);
  });

  it("Amazon's are not believed with another topic or a certificate from elsewhere, which is not even fetched", async () => {
    const message = {
      Type: "Notification",
      MessageId: "1",
      TopicArn: "arn:aws:sns:eu-west-1:123456789012:other",
      Message: "{}",
      Timestamp: "t",
    };
    const signed = {
      ...message,
      SignatureVersion: "2",
      Signature: "AAAA",
      SigningCertURL: "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-1.pem",
    };
    expect(await post("ses", signed)).to.equal(401);
    expect(await post("ses", { ...signed, TopicArn: "arn:aws:sns:eu-west-1:123456789012:bounces" })).to.equal(401);
  });
});

describe("the messages of Amazon SNS", () => {
  const topic = "arn:aws:sns:eu-west-1:123456789012:bounces";
  const { key, cert } = certificate(["rsa:2048"]);
  const asked: string[] = [];
  let guestpass: Guestpass;
  let admin: Admin;
  let sub: string;
  let certificateOfSns: { status: number; body: string };
  const amazon = createServer((request, response) => {
    asked.push(request.url ?? "");
    response.writeHead(certificateOfSns.status).end(certificateOfSns.body);
  });

  before(async () => {
    await once(amazon.listen(0, "127.0.0.1"), "listening");
    const { port } = amazon.address() as AddressInfo;
    const fetchText = fetchTextBy(outboundFetch(["127.0.0.0/8"]));
    guestpass = await Guestpass.start(
      { GUESTPASS_BOUNCE_DOMAIN: "bounce.idp.example", GUESTPASS_SES_TOPICS: topic, GUESTPASS_ALERT_TO: alert },
      { fetchText: (url) => fetchText(url.replace(/^https:\/\/sns\.eu-west-1\.amazonaws\.com/, `http://127.0.0.1:${port}`)) },
    );
    ({ admin } = await startWithAdmin(guestpass));
  });
  after(async () => {
    await guestpass.stop();
    amazon.close();
  });
  beforeEach(async () => {
    certificateOfSns = { status: 200, body: cert };
    guestpass.mail.mails.length = 0;
    sub = await guestpass.addGuest("ada@example.com");
  });
  afterEach(() => admin.delete(`/guests/${sub}`));

  const ofNotification = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"];
  const ofConfirmation = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"];
  const signed = (fields: object, names = ofNotification, algorithm = "RSA-SHA256", signer = key): Record<string, string> => {
    const all: Record<string, string> = { MessageId: randomUUID(), TopicArn: topic, Timestamp: "2026-11-30T12:00:00.000Z", ...fields };
    const text = names.flatMap((name) => (all[name] === undefined ? [] : [`${name}\n${all[name]}\n`])).join("");
    const Signature = createSign(algorithm).update(text).sign(signer, "base64");
    const SigningCertURL = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0123456789abcdef.pem";
    return { ...all, SignatureVersion: algorithm === "RSA-SHA1" ? "1" : "2", Signature, SigningCertURL };
  };
  const send = async (body: object) => {
    const init = { method: "POST", headers: { "content-type": "text/plain; charset=UTF-8" }, body: JSON.stringify(body) };
    return (await fetch(`${guestpass.issuer}/bounces/ses`, init)).status;
  };
  const notification = (mail: object, notice: object) => ({ Type: "Notification", Message: JSON.stringify({ mail, ...notice }) });
  const bounced = { emailAddress: "ada@example.com", action: "failed", status: "5.1.1", diagnosticCode: "smtp; 550 5.1.1 no such user" };
  const bounce = (mail: object, bounceSubType = "General", recipient = bounced) =>
    notification(mail, {
      notificationType: "Bounce",
      bounce: { bounceType: "Permanent", bounceSubType, bouncedRecipients: [recipient] },
    });
  const mailed = async () => {
    await enqueue(guestpass.server.app, "ada@example.com");
    const mail = (await guestpass.mail.wait("ada@example.com")).at(-1);
    return { source: mail?.from as string, messageId: "0102018f2b5c7d3e-4d5e6f70-1234-4abc-8def-0123456789ab-000000" };
  };
  const refusals = () => refusalsOf(admin, sub);

  for (const algorithm of ["RSA-SHA1", "RSA-SHA256"])
    it(`mark the mailbox once, however often they come, with their signature (${algorithm})`, async () => {
      const message = signed(bounce(await mailed()), ofNotification, algorithm);
      for (let times = 0; times < 3; times++) expect(await send(message)).to.equal(204);
      expect(await refusals()).to.equal(1);
    });

  it("are put off while the certificate of SNS cannot be fetched, and not believed where it is none", async () => {
    const message = {
      ...signed(bounce(await mailed())),
      SigningCertURL: "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-aa.pem",
    };
    certificateOfSns = { status: 404, body: "" };
    expect(await send(message)).to.equal(503);
    certificateOfSns = { status: 200, body: "a page" };
    expect(await send(message)).to.equal(401);
    expect(await refusals()).to.equal(0);
    certificateOfSns = { status: 200, body: cert };
    expect(await send(message)).to.equal(204);
    expect(await refusals()).to.equal(1);
    const confirmation = { Type: "SubscriptionConfirmation", Message: "You have chosen to subscribe", Token: "t" };
    certificateOfSns = { status: 500, body: "" };
    const SubscribeURL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription";
    expect(await send({ ...signed({ ...confirmation, SubscribeURL }, ofConfirmation), SigningCertURL: message.SigningCertURL })).to.equal(
      503,
    );
  });

  it("are matched by the id under which SES took the mail", async () => {
    const messageId = `0102018f${randomBytes(4).toString("hex")}-4d5e6f70-1234-4abc-8def-0123456789ab-000000`;
    guestpass.mail.answerToMail = () => ({ code: 250, text: `Ok ${messageId}` });
    await mailed();
    guestpass.mail.answerToMail = () => undefined;
    await eventually("the outbox knows the id", async () =>
      (await guestpass.server.app.outbox.list({ recipient: "ada@example.com" })).some(({ lastWords }) => lastWords?.includes(messageId)),
    );
    expect(await send(signed(bounce({ messageId: messageId.replace("0102", "0100") })))).to.equal(204);
    expect(await refusals()).to.equal(0);
    expect(await send(signed(bounce({ messageId })))).to.equal(204);
    expect(await refusals()).to.equal(1);
  });

  it("are not believed where anything that is signed was changed, or with somebody else's key", async () => {
    const mail = await mailed();
    const message = signed(bounce(mail));
    for (const change of [
      { Message: bounce(mail, "NoEmail").Message },
      { MessageId: "2" },
      { Timestamp: "2026-12-01T12:00:00.000Z" },
      { Subject: "x" },
      { Signature: "AAAA" },
      { TopicArn: `${topic}2` },
      signed(bounce(mail), ofNotification, "RSA-SHA256", certificate(["rsa:2048"]).key),
    ])
      expect(await send({ ...message, ...change }), JSON.stringify(change)).to.equal(401);
    expect(await refusals()).to.equal(0);
  });

  it("about a suppressed address or a complaint mark nobody, and reach the administrators", async () => {
    const mail = await mailed();
    expect(await send(signed(bounce(mail, "OnAccountSuppressionList")))).to.equal(204);
    expect(
      await send(
        signed(
          notification(mail, { notificationType: "Complaint", complaint: { complainedRecipients: [{ emailAddress: "ada@example.com" }] } }),
        ),
      ),
    ).to.equal(204);
    expect(await refusals()).to.equal(0);
    await guestpass.mail.wait(alert);
    expect(guestpass.mail.to(alert).map(({ parsed }) => parsed.subject)).to.deep.equal(["A guest's mail provider reports a complaint"]);
  });

  it("confirm a subscription at SNS alone", async () => {
    const fields = { Type: "SubscriptionConfirmation", Message: "You have chosen to subscribe", Token: "t" };
    asked.length = 0;
    const elsewhere = { ...fields, SubscribeURL: "https://evil.example/?Action=ConfirmSubscription" };
    expect(await send(signed(elsewhere, ofConfirmation))).to.equal(401);
    expect(asked).to.deep.equal([]);
    const SubscribeURL = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t";
    expect(await send({ ...signed({ ...fields, SubscribeURL }, ofConfirmation), Token: "u" })).to.equal(401);
    expect(asked).to.deep.equal([]);
    expect(await send(signed({ ...fields, SubscribeURL }, ofConfirmation))).to.equal(204);
    expect(asked).to.deep.equal(["/?Action=ConfirmSubscription&Token=t"]);
  });
});
