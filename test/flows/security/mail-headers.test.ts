// OWASP ASVS 1.3.11 (header injection): whatever is typed or registered, a mail has one recipient and the headers it should have.
import { expect } from "chai";
import { defaultPolicy } from "../../../src/applications/application.ts";
import { InputError } from "../../../src/errors.ts";
import type { Mail } from "../../../src/testing/mail-server.ts";
import { Guestpass } from "../../support/guestpass.ts";

const other = "mallory@evil.example";
const injections: Record<string, string> = {
  "a line break and a header": `ada@example.com\r\nBcc: ${other}`,
  "a line feed alone": `ada@example.com\nBcc: ${other}`,
  "a carriage return alone": `ada@example.com\rBcc: ${other}`,
  "an encoded line break": `ada@example.com%0d%0aBcc:${other}`,
  "another kind of line break": `ada@example.com\u2028Bcc:${other}`,
  "an SMTP command": `ada@example.com>\r\nRCPT TO:<${other}>`,
  "the end of the data": "ada@example.com\r\n.\r\nMAIL FROM:<x@evil.example>",
  "a NUL": `ada@example.com\0${other}`,
  "a comma": `ada@example.com,${other}`,
  "a comma and a space": `ada@example.com, ${other}`,
  "a full-width comma": `ada@example.com，${other}`,
  "a semicolon": `ada@example.com;${other}`,
  "a space": `ada@example.com ${other}`,
  "two at signs": `ada@example.com@evil.example`,
  "angle brackets": "<ada@example.com>",
  "a name and angle brackets": `Ada <${other}>`,
  "a name that is an address": `ada@example.com <${other}>`,
  "a group": `undisclosed:${other};`,
  "a comment": `ada@example.com(${other})`,
  "a source route": `@evil.example:ada@example.com`,
  "a quoted local part": `"ada,${other}"@example.com`,
  "a quoted local part with a line break": `"ada\r\nBcc: x"@example.com`,
  "a backslash": "ada\\@example.com",
  "an encoded word": "=?utf-8?q?mallory=40evil.example?=@example.com",
  "an address literal": "ada@[127.0.0.1]",
  "a slash in the domain": "ada@example.com/evil.example",
  "a port": "ada@example.com:25",
  "no domain": "ada@",
  "no top-level domain": "ada@localhost",
  "an option of a command line": "-oQ/tmp@",
  "a path": "ada@../../etc/passwd",
};

