import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { operator } from "../../src/audit/audit.ts";
import { parseAddress } from "../../src/guests/address.ts";
import type { Mail } from "../../src/testing/mail-server.ts";
import type { Answer } from "../support/browser.ts";
import { ServerProcess } from "../support/command.ts";
import { Guestpass, type RegisteredApplication } from "../support/guestpass.ts";
import { say, sayIn } from "../support/texts.ts";

const german = "Sehen Sie in Ihre E-Mails";
const english = "Check your email";
let addresses = 0;

const languageLink = (page: Answer, language: string) => page.document.querySelector(`.languages a[lang=${language}]`);

describe("the language of a guest", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  /** Asks for a code. @returns the page that asks for it, and the mail */
  async function ask(asked: {
    acceptLanguage?: string;
    uiLocales?: string;
    address?: string;
    userAgent?: string;
  }): Promise<[Answer, Mail]> {
    const { acceptLanguage, uiLocales, userAgent, address = `guest-${addresses++}@example.com` } = asked;
    const browser = guestpass.browser({
      ...(acceptLanguage === undefined ? {} : { "accept-language": acceptLanguage }),
      ...(userAgent === undefined ? {} : { "user-agent": userAgent }),
    });
    const request = await guestpass.authorizationRequest(application, uiLocales === undefined ? {} : { ui_locales: uiLocales });
    const page = await guestpass.askForCode(browser, request, address);
    const mails = await guestpass.mail.wait(address);
    return [page, mails.at(-1) as Mail];
  }

  const languageOf = (page: Answer) => page.document.querySelector("html")?.getAttribute("lang");
  const contentLanguage = (mail: Mail) => mail.parsed.headers.get("content-language");

  async function known(locale: string): Promise<string> {
    const address = `known-${addresses++}@example.com`;
    await guestpass.addGuest(address, { locale });
    return address;
  }

  it("is the browser's, on the page and in the mail", async () => {
    const [page, mail] = await ask({ acceptLanguage: "de" });
    expect([languageOf(page), page.title]).to.deep.equal(["de", german]);
    expect(mail.parsed.subject).to.equal("Ihr Code für Application files");
    expect(mail.parsed.text).to.include("Ihr Code für Application files:");
    expect(mail.parsed.html).to.include('<html lang="de" dir="ltr">');
    expect(contentLanguage(mail)).to.equal("de");
  });

  it("is that of the front page too, which says whose guests sign in here", async () => {
    const page = await guestpass.browser({ "accept-language": "fr" }).open(guestpass.issuer);
    expect([page.status, languageOf(page), page.title]).to.deep.equal([200, "fr", "Connexion des invités"]);
    expect(page.text).to.contain("Ici se connectent les invités de");
  });

  it("is the one of those available that the browser prefers: regions and weights count", async () => {
    const wishes: Record<string, string> = {
      "pt-BR": "pt",
      "fr-CH, de;q=0.9": "fr",
      "de;q=0.2, es;q=0.8, en;q=0.5": "es",
      "zh-CN, ja;q=0.7, en;q=0.3": "ja",
      "de;q=0, en": "en",
      zh: "en",
      "*": "en",
      "not a header": "en",
    };
    for (const [wish, language] of Object.entries(wishes)) {
      const browser = guestpass.browser({ "accept-language": wish });
      const page = await browser.open((await guestpass.authorizationRequest(application)).url);
      expect(languageOf(page), wish).to.equal(language);
    }
  });

  it("is the one the application asks for, before the browser's and the guest's own, where there are texts in it", async () => {
    const address = await known("fr");
    const [page, mail] = await ask({ acceptLanguage: "de", uiLocales: "zh es-MX ja", address });
    expect([languageOf(page), contentLanguage(mail)]).to.deep.equal(["es", "es"]);
    const [another, second] = await ask({ acceptLanguage: "de", uiLocales: "zh", address: await known("fr") });
    expect([languageOf(another), contentLanguage(second)]).to.deep.equal(["de", "fr"]);
  });

  it("is the guest's own in the mail, and never on the page: a stranger must not see that the address is known", async () => {
    const [page, mail] = await ask({ acceptLanguage: "en", address: await known("ja") });
    const [strange] = await ask({ acceptLanguage: "en" });
    expect(contentLanguage(mail)).to.equal("ja");
    expect(mail.parsed.subject).to.equal("Application files のコード");
    expect([languageOf(page), page.title]).to.deep.equal(["en", english]);
    expect([languageOf(strange), strange.title]).to.deep.equal(["en", english]);
  });

  it("is the browser's where the guest's own has no texts", async () => {
    const [, mail] = await ask({ acceptLanguage: "de", address: await known("fi") });
    expect(contentLanguage(mail)).to.equal("de");
  });

  it("applies to the mail to someone who is not admitted, too", async () => {
    const address = await known("pt-BR");
    const guest = await guestpass.server.app.guests.findOwner(parseAddress(address) as NonNullable<ReturnType<typeof parseAddress>>);
    await guestpass.server.app.guests.suspend(guest?.sub as string, "left", operator);
    const [page, mail] = await ask({ acceptLanguage: "de", address });
    expect(page.title).to.equal(german);
    expect(mail.parsed.subject).to.equal("Acesso a Application files");
  });

  it("lays out pages and mails from right to left in Arabic, with addresses and codes kept from left to right", async () => {
    const [page, mail] = await ask({ acceptLanguage: "ar-EG" });
    const document = page.document.querySelector("html");
    expect([document?.getAttribute("lang"), document?.getAttribute("dir")]).to.deep.equal(["ar", "rtl"]);
    expect(page.document.querySelector("input[name=code]")?.getAttribute("dir")).to.equal("ltr");
    expect(page.text).to.include("\u2068guests@idp.example\u2069");
    expect(mail.parsed.html).to.include('<html lang="ar" dir="rtl">');
    const code = /^\d{6}$/m.exec(mail.parsed.text ?? "")?.[0];
    expect(mail.parsed.html).to.match(new RegExp(`<bdi dir="ltr"[^>]*>${code}</bdi>`));
  });

  it("applies to pages outside a sign-in", async () => {
    const browser = guestpass.browser({ "accept-language": "fr" });
    expect((await browser.open(`${guestpass.issuer}/nothing-here`)).title).to.equal("Il n’y a rien ici");
    expect((await browser.open(`${guestpass.issuer}/interaction/unknown`)).title).to.equal("Cette connexion est terminée");
    const refused = await browser.open(`${guestpass.issuer}/auth?client_id=unknown&ui_locales=es`);
    expect(refused.title).to.equal("Esta aplicación ha pedido algo que no es posible");
  });

  it("can be changed on the answer to a form, which stays open as it is, and counts no try", async () => {
    const browser = guestpass.browser({ "accept-language": "en" });
    const address = `guest-${addresses++}@example.com`;
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), address);
    const code = await guestpass.mail.code(address);
    const wrong = await browser.submit(page, "/passcode", { code: code === "111111" ? "222222" : "111111" });
    expect(wrong.status).to.equal(422);
    const link = languageLink(wrong, "de");
    expect(link?.getAttribute("target")).to.equal("_blank");
    expect(wrong.document.querySelector(".languages p")?.text).to.equal(say("language.later"));
    const said = await browser.open(new URL(link?.getAttribute("href") ?? "", wrong.url).href);
    expect(said.title).to.equal(sayIn("de")("language.title"));
    expect(said.text).to.include(sayIn("de")("language.lead", { language: "Deutsch" }));
    expect((await browser.open(page.url)).title).to.equal(german);
    expect(guestpass.mail.to(address)).to.have.length(1);
    expect((await browser.submit(wrong, "/passcode", { code })).location).to.include("code=");
  });

  it("can be changed on a page that leads nowhere, which says nothing of where that was", async () => {
    const browser = guestpass.browser({ "accept-language": "en" });
    const nowhere = await browser.open(`${guestpass.issuer}/nothing-here`);
    expect(languageLink(nowhere, "fr")?.getAttribute("href")).to.equal("/language?guest_language=fr");
    await browser.open(`${guestpass.issuer}/language?guest_language=fr`);
    expect((await browser.open(nowhere.url)).title).to.equal("Il n’y a rien ici");
    const refused = await browser.open(`${guestpass.issuer}/auth?client_id=unknown`);
    expect(refused.status).to.equal(400);
    expect(languageLink(refused, "en")?.getAttribute("href")).to.equal("/language?guest_language=en");
  });

  it("can be told from the discovery document", async () => {
    const metadata = (await guestpass.client(application)).serverMetadata();
    expect(metadata.ui_locales_supported).to.have.members(["en", "de", "fr", "es", "pt", "ja", "ar"]);
  });

  it("comes with the browser and the moment that the code was asked with", async () => {
    const userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0";
    const [page, mail] = await ask({ acceptLanguage: "fr", userAgent });
    const now = new Date(guestpass.clock.now());
    expect(mail.parsed.text).to.match(new RegExp(`^Demandé le\\s: .*${now.getUTCFullYear()} à \\d\\d:\\d\\d\\sUTC$`, "m"));
    expect(mail.parsed.text).to.match(/^Navigateur\s: Firefox sur Linux$/m);
    const reference = /^Repère\s: (\w{4})$/m.exec(mail.parsed.text ?? "")?.[1];
    expect(page.text).to.include(reference);
  });
});

