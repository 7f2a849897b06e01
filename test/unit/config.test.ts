import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { readConfig } from "../../src/configuration/config.ts";

describe("the configuration", () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "guestpass-config-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const read = (environment: Record<string, string> = {}) => readConfig({ GUESTPASS_DATA_DIR: directory, ...environment });

  function file(content: object): string {
    const path = join(directory, "guestpass.json");
    writeFileSync(path, JSON.stringify(content));
    return path;
  }

  /** The lines of the message that reading it ends with. */
  function problems(environment: Record<string, string>): string[] {
    try {
      read(environment);
    } catch (error) {
      expect((error as Error).name).to.equal("InputError");
      return (error as Error).message.split("\n");
    }
    throw new Error("nothing was wrong with it");
  }

  const production = {
    GUESTPASS_ISSUER: "https://guests.example.com",
    GUESTPASS_SECRET: "a secret that is long enough for anyone",
    GUESTPASS_SMTP_URL: "smtp://mail.example.com",
    GUESTPASS_TRUSTED_PROXIES: "10.0.0.0/8, 192.0.2.7",
  };

  it("needs nothing for development: everything has a default, and the secret is made", () => {
    const config = read();
    expect(config).to.deep.include({ mode: "development", issuer: "http://localhost:3000", listen: { host: "127.0.0.1", port: 3000 } });
    expect(config.database.url).to.equal(`sqlite:${join(directory, "guestpass.db")}`);
    expect(config.mail.smtpUrl).to.equal("smtp://127.0.0.1:3025");
  });

  it("keeps the secret that it made in a file that only its owner can read, and finds it again", () => {
    const { secret } = read();
    const path = join(directory, "secret");
    expect(readFileSync(path, "utf8")).to.equal(secret);
    expect(statSync(path).mode & 0o777).to.equal(0o600);
    expect(read().secret).to.equal(secret);
  });

  it("says so in a sentence where the secret is there and cannot be read", () => {
    mkdirSync(join(directory, "secret"));
    expect(problems({}).join()).to.match(/^The secret cannot be read: .*GUESTPASS_DATA_DIR/);
  });

  it("makes no secret for production", () => {
    expect(problems({ ...production, GUESTPASS_SECRET: "" }).join()).to.contain("GUESTPASS_SECRET (secret): is missing");
  });

  it("takes a file over the defaults, and the environment over the file", () => {
    const path = file({ organisation: "Acme", passcode: { digits: 8, minutes: 5 } });
    const config = read({ GUESTPASS_CONFIG: path, GUESTPASS_PASSCODE_MINUTES: "7" });
    expect(config.organisation).to.equal("Acme");
    expect(config.passcode).to.deep.equal({ digits: 8, minutes: 7, wrongTries: 5 });
  });

  it("reads lists from the environment", () => {
    expect(read(production).trustedProxies).to.deep.equal(["10.0.0.0/8", "192.0.2.7"]);
  });

  it("reads routes of mail from the environment or a file, in place of the one URL", () => {
    const ways = [{ name: "relay", url: "smtps://mail.example.com", perMinute: 100 }];
    const environment = { ...production, GUESTPASS_SMTP_URL: "" };
    expect(read({ ...environment, GUESTPASS_SMTP_ROUTES: JSON.stringify(ways) }).mail.routes).to.deep.equal(ways);
    const config = read({ ...environment, GUESTPASS_CONFIG: file({ mail: { routes: ways } }) });
    expect(config.mail).to.deep.include({ routes: ways });
    expect(config.mail.smtpUrl).to.equal(undefined);
    expect(read({ GUESTPASS_SMTP_ROUTES: JSON.stringify(ways) }).mail.smtpUrl, "in development").to.equal(undefined);
  });

  it("says everything that is wrong in one message, a line each, by the names that an operator sets", () => {
    const lines = problems({
      GUESTPASS_ISSUER: "https://guests.example.com",
      GUESTPASS_PORT: "many",
      GUESTPASS_PASSCODE_MINUTES: "15",
      GUESTPASS_DATABASE_URL: "mysql://db",
      GUESTPASS_COLOUR: "blue",
    });
    expect(lines[0]).to.equal("The configuration is not valid:");
    expect(lines.at(-1)).to.contain("docs/configuration.md");
    const named = lines.slice(1, -1).map((line) => /^ {2}- (GUESTPASS_\w+)/.exec(line)?.[1]);
    expect(named).to.have.members([
      "GUESTPASS_COLOUR",
      "GUESTPASS_PORT",
      "GUESTPASS_SECRET",
      "GUESTPASS_DATABASE_URL",
      "GUESTPASS_SMTP_URL",
      "GUESTPASS_PASSCODE_MINUTES",
      "GUESTPASS_TRUSTED_PROXIES",
    ]);
  });

  const routes = (...given: object[]) => JSON.stringify(given.map((route) => ({ name: "relay", url: "smtp://relay", ...route })));

  for (const [what, environment, why] of [
    [
      "a development mode that the world can reach",
      { ...production, GUESTPASS_MODE: "development" },
      /GUESTPASS_MODE=development .*loopback issuer/,
    ],
    ["an issuer in the clear", { ...production, GUESTPASS_ISSUER: "http://guests.example.com" }, /GUESTPASS_ISSUER must begin with https/],
    ["an issuer with a path", { ...production, GUESTPASS_ISSUER: "https://example.com/guests" }, /GUESTPASS_ISSUER .*an origin such as/],
    [
      "an issuer with a slash at the end",
      { ...production, GUESTPASS_ISSUER: "https://example.com/" },
      /GUESTPASS_ISSUER .*an origin such as/,
    ],
    ["no issuer at all", { ...production, GUESTPASS_ISSUER: "guests" }, /GUESTPASS_ISSUER .*http:\/\/localhost:3000/],
    [
      "a proxy that is no address",
      { ...production, GUESTPASS_TRUSTED_PROXIES: "the-proxy" },
      /GUESTPASS_TRUSTED_PROXIES \(trustedProxies\), entry 1: must be an address/,
    ],
    ["a number that is not valid", { ...production, GUESTPASS_PORT: "many" }, /GUESTPASS_PORT \(listen.port\): must be a number$/],
    ["a code that is good for longer than the standard allows", { ...production, GUESTPASS_PASSCODE_MINUTES: "11" }, /10 minutes/],
    ["a code that is too short", { ...production, GUESTPASS_PASSCODE_DIGITS: "4" }, /GUESTPASS_PASSCODE_DIGITS/],
    ["a short secret", { ...production, GUESTPASS_SECRET: "hunter2" }, /GUESTPASS_SECRET .*32 characters/],
    [
      "two ways to say where mail goes",
      { ...production, GUESTPASS_SMTP_ROUTES: routes({ name: "a" }) },
      /GUESTPASS_SMTP_URL and GUESTPASS_SMTP_ROUTES/,
    ],
    [
      "routes that are no JSON",
      { ...production, GUESTPASS_SMTP_ROUTES: "smtp://hunter2@relay" },
      /GUESTPASS_SMTP_ROUTES .*: must be valid JSON, a list such as/,
    ],
    [
      "a route that is no mail server",
      { ...production, GUESTPASS_SMTP_ROUTES: routes({ url: "https://hunter2@relay" }) },
      /GUESTPASS_SMTP_ROUTES \(mail\.routes\), entry 1, url: must be smtp:/,
    ],
    ["two routes of one name", { ...production, GUESTPASS_SMTP_ROUTES: routes({}, {}) }, /GUESTPASS_SMTP_ROUTES .*different names/],
    [
      "routes that carry some domains only",
      { ...production, GUESTPASS_SMTP_ROUTES: routes({ domains: ["a.example"] }) },
      /carry every domain/,
    ],
    ["a misspelt setting", { ...production, GUESTPASS_ISSUR: "x" }, /GUESTPASS_ISSUR is not a setting/],
    ["a file that is not there", { ...production, GUESTPASS_CONFIG: "/nowhere.json" }, /GUESTPASS_CONFIG names \/nowhere.json/],
  ] as [string, Record<string, string>, RegExp][]) {
    it(`refuses ${what}`, () => {
      const lines = problems(environment);
      expect(lines.filter((line) => why.test(line))).to.have.length(1);
      expect(lines.join("\n")).to.not.contain("hunter2");
    });
  }

  it("says what a file has put in the wrong place", () => {
    const path = file({ mail: "smtp://mail.example.com", passcode: { length: 6 }, trustedProxies: "10.0.0.5" });
    const message = problems({ ...production, GUESTPASS_TRUSTED_PROXIES: "", GUESTPASS_CONFIG: path }).join("\n");
    for (const name of ["mail", "passcode", "trustedProxies"]) expect(message).to.match(new RegExp(`- .*\\b${name}\\b.*: `));
  });
});
