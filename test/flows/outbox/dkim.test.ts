import { generateKeyPairSync } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { dkimVerify } from "mailauth/lib/dkim/verify.js";
import { dkimRecord } from "../../../src/outbox/dkim.ts";
import { Routes } from "../../../src/outbox/routes.ts";
import { testClock } from "../../../src/testing/clock.ts";
import { MailServer } from "../../../src/testing/mail-server.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { memoryLog } from "../../support/memory-log.ts";
import { queuedMail } from "../../support/queued-mail.ts";
import { runWarm } from "../../support/warm-command.ts";

describe("mail signed with DKIM", () => {
  let directory: string;
  let keyFile: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "guestpass-dkim-"));
    keyFile = join(directory, "dkim.pem");
  });
  after(() => rm(directory, { recursive: true }));

  const makeKey = (...options: string[]) => runWarm(["mail", "dkim-key", keyFile, "--domain", "idp.example", ...options], {});

  const signing = (url: string) => {
    const dkim = { domain: "idp.example", selector: "guestpass", keyFile };
    return { GUESTPASS_OTP_TOKEN: "on", GUESTPASS_SMTP_URL: "", GUESTPASS_SMTP_ROUTES: JSON.stringify([{ name: "relay", url, dkim }]) };
  };

  async function mailed(): Promise<string> {
    const server = await new MailServer().start();
    const guestpass = await Guestpass.start(signing(server.url));
    try {
      const application = await guestpass.register("files");
      await guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(application), "ada@example.com");
      return (await server.wait("ada@example.com"))[0]?.raw as string;
    } finally {
      await guestpass.stop();
      await server.stop();
    }
  }

  /** What an independent verifier says to whom only the record is known that the command printed. */
  async function verify(raw: string, record: { name: string; value: string }) {
    const resolver = async (name: string, type: string) => {
      if (name === record.name && type === "TXT") return [[record.value]];
      throw Object.assign(new Error(`no ${type} of ${name}`), { code: "ENODATA" });
    };
    const { results } = await dkimVerify(raw, { resolver: resolver as never });
    return results.map(({ status, signingDomain, selector, algo }) => ({ result: status.result, signingDomain, selector, algo }));
  }

  it("is believed by a verifier that knows the record that guestpass mail dkim-key prints", async () => {
    const { code, stdout } = await makeKey("--json");
    expect(code).to.equal(0);
    expect((await stat(keyFile)).mode & 0o777).to.equal(0o600);
    const record = JSON.parse(stdout);
    expect(record).to.include({ name: "guestpass._domainkey.idp.example", type: "TXT", made: true });
    const raw = await mailed();
    const signature = { signingDomain: "idp.example", selector: "guestpass", algo: "rsa-sha256" };
    expect(await verify(raw, record)).to.deep.equal([{ ...signature, result: "pass" }]);
    const forged = raw.replace(/^Subject: .*$/m, "Subject: something else");
    expect((await verify(forged, record))[0]?.result).to.equal("fail");
    for (const name of ["Auto-Submitted", "Content-Language", "OTP-Token"]) {
      const changed = raw.replace(new RegExp(`^${name}: .*$`, "m"), `${name}: other`);
      expect(changed).to.not.equal(raw);
      expect((await verify(changed, record))[0]?.result, name).to.equal("fail");
    }
    expect((await verify(raw, { ...record, value: "v=DKIM1; k=rsa; p=" }))[0]?.result).to.not.equal("pass");
  });

  it("covers both headers of a reminder by which a mail program switches reminders off (RFC 8058, 4)", async () => {
    const server = await new MailServer().start();
    const dkim = { domain: "idp.example", selector: "guestpass", privateKey: await readFile(keyFile, "utf8") };
    const routes = new Routes({ clock: testClock, routes: [{ name: "relay", smtpUrl: server.url, from: "guests@idp.example", dkim }] });
    const mail = queuedMail();
    const unsubscribe = "https://guests.example.com/reminders/token";
    await routes.deliver({ ...mail, content: JSON.stringify({ ...JSON.parse(mail.content), unsubscribe }) });
    routes.close();
    await server.stop();
    const raw = server.mails[0]?.raw as string;
    const record = dkimRecord(dkim);
    expect((await verify(raw, record))[0]?.result).to.equal("pass");
    for (const [written, changed] of [
      [unsubscribe, "https://evil.example/"],
      ["List-Unsubscribe=One-Click", "List-Unsubscribe=No-Click"],
    ] as const) {
      expect(raw).to.contain(written);
      expect((await verify(raw.replace(written, changed), record))[0]?.result, written).to.equal("fail");
    }
  });

  it("keeps its key: asking again prints the same record, in strings that DNS can hold", async () => {
    const key = await readFile(keyFile, "utf8");
    const { code, stdout } = await makeKey();
    expect(code).to.equal(0);
    expect(await readFile(keyFile, "utf8")).to.equal(key);
    const [whole] = /^v=DKIM1;.*$/m.exec(stdout) ?? [];
    const strings = [...(/^guestpass\._domainkey\.idp\.example\. IN TXT \( (.*) \)$/m.exec(stdout)?.[1]?.matchAll(/"([^"]*)"/g) ?? [])].map(
      ([, text]) => text,
    );
    expect(strings.join("")).to.equal(whole);
    for (const text of strings) expect(text?.length).to.be.at.most(255);
    expect(stdout).to.not.contain("PRIVATE");
  });

  it("gets no record for a key that is not RSA, nor for a name that DNS cannot hold", async () => {
    const other = join(directory, "ed25519.pem");
    const ed25519 = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" });
    await writeFile(other, ed25519);
    for (const [args, said] of [
      [[other, "--domain", "idp.example"], /does not hold a private key: it is not an RSA key$/],
      [[directory, "--domain", "idp.example"], /does not hold a private key: EISDIR/],
      [[join(directory, "new.pem"), "--domain", "idp example"], /'idp example' is invalid\. It must be a valid DNS name/],
      [[join(directory, "new.pem"), "--domain", "idp.example", "--selector", "a\nb"], /is invalid\. It must be a valid DNS name/],
    ] as const) {
      const { code, stdout, stderr } = await runWarm(["mail", "dkim-key", ...args], {});
      expect({ code, stdout }, stderr).to.deep.equal({ code: 1, stdout: "" });
      expect(stderr.trimEnd()).to.match(said);
    }
    expect(existsSync(join(directory, "new.pem"))).to.equal(false);
  });

  it("is signed with a key that others can read too, but the start and guestpass doctor say so", async () => {
    const words = `others can read or change the DKIM key ${keyFile} and sign mail as yours: chmod 6`;
    for (const [mode, exposed] of [
      [0o644, true],
      [0o600, false],
    ] as const) {
      await chmod(keyFile, mode);
      const { log, lines } = memoryLog();
      const guestpass = await Guestpass.start(signing("smtp://127.0.0.1:2525"), { log });
      const { stdout } = await runWarm(["doctor"], guestpass.settings);
      await guestpass.stop();
      const warnings = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 40);
      expect(warnings.filter(({ msg }) => msg.startsWith(words))).to.have.length(exposed ? 1 : 0);
      expect(stdout).to.match(
        exposed
          ? /^note {2}DKIM keys +others can read or change the DKIM key .*: chmod 6[04]0 \/.*dkim\.pem$/m
          : /^ok {4}DKIM keys +nobody else can read them$/m,
      );
    }
  });

  for (const [what, content] of [
    ["is not there", undefined],
    ["is no key", "hello"],
  ] as const) {
    it(`stops Guestpass from starting with a key file that ${what}: the start says so`, async () => {
      const path = join(directory, "other.pem");
      if (content) await writeFile(path, content);
      const route = { name: "relay", url: "smtp://127.0.0.1:2525", dkim: { domain: "idp.example", selector: "s", keyFile: path } };
      const settings = { GUESTPASS_DATA_DIR: directory, GUESTPASS_SMTP_ROUTES: JSON.stringify([route]) };
      expect((await runWarm(["migrate"], { GUESTPASS_DATA_DIR: directory })).code).to.equal(0);
      const { code, stderr } = await runWarm(["mail", "routes"], settings);
      expect(code).to.equal(1);
      expect(stderr).to.match(/^The DKIM key of the route relay cannot be used: .*other\.pem/);
    });
  }
});
