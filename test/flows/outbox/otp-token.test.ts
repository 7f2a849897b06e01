import { expect } from "chai";
import { readConfig } from "../../../src/configuration/config.ts";
import { namesCode } from "../../../src/outbox/otp-token.ts";
import { codeIn, MailServer } from "../../../src/testing/mail-server.ts";
import { Guestpass } from "../../support/guestpass.ts";

describe("the header that names a code to mail programs (draft-goto-otp-token)", () => {
  it("names code and origin where it is on, beside the headers of the route, and in no other mail", async () => {
    const server = await new MailServer().start();
    const route = { name: "relay", url: server.url, headers: { "X-PM-Message-Stream": "outbound" } };
    const guestpass = await Guestpass.start({
      GUESTPASS_OTP_TOKEN: "on",
      GUESTPASS_SMTP_URL: "",
      GUESTPASS_SMTP_ROUTES: JSON.stringify([route]),
    });
    try {
      for (const [admission, address] of [
        ["anyone", "ada@example.com"],
        ["invited", "eve@example.com"],
      ] as const) {
        const application = await guestpass.register(admission, { admission });
        await guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(application), address);
      }
      const [mail] = await server.wait("ada@example.com");
      const [other] = await server.wait("eve@example.com");
      const code = mail && codeIn(mail);
      expect(code).to.match(/^\d{6}$/);
      expect(mail?.parsed.headers.get("otp-token")).to.equal(`"${code}"; origin="${guestpass.issuer}"`);
      expect(mail?.parsed.headers.get("x-pm-message-stream")).to.equal("outbound");
      expect(other?.parsed.headers.has("otp-token"), "no code, no header").to.equal(false);
    } finally {
      await guestpass.stop();
      await server.stop();
    }
  });

  for (const [issuer, from, otpToken, named] of [
    ["https://guests.example.co.uk", "guests@mail.example.co.uk", "auto", true],
    ["https://guests.example.com", "Guests <guests@example.com>", "auto", true],
    ["https://guests.example.com", "guests@example.org", "auto", false],
    ["https://one.co.uk", "guests@two.co.uk", "auto", false],
    ["https://one.github.io", "guests@two.github.io", "auto", false],
    ["http://localhost:3000", "guests@localhost", "auto", false],
    ["https://guests.example.com", "guests@example.org", "on", true],
    ["https://guests.example.com", "guests@example.com", "off", false],
  ] as const)
    it(`is ${named ? "" : "not "}there for ${issuer} and ${from} (${otpToken})`, () => {
      const config = readConfig({
        GUESTPASS_MODE: "production",
        GUESTPASS_ISSUER: issuer,
        GUESTPASS_TRUSTED_PROXIES: "10.0.0.1",
        GUESTPASS_SECRET: "a secret of the tests that is long enough",
        GUESTPASS_SMTP_URL: "smtp://127.0.0.1:25",
        GUESTPASS_MAIL_FROM: from,
        GUESTPASS_OTP_TOKEN: otpToken,
      });
      expect(namesCode(config)).to.equal(named);
    });

  for (const headers of [{ Subject: "x" }, { "X-Good": "two\r\nlines" }, { "X-Bad:": "x" }, { Bcc: "eve@evil.example" }])
    it(`shares a route with no header such as ${JSON.stringify(headers)}`, () => {
      const routes = JSON.stringify([{ name: "relay", url: "smtp://127.0.0.1:25", headers }]);
      expect(() => readConfig({ GUESTPASS_SECRET: "a secret of the tests that is long enough", GUESTPASS_SMTP_ROUTES: routes })).to.throw(
        /must begin with X-|must be one line/,
      );
    });
});
