import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readConfig } from "../../src/configuration/config.ts";

describe("the message about a configuration that does not work", () => {
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "guestpass-config-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  /** What is wrong with it, a line each; nothing where it works. */
  function problems(environment: Record<string, string>): string[] {
    try {
      readConfig({ GUESTPASS_DATA_DIR: directory, ...environment });
      return [];
    } catch (error) {
      expect((error as Error).name).to.equal("InputError");
      return [...(error as Error).message.matchAll(/^ {2}- (.*)$/gm)].map(([, line]) => line as string);
    }
  }

  function file(content: string): string {
    const path = join(directory, "guestpass.json");
    writeFileSync(path, content);
    return path;
  }

  const rubbish: [string, Record<string, string>, string][] = [
    ["is no number", { GUESTPASS_PORT: "many" }, "GUESTPASS_PORT (listen.port): must be a number"],
    ["is white space for a number", { GUESTPASS_PORT: " " }, "GUESTPASS_PORT (listen.port): must be a number"],
    ["is too large", { GUESTPASS_PORT: "70000" }, "GUESTPASS_PORT (listen.port): must be 65535 or less"],
    ["is too small", { GUESTPASS_SESSION_DAYS: "0" }, "GUESTPASS_SESSION_DAYS (session.days): must be more than 0"],
    [
      "is a part of a minute in a mail",
      { GUESTPASS_PASSCODE_MINUTES: "2.5" },
      "GUESTPASS_PASSCODE_MINUTES (passcode.minutes): must be a whole number",
    ],
    ["is a part", { GUESTPASS_PASSCODE_DIGITS: "6.5" }, "GUESTPASS_PASSCODE_DIGITS (passcode.digits): must be a whole number"],
    [
      "is none of the choices",
      { GUESTPASS_LOG_LEVEL: "loud" },
      "GUESTPASS_LOG_LEVEL (logLevel): must be one of fatal, error, warn, info, debug, trace, silent",
    ],
    ["is too long", { GUESTPASS_ORGANISATION: "x".repeat(101) }, "GUESTPASS_ORGANISATION (organisation): must have at most 100 characters"],
    ["is blank", { GUESTPASS_ORGANISATION: " " }, "GUESTPASS_ORGANISATION (organisation): must be a name"],
    [
      "is two lines",
      { GUESTPASS_ORGANISATION: "Acme\nBcc: eve@example.com" },
      "GUESTPASS_ORGANISATION (organisation): must be one line without control characters",
    ],
    ["is no address", { GUESTPASS_MAIL_SUPPORT: "x" }, "GUESTPASS_MAIL_SUPPORT (mail.support): must be an email address"],
    [
      "is wrong in a list",
      { GUESTPASS_TRUSTED_PROXIES: "10.0.0.5,proxy" },
      "GUESTPASS_TRUSTED_PROXIES (trustedProxies), entry 2: must be an address such as 10.0.0.5 or a network such as 10.0.0.0/8",
    ],
    [
      "lacks the scheme",
      { GUESTPASS_ISSUER: "localhost:3400" },
      "GUESTPASS_ISSUER (issuer): must be an origin such as https://guests.example.com or http://localhost:3000, without a path or trailing slash",
    ],
    [
      "is a port that mail could not be sent to",
      { GUESTPASS_DEVELOPMENT_SMTP_PORT: "0" },
      "GUESTPASS_DEVELOPMENT_SMTP_PORT (development.smtpPort): must be 1 or more",
    ],
    [
      "is one address among several that is not valid",
      { GUESTPASS_ALERT_TO: "ada@example.com,grace" },
      "GUESTPASS_ALERT_TO (alerts.to), entry 2: must be an email address",
    ],
  ];
  for (const everybody of ["0.0.0.0/0", "::/0", "0.0.0.0/00", "0"]) {
    it(`is one sentence where every proxy, or none, is trusted: ${everybody}`, () =>
      expect(problems({ GUESTPASS_TRUSTED_PROXIES: everybody })).to.deep.equal([
        "GUESTPASS_TRUSTED_PROXIES (trustedProxies), entry 1: must be an address such as 10.0.0.5 or a network such as 10.0.0.0/8",
      ]));
  }
  for (const [what, environment, said] of rubbish) {
    it(`is one sentence where a value ${what}`, () => expect(problems(environment)).to.deep.equal([said]));
  }

  it("names the route that is wrong, and what is wrong with it", () => {
    const routes = [{ name: "", url: "smtp://relay", perMinute: 0, retries: 3 }, { url: "smtp://relay" }];
    const route = "GUESTPASS_SMTP_ROUTES (mail.routes), entry";
    expect(problems({ GUESTPASS_SMTP_ROUTES: JSON.stringify(routes) })).to.deep.equal([
      `${route} 1, name: must be 1 to 40 letters, digits, dots, dashes or underscores`,
      `${route} 1, perMinute: must be more than 0`,
      `${route} 1: retries is not a setting of Guestpass`,
      `${route} 2, name: is missing`,
    ]);
  });

  it("names anything that is not a setting, and gives it to nothing else", () => {
    const path = file(
      '{ "__proto__": { "issuer": "https://guests.example.com" }, "mail": { "__proto__": { "from": "eve@example.com" } } }',
    );
    const lines = problems({ GUESTPASS_CONFIG: path });
    expect(lines).to.include("the configuration: __proto__ is not a setting of Guestpass");
    expect({}).not.to.have.property("issuer");
    expect({}).not.to.have.property("from");
  });

  it("quotes nothing of a file that is no JSON: it can hold secrets", () => {
    const path = file('{ "secret": hunter2 }');
    expect(() => readConfig({ GUESTPASS_CONFIG: path })).to.throw(/^GUESTPASS_CONFIG names \S+, which is not one JSON object, such as/);
    expect(() => readConfig({ GUESTPASS_CONFIG: path })).to.not.throw(/hunter2/);
  });

  for (const from of [
    "rubbish",
    "Acme <a@@b, c@d.example>",
    "a@b.example, c@d.example",
    "Acme, Inc <a@b.example>",
    "group: a@b.example;",
    "Acme <a@b.example> and others",
    "Acme\nBcc: <a@b.example>",
    "a..b@c.example",
  ]) {
    it(`says that ${JSON.stringify(from)} is no sender`, () => {
      const lines = problems({ GUESTPASS_MAIL_FROM: from });
      expect(lines).to.have.length(1);
      expect(lines[0]).to.match(/^GUESTPASS_MAIL_FROM \(mail\.from\): must be one address, such as guests@example\.com or /);
    });
  }

  it("accepts a sender with or without a name", () => {
    for (const from of ["a@b.example", "<a@b.example>", "Acme Inc. Gäste <a@b.example>", '"Acme, \\"Inc\\"" <a@b.example>', "a@localhost"])
      expect(problems({ GUESTPASS_MAIL_FROM: from }), from).to.deep.equal([]);
  });

  for (const password of ["hun/ter2", "hun@ter2", "hun#ter2", "hun?ter2", "hun%ter2", "1/hunter2", "1?hunter2"]) {
    it(`asks for percent-encoding where a password is like ${password}, and does not repeat it`, () => {
      const smtp = `smtp://mailer:${password}@mail.example.com`;
      const everywhere = {
        GUESTPASS_SMTP_URL: smtp,
        GUESTPASS_SMTP_ROUTES: JSON.stringify([{ name: "relay", url: smtp }]),
        GUESTPASS_DATABASE_URL: `postgres://guestpass:${password}@db.example.com/guestpass`,
      };
      for (const [name, value] of Object.entries(everywhere)) {
        const lines = problems({ [name]: value });
        expect(lines, name).to.have.length(1);
        expect(lines[0]).to.match(new RegExp(`^${name} .*: must be .*percent-encode special characters in the password`));
        expect(lines[0]).to.not.match(/hun|ter2/);
      }
    });
  }

  it("refuses a mail server's URL with a path, and one without a host", () => {
    for (const url of [
      "smtp://mail.example.com/inbox",
      "smtp://",
      "smtp:mail",
      "smtp://mail.example.com:0",
      "smtp://mail.example.com:99999",
    ])
      expect(problems({ GUESTPASS_SMTP_URL: url }), url).to.have.length(1);
  });

  it("takes URLs whose passwords are percent-encoded", () => {
    for (const url of [
      "smtp://u:p%40%2F%23@mail.example.com:587?requireTLS=true",
      "smtps://[::1]/",
      "smtp://relay",
      "smtp://relay?greetingTimeout=1000&socketTimeout=60000",
    ])
      expect(problems({ GUESTPASS_SMTP_URL: url }), url).to.deep.equal([]);
    for (const url of [
      "postgres://u:p%40@db/guestpass?schema=a",
      "postgresql:///guestpass?host=/run/postgresql",
      "postgres://%2Frun/guestpass",
    ])
      expect(problems({ GUESTPASS_DATABASE_URL: url }), url).to.deep.equal([]);
  });
});
