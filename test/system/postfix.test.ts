// Mail through a real mail server: to a mailbox, signed, and back to Guestpass where there is no mailbox.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import { AdminApi } from "../support/admin.ts";
import { runCommand } from "../support/command.ts";
import { eventually } from "../support/eventually.ts";
import { freePort, Guestpass, type RegisteredApplication } from "../support/guestpass.ts";
import { Postfix } from "../support/postfix.ts";

describe("Postfix between Guestpass and its guests", () => {
  let folder: string;
  let postfix: Postfix;
  let guestpass: Guestpass;
  let admin: AdminApi;
  let files: RegisteredApplication;
  /** What the operator publishes of the DKIM key. */
  let record: { name: string; value: string };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "guestpass-dkim-"));
    const keyFile = join(folder, "dkim.pem");
    record = JSON.parse((await runCommand(["mail", "dkim-key", keyFile, "--domain", "idp.example", "--json"], {})).stdout);
    const bouncePort = await freePort();
    postfix = await Postfix.start({ mailboxes: ["ada@example.com"], transports: { "bounce.idp.example": { port: bouncePort } } });
    const dkim = { domain: "idp.example", selector: "guestpass", keyFile };
    guestpass = await Guestpass.start({
      GUESTPASS_SMTP_URL: "",
      GUESTPASS_SMTP_ROUTES: JSON.stringify([{ name: "postfix", url: `smtp://127.0.0.1:${postfix.port}`, tls: "none", dkim }]),
      GUESTPASS_BOUNCE_DOMAIN: "bounce.idp.example",
      GUESTPASS_BOUNCE_HOST: "127.0.0.1",
      GUESTPASS_BOUNCE_PORT: String(bouncePort),
    });
    admin = new AdminApi(guestpass, await guestpass.register("console", { policy: { administrator: true } }));
    files = await guestpass.register("files");
  });
  after(async () => {
    await guestpass?.stop();
    await postfix?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  afterEach(async function () {
    if (this.currentTest?.state === "failed") console.error(await postfix.log());
  });

  const ask = async (address: string) => guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(files), address);

  it("delivers a code to the mailbox, with a signature that an independent verifier believes and the return path of that mail", async () => {
    await ask("ada@example.com");
    const mail = await postfix.delivered("ada@example.com");
    expect(mail).to.match(/^Return-Path: <b-[0-9a-f]{32}-[0-9a-f]{24}@bounce\.idp\.example>$/m);
    expect(mail).to.match(/^\d{6}\r?$/m);
    const resolver = async (name: string, type: string) => {
      if (name === record.name && type === "TXT") return [[record.value]];
      throw Object.assign(new Error(`no ${type} of ${name}`), { code: "ENODATA" });
    };
    const { results } = await dkimVerify(mail.replace(/\r?\n/g, "\r\n"), { resolver: resolver as never });
    expect(results.map(({ status, signingDomain }) => [status.result, signingDomain])).to.deep.equal([["pass", "idp.example"]]);
  });

  it("tells Guestpass of an address that has no mailbox, which marks the guest's mailbox with what Postfix said", async () => {
    const sub = await guestpass.addGuest("nobody@example.com");
    await ask("nobody@example.com");
    const read = async () => (await admin.get(`/guests/${sub}`)).body as unknown as { aliases: { undeliverable: object | null }[] };
    await eventually("the notification has arrived", async () => (await read()).aliases[0]?.undeliverable !== null);
    expect((await read()).aliases[0]?.undeliverable).to.deep.include({ refusals: 1, status: "5.1.1" });
    const [mail] = await guestpass.server.app.outbox.list({ recipient: "nobody@example.com" });
    expect(mail?.state, "Postfix had accepted it").to.equal("sent");
    expect(mail?.bouncedAt).to.be.a("number");
  });
});
