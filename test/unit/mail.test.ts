import { expect } from "chai";
import { parse } from "node-html-parser";
import { browserName } from "../../src/mail/browser-name.ts";
import { invitationMail } from "../../src/mail/invitation.ts";
import type { MailContent } from "../../src/mail/mail.ts";
import { notAdmittedMail } from "../../src/mail/not-admitted.ts";
import { passcodeMail } from "../../src/mail/passcode.ts";
import { sampleMails } from "../../src/mail/samples.ts";
import { type MailSetting, senderIn } from "../../src/mail/sender.ts";
import { sponsorRequestMail } from "../../src/mail/sponsor-request.ts";
import { loadTexts } from "../../src/texts/texts.ts";

const texts = loadTexts();
const operator = { issuer: "https://guests.example.com", organisation: "Acme Engineering", mail: { support: "help@acme.example" } };
const setting = (language = "en", application = "Acme Files"): MailSetting => ({ ...senderIn(language, texts, operator), application });

const firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0";
const asked = { at: Date.UTC(2026, 10, 24, 9, 5), userAgent: firefox, reference: "7K3P" };
const link = "https://guests.example.com/interaction/abc#code=048291";
const passcode = { code: "048291", minutes: 10, link, asked };
const invitation = {
  sponsor: "Grace Hopper",
  sponsorAddress: "grace@example.org",
  unchecked: false,
  message: "Hello Ada,\n\nsee you soon.",
  target: "Drawings",
  address: "ada@example.com",
  link: "https://guests.example.com/invitations/abc",
  redeemBy: Date.UTC(2026, 11, 8, 9, 5),
  accessUntil: undefined,
};

/** The tags and links of a mail: what words cannot change. */
const skeleton = ({ html }: MailContent) =>
  parse(html, { comment: true })
    .querySelectorAll("*")
    .map((element) => `${element.rawTagName} ${element.getAttribute("href") ?? ""}`)
    .filter((line) => line !== "br ");

describe("the mail with a code", () => {
  const mail = passcodeMail(passcode, setting());

  it("has the code alone on a line, in the preview, and never in the subject", () => {
    expect(mail.text.split("\n").slice(0, 3)).to.deep.equal(["Your code for Acme Files:", "", "048291"]);
    expect(parse(mail.html).querySelector("bdi[dir=ltr]")?.text).to.equal("048291");
    expect(parse(mail.html).querySelector("body > div")?.text).to.match(/^048291 is your code\./);
    expect(mail.subject).to.equal("Your code for Acme Files");
  });

  it("says when, with which browser and under which reference it was asked for, whom to ask, and what if it was not you", () => {
    expect(mail.text).to.include("Asked for: 24 November 2026 at 09:05\u00a0UTC\nBrowser: Firefox on Windows\nReference: 7K3P");
    expect(mail.text).to.include("You did not ask for this code?");
    expect(mail.text).to.match(
      /\n-- \nDo you need help\? Write to help@acme\.example\.\nThis mail comes from the guest sign-in of Acme Engineering\./,
    );
    const words = parse(mail.html).text.replace(/\s+/g, " ");
    for (const part of ["Firefox on Windows", "24 November 2026 at 09:05 UTC", "7K3P", "You did not ask", "help@acme.example"]) {
      expect(words).to.include(part);
    }
  });

  it("links to the page that fills the code in and to the guests' own page, and to nothing else", () => {
    expect(mail.text).to.include(link);
    expect(
      parse(mail.html)
        .querySelectorAll("[href]")
        .map((element) => element.getAttribute("href")),
    ).to.deep.equal([link, "https://guests.example.com/account"]);
  });

  it("leaves out a browser that it does not know, and the help that nobody offers", () => {
    const bare = passcodeMail({ ...passcode, asked: { ...asked, userAgent: "curl/8.5.0" } }, { ...setting(), support: undefined });
    expect(bare.text).not.to.match(/Browser|curl|help/);
    expect(bare.text).to.include("Reference: 7K3P");
  });
});

