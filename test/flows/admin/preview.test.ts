// What guests will see of an application, shown to administrators before they do.
import { expect } from "chai";
import { parse } from "node-html-parser";
import type { AdminApi } from "../../support/admin.ts";
import { startWithAdmin } from "../../support/admin.ts";
import { Administrator } from "../../support/console.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { say, sayIn } from "../../support/texts.ts";

interface Shown {
  kind: string;
  name: string;
  title: string;
  html: string;
  text: string | null;
}

describe("a preview of an application", () => {
  let guestpass: Guestpass;
  let admin: AdminApi;
  let board: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_ORGANISATION: "Contoso" });
    ({ admin } = await startWithAdmin(guestpass));
    const metadata = { logo_uri: "https://board.example/logo.png" };
    board = await guestpass.register("board", { name: "Project board", metadata, policy: { colour: "#e91e63" } });
  });
  after(() => guestpass.stop());

  const ask = (body: object = {}) => admin.post("/applications/board/preview", body);
  const shown = async (body: object = {}) => (await ask(body)).body["items"] as Shown[];
  const one = async (name: string, body: object = {}) => (await shown({ name, ...body }))[0] as Shown;

  it("has every screen and mail that wears its look, each whole, without script, and with its own style", async () => {
    const items = await shown();
    expect(items.map(({ name }) => name)).to.include.members([
      "enter-email",
      "enter-passcode",
      "consent",
      "access-over",
      "mail-passcode",
      "mail-invitation",
    ]);
    expect(new Set(items.map(({ name }) => name)).size).to.equal(items.length);
    for (const { name, kind, title, html, text } of items) {
      const document = parse(html);
      expect(html, name).not.to.match(/<script|<link|\{\{|undefined|NaN|\[object|\sautofocus/);
      expect(document.querySelectorAll("style"), name).not.to.deep.equal([]);
      expect(document.text, name).to.include("Project board");
      expect(document.text, name).to.include("Contoso");
      if (kind === "screen") expect(document.querySelector("h1")?.text, name).to.equal(title);
      else expect(text, name).to.include("-- \n");
    }
  });

  it("shows the very page that a guest gets", async () => {
    const page = await guestpass.browser().open((await guestpass.authorizationRequest(board)).url);
    const sample = parse((await one("enter-email")).html);
    const words = (document: typeof sample) => document.querySelector(".frame")?.text.replace(/\s+/g, " ");
    expect(words(sample)).to.equal(words(page.document));
    const fields = (document: typeof sample) =>
      document.querySelectorAll("main input:not([type=hidden]), main button").map(({ outerHTML }) => outerHTML);
    expect(fields(sample)).to.deep.equal(fields(page.document).map((field) => field.replace(" autofocus", "")));
  });

  it("is in the language and the scheme that were asked for, and loads nothing but the logo", async () => {
    const arabic = await one("enter-passcode", { language: "ar", scheme: "dark" });
    expect(arabic.title).to.equal(sayIn("ar")("enter-passcode.title"));
    expect(parse(arabic.html).querySelector("html")?.attributes).to.deep.equal({ lang: "ar", dir: "rtl" });
    for (const name of ["enter-passcode", "mail-passcode"]) {
      const [light, dark] = [await one(name), await one(name, { scheme: "dark" })];
      for (const { html } of [light, dark]) expect(html).not.to.include("prefers-color-scheme");
      expect(light.html).to.include("@media not all").and.include('content="light"');
      expect(dark.html).to.include("@media all").and.include('content="dark"');
    }
    expect(arabic.html).to.include("img-src data: https://board.example;");
    expect(parse(arabic.html).querySelector("img")?.getAttribute("src")).to.equal("https://board.example/logo.png");
  });

  it("shows what is not saved yet, and saves nothing", async () => {
    const changes = { name: "Board of projects", colour: "#00695c", logo_uri: null, support_address: "help@board.example" };
    const [screen, mail] = [await one("enter-email", { changes }), await one("mail-passcode", { changes })];
    expect(screen.title).to.equal(say("enter-email.title", { application: "Board of projects" }));
    for (const { html } of [screen, mail]) expect(html).to.include("#00695c").and.include("help@board.example").and.not.include("logo.png");
    const { body } = await admin.get("/applications/board");
    expect(body).to.include({ name: "Project board", colour: "#e91e63", support_address: null });
  });

  it("says what is wrong with what it was asked for", async () => {
    expect((await ask({ language: "xx" })).body["detail"]).to.equal("There are no texts in xx. Choose one of en, de, fr, es, pt, ja, ar.");
    expect((await ask({ name: "enter-mail" })).status).to.equal(404);
    expect((await admin.post("/applications/none/preview", {})).status).to.equal(404);
    expect((await ask({ changes: { colour: "pink" } })).body["errors"]).to.deep.include.members([
      { in: "body", field: "changes.colour", message: "must be a colour such as #0b57d0" },
    ]);
    expect((await ask({ changes: { redirect_uris: [] } })).status).to.equal(400);
  });

  describe("in the console", () => {
    let owner: Administrator;

    before(async () => {
      owner = await Administrator.enrolled(guestpass, "grace@acme.example");
    });

    it("stands in frames that run nothing, lead nowhere and are shown on no other site", async () => {
      const page = await owner.open("/applications/board/preview?view=enter-passcode&language=de&scheme=dark");
      expect(page.headers.get("content-security-policy")).to.match(/default-src 'none'.*frame-ancestors 'none'.*;frame-src 'self'$/);
      const frames = page.document.querySelectorAll("iframe");
      expect(frames).to.have.length(2);
      for (const frame of frames) {
        expect(frame.getAttribute("sandbox")).to.equal("");
        const framed = await owner.browser.open(new URL(frame.getAttribute("src") as string, page.url).href);
        expect(framed.title).to.equal(sayIn("de")("enter-passcode.title"));
        expect(framed.headers.get("content-security-policy")).to.match(
          /^default-src 'none';style-src 'unsafe-inline';.*frame-ancestors 'self';sandbox$/,
        );
        expect(framed.headers.get("x-frame-options")).to.equal("SAMEORIGIN");
      }
    });

    it("leads from each to the next, and shows a mail's text", async () => {
      const first = await owner.open("/applications/board/preview");
      const next = first.document.querySelectorAll("nav[aria-label='Screens and mails'] a").map((link) => link.getAttribute("href"));
      expect(next).to.have.length(1);
      const second = await owner.browser.open(new URL(next[0] as string, first.url).href);
      expect(second.document.querySelectorAll("nav[aria-label='Screens and mails'] a")).to.have.length(2);
      const mail = await owner.open("/applications/board/preview?view=mail-passcode");
      expect(mail.document.querySelector("details pre")?.text).to.include("482913");
    });

    it("comes before saving, from the form, with what was typed there", async () => {
      const form = await owner.open("/applications/board");
      const typed = {
        name: "Board of projects",
        admission: "invited",
        colour: "#00695c",
        logo_uri: "",
        support_address: "help@board.example",
      };
      const page = await owner.browser.submit(form, "/applications/board/preview", typed);
      expect(page.title).to.equal("Board of projects: preview");
      expect(page.text).to.include("Nothing is saved");
      expect(decodeURIComponent(page.url + page.body), "no address is in a URL").not.to.include("help@board.example");
      const framed = await owner.browser.open(new URL(page.document.querySelector("iframe")?.getAttribute("src") as string, page.url).href);
      expect(framed.body).to.include("#00695c").and.include("Board of projects").and.not.include("logo.png");
      expect((await owner.open("/applications/board")).document.querySelector("#colour")?.getAttribute("value")).to.equal("#e91e63");
    });

    it("is the form again, with what is wrong, where it could not be saved", async () => {
      const form = await owner.open("/applications/board");
      const page = await owner.browser.submit(form, "/applications/board/preview", { name: "Board", colour: "pink" });
      expect(page.status).to.equal(422);
      expect(page.document.querySelector("#colour-wrong")?.text).to.equal("must be a colour such as #0b57d0");
      expect(page.document.querySelector("#name")?.getAttribute("value")).to.equal("Board");
    });
  });
});
