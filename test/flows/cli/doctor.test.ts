import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { SMTPServer } from "smtp-server";
import { freePort, Guestpass, redirectUri } from "../../support/guestpass.ts";
import { Organisation } from "../../support/organisation.ts";
import { runWarm } from "../../support/warm-command.ts";

describe("guestpass doctor", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  const doctor = (settings: Record<string, string> = {}) => runWarm(["doctor"], { ...guestpass.settings, ...settings });

  /** The lines about what was checked. */
  const verdicts = (stdout: string) => stdout.split("\n").filter((line) => /^(ok|FAIL) /.test(line));

  it("finds nothing wrong with an installation that works, and shows its configuration without its secrets", async () => {
    const { code, stdout, stderr } = await doctor({ GUESTPASS_SMTP_URL: guestpass.mail.url.replace("smtp://", "smtp://mailer:hunter2@") });
    expect({ code, stderr }, stdout).to.deep.equal({ code: 0, stderr: "" });
    expect(verdicts(stdout).map((line) => line.slice(0, 18).trim())).to.deep.equal([
      "ok    database",
      "ok    search",
      "ok    mail server",
      "ok    DKIM keys",
      "ok    issuer",
      "ok    passkeys",
      "ok    secret",
      "ok    signing keys",
      "ok    profiles",
      "ok    clock",
    ]);
    const config = JSON.parse(stdout.slice(0, stdout.indexOf("\n}") + 2));
    expect(config).to.deep.include({ issuer: guestpass.issuer, secret: "***" });
    expect(config.mail.smtpUrl).to.match(/^smtp:\/\/mailer:\*\*\*@127\.0\.0\.1:\d+$/);
    expect(stdout).to.match(
      /^note {2}mail login +127\.0\.0\.1:\d+ offers no login \(AUTH\), so the user and password in its URL are not used/m,
    );
    expect(stdout).to.not.match(/hunter2|a secret of the tests/);
  });

  it("names the applications that are held to a profile, and says that the profile asks for https", async () => {
    await guestpass.server.app.admin("createApplication", {
      body: { client_id: "bank", name: "Bank", profile: "fapi2", redirect_uris: [redirectUri], jwks_uri: "https://bank.example/jwks" },
    });
    const { code, stdout } = await doctor();
    expect(code).to.equal(0);
    expect(stdout).to.match(/^note {2}profiles +held: bank to fapi2; the profile asks for an https issuer$/m);
    await guestpass.server.app.admin("removeApplication", { params: { client_id: "bank" } });
  });

  it("says that the mail server does not answer", async () => {
    const { code, stdout, stderr } = await doctor({ GUESTPASS_SMTP_URL: `smtp://127.0.0.1:${await freePort()}` });
    expect({ code, stderr }).to.deep.equal({ code: 1, stderr: "Something needs attention.\n" });
    const [database, , mail] = verdicts(stdout);
    expect(database).to.match(/^ok/);
    expect(mail).to.match(/^FAIL {2}mail server +.*ECONNREFUSED/);
  });

  it("asks the mail server in development mode too, wherever it is", async () => {
    const port = await freePort();
    const elsewhere = await doctor({ GUESTPASS_MODE: "development", GUESTPASS_SMTP_URL: `smtp://127.0.0.1:${port}` });
    expect(elsewhere.stdout).to.match(/^FAIL {2}mail server +.*ECONNREFUSED/m);
    const mailbox = { GUESTPASS_MODE: "development", GUESTPASS_SMTP_URL: "", GUESTPASS_DEVELOPMENT_SMTP_PORT: String(port) };
    expect((await doctor(mailbox)).stdout).to.match(
      /^skip {2}mail server +the development mailbox, which runs inside guestpass serve, does not answer/m,
    );
  });

  for (const from of ["guestpass@localhost", "Guests <guests@acme.test>", "guests@mailhost"]) {
    it(`says that no mail server accepts mail from ${from}`, async () => {
      const world = { GUESTPASS_ISSUER: "https://guests.invalid", GUESTPASS_TRUSTED_PROXIES: "127.0.0.1", GUESTPASS_MAIL_FROM: from };
      const { code, stdout } = await doctor(world);
      expect(code).to.equal(1);
      expect(stdout).to.match(
        /^FAIL {2}mail domain +DNS records cannot be published for .*: set GUESTPASS_MAIL_FROM to an address at a domain of yours$/m,
      );
    });
  }

  it("says where mail that comes back goes", async () => {
    expect((await doctor()).stdout).to.match(/^note {2}bounces +Guestpass does not receive bounces, .*GUESTPASS_BOUNCE_DOMAIN/m);
    const reserved = await doctor({ GUESTPASS_BOUNCE_DOMAIN: "bounce.idp.example" });
    expect(reserved.stdout).to.match(/^skip {2}bounces +DNS records cannot be published for bounce\.idp\.example$/m);
  });

  it("says that a password may go to the mail server where others can read it, unless TLS is insisted on", async () => {
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(null, { user: "mailer" }),
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.2", resolve));
    const url = (login: string) => `smtp://${login}127.0.0.2:${(server.server.address() as AddressInfo).port}`;
    const open = await doctor({ GUESTPASS_SMTP_URL: url("mailer:hunter2@") });
    const anonymous = await doctor({ GUESTPASS_SMTP_URL: url("") });
    const strict = await doctor({ GUESTPASS_SMTP_URL: `${url("mailer:hunter2@")}?requireTLS=true` });
    await new Promise<void>((resolve) => server.close(resolve));
    expect(open.stdout).to.match(/^note {2}mail server +the route smtp sends its password and codes without TLS if .*requireTLS=true/m);
    expect(open.stdout).to.match(/^ok {4}mail login +every server that Guestpass has a login for offers to log in$/m);
    expect(anonymous.stdout).to.match(/^ok {4}mail server +/m);
    expect(anonymous.stdout).to.match(/^skip {2}mail login +no route has a login$/m);
    expect(strict.stdout).to.match(/^FAIL {2}mail server +/m);
    expect(open.stdout + strict.stdout).to.not.contain("hunter2");
  });

  it("says that the mail server does not let it in, and not with which password", async () => {
    const strict = new SMTPServer({
      disabledCommands: ["STARTTLS"],
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(new Error("wrong password")),
    });
    await new Promise<void>((resolve) => strict.listen(0, "127.0.0.1", resolve));
    const { port } = strict.server.address() as AddressInfo;
    const { code, stdout, stderr } = await doctor({ GUESTPASS_SMTP_URL: `smtp://mailer:hunter2@127.0.0.1:${port}` });
    await new Promise<void>((resolve) => strict.close(resolve));
    expect(code).to.equal(1);
    expect(verdicts(stdout)[2]).to.match(/^FAIL {2}mail server +Invalid login: 535 wrong password/);
    expect(stdout + stderr).to.not.contain("hunter2");
  });

  it("says that the issuer does not answer", async () => {
    const { code, stdout } = await doctor({ GUESTPASS_ISSUER: `http://localhost:${await freePort()}` });
    expect(code).to.equal(1);
    expect(verdicts(stdout)[4]).to.match(/^FAIL {2}issuer +http:\/\/localhost:\d+\/\S+ does not answer \(.*ECONNREFUSED.*\)/);
  });

  it("says that the issuer answers under another name", async () => {
    const { code, stdout } = await doctor({ GUESTPASS_ISSUER: guestpass.issuer.replace("localhost", "127.0.0.1") });
    expect(code).to.equal(1);
    expect(verdicts(stdout)[4]).to.equal(`FAIL  issuer       answers as ${guestpass.issuer}`);
  });

  it("says that the database does not answer, and not with which password", async () => {
    const { code, stdout, stderr } = await doctor({
      GUESTPASS_DATABASE_URL: "postgres://guestpass:hunter2@127.0.0.1:1/x?password=hunter3",
    });
    expect(code).to.equal(1);
    expect(stderr).to.match(/^FAIL {2}start +The database does not answer: .*ECONNREFUSED/);
    expect(stdout + stderr).to.not.match(/hunter\d/);
  });

  it("reports everything that is wrong with the configuration, and checks nothing then", async () => {
    const { code, stdout, stderr } = await doctor({ GUESTPASS_PORT: "many", GUESTPASS_SECRET: "short" });
    expect({ code, stdout }).to.deep.equal({ code: 1, stdout: "" });
    expect(stderr)
      .to.match(/GUESTPASS_PORT/)
      .and.to.match(/GUESTPASS_SECRET/);
  });

  it("asks the administrators' provider for its discovery document and its keys", async () => {
    const organisation = await Organisation.prepared();
    const provider = {
      GUESTPASS_CONSOLE_PROVIDER_ISSUER: organisation.issuer,
      GUESTPASS_CONSOLE_PROVIDER_CLIENT_ID: "guestpass",
      GUESTPASS_CONSOLE_PROVIDER_CLIENT_SECRET: "a secret of the provider",
      GUESTPASS_CONSOLE_PROVIDER_ROLES: '{ "owner": "owners" }',
    };
    const away = await doctor(provider);
    expect(away.code).to.equal(1);
    expect(away.stdout).to.match(/^FAIL {2}console +http:\/\/127.*openid-configuration does not answer/m);
    await organisation.start("http://127.0.0.1/callback");
    try {
      const there = await doctor(provider);
      expect(there.stdout).to.match(/^ok {4}console +http:\/\/127.* answers with its discovery document and its keys$/m);
      const slash = await doctor({ ...provider, GUESTPASS_CONSOLE_PROVIDER_ISSUER: `${organisation.issuer}/` });
      expect(slash.stdout).to.match(
        /^FAIL {2}console +http:\/\/127.* answers as http:\/\/127.*: set GUESTPASS_CONSOLE_PROVIDER_ISSUER to that$/m,
      );
    } finally {
      await organisation.stop();
    }
  });
});