describe("the look of a mail", () => {
  it("is the application's: its name on top, its colour on the button, with words on it that can be read, in both schemes", () => {
    const { html } = passcodeMail(passcode, { ...setting(), colour: "#ffee00" });
    const document = parse(html);
    expect(document.querySelector("td.text > p")?.text).to.equal("Acme Files");
    const background = /background:(#[0-9a-f]{6})/.exec(document.querySelector("td.button")?.getAttribute("style") ?? "")?.[1];
    expect(background).to.equal("#ffee00");
    expect(document.querySelector("td.button a")?.getAttribute("style")).to.match(/color:#000(000)?\b/);
    expect(html).not.to.include("#0b57d0").and.not.to.include("#a8c7fa");
  });

  it("shows the host that the button leads to, below it", () => {
    const words = parse(passcodeMail(passcode, setting()).html).text.replace(/\s+/g, " ");
    expect(words).to.match(/048291 .*Fill the code in for me Leads to guests\.example\.com\./);
  });
});

describe("every mail in every language", () => {
  const mails = sampleMails(texts, operator);

  it("is there: seventeen mails in seven languages", () => {
    expect(mails).to.have.length(17 * 7);
  });

  for (const mail of mails) {
    it(`${mail.name} in ${mail.language} is whole, fetches nothing, and reads in its direction`, () => {
      const { subject, text, html, language } = mail;
      const direction = language === "ar" ? "rtl" : "ltr";
      const document = parse(html);
      expect(subject).to.match(/^\S.*\S$/);
      for (const part of [subject, text, html]) expect(part).not.to.match(/\{\{|undefined|NaN|\[object|mail\.[a-z-]+\./);
      expect(document.querySelector("html")?.attributes).to.deep.equal({ lang: language, dir: direction });
      // Gmail takes the html element away.
      expect(document.querySelector("td.text")?.attributes).to.include({ lang: language, dir: direction });
      expect(html).not.to.match(/<(img|link|script|iframe|form|object)|\ssrc=|url\(|@import/i);
      for (const element of document.querySelectorAll("a")) expect(element.getAttribute("href")).to.match(/^https:\/\//);
      expect(html.length).to.be.lessThan(20_000);
      expect(text).to.include("\n-- \n");
    });
  }
});

describe("a mail in Arabic", () => {
  it("sets apart what reads from left to right", () => {
    const mail = passcodeMail(passcode, setting("ar"));
    const document = parse(mail.html);
    expect(document.querySelectorAll("bdi").map((element) => element.text)).to.include.members([
      "Acme Files",
      "048291",
      "Firefox",
      "Windows",
      "7K3P",
      "help@acme.example",
    ]);
    expect(mail.html).not.to.match(/[\u2066-\u2069]/);
    expect(mail.text).to.include("\u20687K3P\u2069");
    expect(mail.text.split("\n")).to.include("048291");
    expect(mail.subject).not.to.match(/[\u2066-\u2069]/);
  });
});

describe("words of strangers in a mail", () => {
  const hostile = `"><script>alert(1)</script><img src=x>\r\nBcc: eve@evil.example\r\n\r\n\u0000{{code}} $t(cancel)\u2028\u202e<a href="https://evil.example">`;

  const attempts: Record<string, (words: string) => MailContent> = {
    "an application's name": (words) => passcodeMail(passcode, setting("en", words)),
    "an organisation's name": (words) => notAdmittedMail({ asked }, { ...setting(), organisation: words }),
    "a browser's name": (words) => passcodeMail({ ...passcode, asked: { ...asked, userAgent: `${words}/1.0 now` } }, setting()),
    "a sponsor's name": (words) => invitationMail({ ...invitation, sponsor: words }, setting()),
    "a sponsor's message": (words) => invitationMail({ ...invitation, message: words }, setting()),
    "a target's label": (words) => invitationMail({ ...invitation, target: words }, setting("ar")),
    "an address": (words) => sponsorRequestMail({ guest: words, target: words, ended: { how: "revoked", at: asked.at }, link }, setting()),
  };

  for (const [whose, write] of Object.entries(attempts)) {
    it(`cannot begin a header, become HTML or turn text around: ${whose}`, () => {
      const mail = write(hostile);
      expect(mail.subject).not.to.match(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
      expect([...mail.subject].length).to.be.at.most(150);
      expect(skeleton(mail)).to.deep.equal(skeleton(write("harmless")));
      expect(mail.text + mail.html).not.to.match(/[\u2028\u202e]|(?!\n)\p{Cc}/u);
      expect(mail.text).not.to.match(/^Bcc:/m);
    });

    it(`do not break the mail however long they are: ${whose}`, () => {
      const mail = write("🦄x".repeat(100_000));
      expect([...mail.subject].length).to.be.at.most(150);
      expect(mail.html.length).to.be.lessThan(30_000);
      expect(mail.subject + mail.text + mail.html).to.satisfy((all: string) => all.isWellFormed());
    });
  }

  it("are marked as the sponsor's own, line by line", () => {
    const { text } = invitationMail(invitation, setting());
    expect(text).to.include("Grace Hopper wrote this message:\n> Hello Ada,\n>\n> see you soon.\n\n");
  });

  it("are believed where the guest can check them, and are said to be no more than said where not", () => {
    const known = invitationMail(invitation, setting());
    expect(known.subject).to.equal("Grace Hopper invites you to Acme Files");
    expect(known.text).to.include("Sponsor: grace@example.org\n");
    const unknown = invitationMail({ ...invitation, sponsorAddress: undefined, unchecked: true }, setting());
    expect(unknown.subject).to.equal("You are invited to Acme Files");
    expect(unknown.text).to.match(/^Someone who says they are Grace Hopper invites you to Acme Files\n/);
    expect(unknown.text).to.not.match(/^Sponsor:/m);
  });

  it("keep an address whole, as long as one can be", () => {
    const guest = `${"a".repeat(64)}@${"b".repeat(60)}.${"c".repeat(60)}.${"d".repeat(60)}.example`;
    const { text } = sponsorRequestMail({ guest, target: undefined, ended: { how: "expired", at: asked.at }, link }, setting());
    expect(text).to.include(`Invited address: ${guest}\n`);
  });

  it("keep the joiners that scripts and signs are written with", () => {
    const { subject } = passcodeMail(passcode, setting("en", "نامه‌ها 👩‍🔧"));
    expect(subject).to.equal("Your code for نامه‌ها 👩‍🔧");
  });
});

describe("a mail's links", () => {
  it("lead to web pages only", () => {
    expect(() => invitationMail({ ...invitation, link: "javascript:alert(1)" }, setting())).to.throw("a mail cannot link to javascript:");
  });
});

describe("the browser that asked", () => {
  it("goes by a well-known name, or by none", () => {
    expect(browserName(firefox)).to.deep.equal({ browser: "Firefox", system: "Windows" });
    const iphone =
      "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1";
    expect(browserName(iphone)).to.deep.equal({ browser: "Safari", system: "iOS" });
    for (const unknown of ["", "-", "node", "Your account is locked, call 555/1 now", "a".repeat(100_000)]) {
      expect(browserName(unknown), unknown.slice(0, 40)).to.equal(undefined);
    }
  });
});