describe("an operator's own texts", () => {
  let directory: string;

  before(() => {
    directory = mkdtempSync(join(tmpdir(), "guestpass-texts-"));
  });
  after(() => rmSync(directory, { recursive: true }));

  it("are on the pages and in the mails, beside the name and the help of the organisation", async () => {
    const file = join(directory, "texts.json");
    writeFileSync(
      file,
      JSON.stringify({ en: { "enter-passcode.title": "Look at your phone", "mail.passcode.subject": "{{application}} says hello" } }),
    );
    const settings = { GUESTPASS_TEXTS: file, GUESTPASS_ORGANISATION: "Acme Engineering", GUESTPASS_MAIL_SUPPORT: "help@acme.example" };
    const guestpass = await Guestpass.start(settings);
    try {
      const request = await guestpass.authorizationRequest(await guestpass.register("files"));
      expect((await guestpass.askForCode(guestpass.browser(), request, "ada@example.com")).title).to.equal("Look at your phone");
      const [mail] = await guestpass.mail.wait("ada@example.com");
      expect(mail?.parsed.subject).to.equal("Application files says hello");
      expect(mail?.parsed.text).to.include("help@acme.example").and.to.include("the guest sign-in of Acme Engineering");
    } finally {
      await guestpass.stop();
    }
  });

  it("may have line breaks, live too", async () => {
    const file = join(directory, "lines.json");
    writeFileSync(file, JSON.stringify({ en: { "delivery.handed-over": "It is on its way.\r\nLook at your mail." } }));
    const guestpass = await Guestpass.start({ GUESTPASS_TEXTS: file });
    try {
      const browser = guestpass.browser();
      const page = await guestpass.askForCode(
        browser,
        await guestpass.authorizationRequest(await guestpass.register("files")),
        "ada@example.com",
      );
      const { body } = await fetch(`${page.url}/delivery`, { headers: { cookie: await browser.jar.getCookieString(page.url) } });
      let news = "";
      for await (const part of body ?? []) {
        news += new TextDecoder().decode(part);
        if (news.includes("Look at your mail.\n\n")) break;
      }
      expect(news).to.match(/^event: news\ndata: It is on its way\.\ndata: Look at your mail\.\n\n$/m);
    } finally {
      await guestpass.stop();
    }
  });

  it("stop Guestpass from starting where they are wrong", async () => {
    const file = join(directory, "wrong.json");
    writeFileSync(file, JSON.stringify({ en: { "enter-passcode.titel": "Look" } }));
    const settings = { GUESTPASS_TEXTS: file, GUESTPASS_DATA_DIR: directory, GUESTPASS_PORT: "0" };
    const ended = await ServerProcess.start(settings).then(
      async (server) => (await server.kill("SIGTERM")).stdout,
      (error: Error) => error.message,
    );
    expect(ended).to.include("guestpass serve ended").and.to.include("en: there is no text enter-passcode.titel");
  });
});