/** The header fields of a mail as a mail server sees them, unfolded. */
function fieldsOf({ raw }: Mail): [name: string, value: string][] {
  const head = raw.slice(0, raw.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
  return head.split("\r\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]);
}

const expected = [
  "From",
  "To",
  "Subject",
  "Message-ID",
  "Date",
  "MIME-Version",
  "Content-Type",
  "Auto-Submitted",
  "X-Auto-Response-Suppress",
  "Content-Language",
];

describe("the mail of a sign-in", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
    await guestpass.register("files");
  });
  after(() => guestpass.stop());
  beforeEach(() => {
    guestpass.mail.mails.length = 0;
  });

  async function ask(address: string, clientId = "files", headers: Record<string, string> = {}) {
    const application = { ...(await guestpass.server.app.applications.find(clientId)), secret: "unused" };
    const request = await guestpass.authorizationRequest(application as Parameters<Guestpass["authorizationRequest"]>[0]);
    return guestpass.askForCode(guestpass.browser(headers), request, address);
  }
  const isClean = (mail: Mail, to: string, recipient = to) => {
    const fields = fieldsOf(mail);
    expect(fields.map(([name]) => name)).to.have.members(expected);
    expect(mail.to).to.equal(recipient);
    expect(Object.fromEntries(fields)["To"]).to.equal(to);
    expect(Object.fromEntries(fields)["From"]).to.equal("Guest access <guests@idp.example>");
  };

  it("goes to nobody where the address is more than an address", async () => {
    for (const [what, typed] of Object.entries(injections)) {
      const page = await ask(typed);
      expect(page.status, what).to.equal(422);
      expect(page.document.querySelector("#email-problem"), what).not.to.equal(null);
      expect(page.document.querySelector("input[name=email]")?.getAttribute("value"), what).to.be.a("string");
    }
    await ask("after@example.com");
    await guestpass.mail.wait("after@example.com");
    expect(guestpass.mail.mails.map(({ to }) => to)).to.deep.equal(["after@example.com"]);
  });

  it("goes to nobody where the address is far too long", async () => {
    expect((await ask(`${"a".repeat(65)}@example.com`)).status).to.equal(422);
    expect((await ask(`ada@${"a.".repeat(130)}example.com`)).status).to.equal(422);
    expect((await ask(`ada@example.com${" ".repeat(60_000)}`)).status).to.equal(422);
    const huge = await ask("a".repeat(10_000_000));
    expect([huge.status, huge.title]).to.deep.equal([413, "This could not be read"]);
    expect(huge.text).to.contain("too long or incomplete").and.to.not.contain("not your fault");
    expect(guestpass.mail.mails).to.deep.equal([]);
  });

  it("goes to the one address that was typed, odd as it may look, and has the headers it should have", async () => {
    /** What is typed, what stands in the mail, and what the mail server takes the recipient for. */
    const addresses: [typed: string, to: string, recipient?: string][] = [
      ["ada+files@example.com", "ada+files@example.com"],
      ["  Ada@Example.com\t", "Ada@example.com"],
      ["o'brien%evil.example@example.com", "o'brien%evil.example@example.com"],
      ["evil.example!x{}|~`$&*?=^#/@example.com", "evil.example!x{}|~`$&*?=^#/@example.com"],
      ["bcc@to.cc", "bcc@to.cc"],
      ["--ada--@example.com", "--ada--@example.com"],
      ["ada@xn--bcher-kva.example", "ada@xn--bcher-kva.example", "ada@bücher.example"],
      ["ada@bücher.example", "ada@xn--bcher-kva.example", "ada@bücher.example"],
      ["adä@example.com", "adä@example.com"],
    ];
    for (const [typed, to, recipient = to] of addresses) {
      await ask(typed);
      await guestpass.mail.until(() => guestpass.mail.mails.length === 1);
      isClean(guestpass.mail.mails.pop() as Mail, to, recipient);
    }
  });

  it("is answered at the application's support address, which it names", async () => {
    await guestpass.register("supported", { policy: { supportAddress: "help@files.example" } });
    await ask("ada@example.com", "supported");
    const [mail] = await guestpass.mail.wait("ada@example.com");
    const fields = fieldsOf(mail as Mail);
    expect(fields.map(([name]) => name)).to.have.members([...expected, "Reply-To"]);
    expect(Object.fromEntries(fields)["Reply-To"]).to.equal("help@files.example");
    expect(mail?.parsed.text).to.contain("help@files.example");
  });

  it("is not answered anywhere else, whatever stands in the place of a support address", async () => {
    await guestpass.register("meddled");
    const { app } = guestpass.server;
    // Not to be registered, but it must do no harm if it is there.
    for (const supportAddress of Object.values(injections)) {
      const policy = JSON.stringify({ ...defaultPolicy, supportAddress });
      await app.db("applications").where({ client_id: "meddled" }).update({ policy });
      guestpass.clock.advance({ seconds: 6 });
      await ask("ada@example.com", "meddled");
      await guestpass.mail.until(() => guestpass.mail.mails.length === 1);
      const mail = guestpass.mail.mails.pop() as Mail;
      isClean(mail, "ada@example.com");
      expect(mail.raw, supportAddress).not.to.contain("evil");
    }
  });

  it("takes only words from an application's name", async () => {
    const names = [
      '"Files" <b>&amp; Co</b>, x@evil.example; y@evil.example',
      `=?utf-8?q?=0d=0aBcc:_${other}?=`,
      "=?utf-8?q?=E2=80=AEgnp.exe?=",
      "=\u200b?utf-8?q?=E2=80=AEgnp.exe?=",
      "Dateien für alle 💩 \u202egnp.exe",
      "{{code}} {{link}} $t(mail.passcode.lead)",
      "lang ".repeat(20),
      // Not to be registered, but it must do no harm if it is there.
      `Files\r\nBcc: ${other}`,
      "Files\nContent-Type: text/html\n\n<h1>evil</h1>",
      "Files\r\n\r\nevil body",
    ];
    const { app } = guestpass.server;
    for (const [index, name] of names.entries()) {
      const clientId = `named-${index}`;
      await guestpass.register(clientId);
      await app.db("applications").where({ client_id: clientId }).update({ name });
      await ask("ada@example.com", clientId);
      await guestpass.mail.until(() => guestpass.mail.mails.length === 1);
      const mail = guestpass.mail.mails.pop() as Mail;
      isClean(mail, "ada@example.com");
      expect(mail.parsed.html, name).not.to.match(/<h1>evil|<b>&amp;/);
      expect(mail.parsed.attachments, name).to.deep.equal([]);
      expect(mail.parsed.subject, "as a mail program reads it").not.to.match(/[\p{Cc}\p{Cf}]/u);
    }
  });

  it("is of no application whose name contains line breaks or other control characters, is empty or endless", async () => {
    for (const name of [`Files\r\nBcc: ${other}`, "Files\n", "Files\0", "Files\u007f", "\u0085", "\u2028", "", "   ", "f".repeat(101)]) {
      const refused = await guestpass.register("badly-named", { name }).catch((error: Error) => error);
      expect(refused, JSON.stringify(name)).to.be.instanceOf(InputError).and.to.have.property("message").that.matches(/name/);
    }
  });

  it("takes only the name of a known browser from its headers", async () => {
    const headers = {
      "user-agent": `<b>evil</b> \u00e9 ${other}`,
      "accept-language": `en, ${other}`,
      from: other,
      "x-forwarded-for": other,
    };
    await ask("ada@example.com", "files", headers);
    const [mail] = await guestpass.mail.wait("ada@example.com");
    isClean(mail as Mail, "ada@example.com");
    expect(mail?.raw).not.to.contain("evil");
  });
});
