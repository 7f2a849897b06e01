// An address with a mistake in it: asked about before a mail goes there, and corrected after one was refused.
import { expect } from "chai";
import type { Answer, Browser } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../support/guestpass.ts";
import { say } from "../support/texts.ts";

describe("an address with a mistake", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let browser: Browser;

  before(async () => {
    guestpass = await Guestpass.start();
    files = await guestpass.register("files");
  });
  after(() => guestpass.stop());
  beforeEach(() => {
    browser = guestpass.browser();
  });
  afterEach(() => {
    guestpass.mail.answer = () => undefined;
  });

  const ask = async (email: string): Promise<Answer> => guestpass.askForCode(browser, await guestpass.authorizationRequest(files), email);
  const fieldOf = (page: Answer) => page.document.querySelector("#email")?.getAttribute("value");
  const mailsTo = (address: string) => guestpass.mail.to(address).length;

  it("in a well-known domain is asked about, and stays as it was typed", async () => {
    const page = await ask("ada@gmial.com");
    expect(page.status).to.equal(200);
    expect(page.text).to.contain(say("enter-email.meant", { address: "ada@gmail.com" }));
    expect(fieldOf(page)).to.equal("ada@gmial.com");
    expect(mailsTo("ada@gmial.com") + mailsTo("ada@gmail.com")).to.equal(0);
    const asked = await browser.submit(page, "/email");
    expect(asked.text, "the suggestion, once it is pressed").to.contain("ada@gmail.com");
  });

  it("is accepted where the guest insists, and asked about again where it became another mistake", async () => {
    const page = await ask("ada@gmial.com");
    const form = page.document.querySelector("#email")?.closest("form");
    const token = form?.querySelector("input[name=token]")?.getAttribute("value") ?? "";
    const url = new URL(form?.getAttribute("action") ?? "", page.url).href;
    const post = async (email: string) =>
      browser.follow(await browser.request(url, { method: "POST", body: new URLSearchParams({ token, sure: "ada@gmial.com", email }) }));
    expect((await post("ada@yaho.com")).text).to.contain(say("enter-email.meant", { address: "ada@yahoo.com" }));
    expect((await post("ada@gmial.com")).title).to.equal(say("enter-passcode.title"));
    await guestpass.mail.wait("ada@gmial.com", 1);
  });

  it("is asked about whether or not it belongs to a guest", async () => {
    await guestpass.addGuest("grace@hotmial.com");
    const about = async (address: string) => {
      const page = await ask(address);
      const token = page.document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
      return page.body
        .replaceAll(token, "[token]")
        .replaceAll(/interaction\/[\w-]+/g, "[interaction]")
        .replaceAll(address.split("@")[0] as string, "[who]");
    };
    expect(await about("grace@hotmial.com")).to.equal(await about("nobdy@hotmial.com"));
  });

  it("that a mail server refused is filled in to be corrected, before a code is asked for; an earlier code works", async () => {
    guestpass.mail.answer = () => ({ code: 550, text: "5.1.1 nobody" });
    const waiting = await ask("adda@example.com");
    let page = waiting;
    await eventually("the mail is refused", async () => {
      page = await browser.open(waiting.url);
      return page.title === say("correct.title");
    });
    expect(fieldOf(page)).to.equal("adda@example.com");
    expect(page.text).to.contain(say("delivery.refused"));
    expect(page.document.querySelector("button.primary")?.text).to.equal(say("enter-email.submit"));
    expect(page.document.querySelector("details input[name=code]")).to.not.equal(null);
    guestpass.mail.answer = () => undefined;
    const asked = await browser.submit(page, "/email", { email: "ada@example.com" });
    expect(asked.title).to.equal(say("enter-passcode.title"));
    expect(asked.text).to.contain("ada@example.com");
  });

  it("with letters in its domain is shown as it is read, though the browser sent another form of it", async () => {
    const page = await ask("ada@xn--bcher-kva.example");
    expect(page.text).to.contain("ada@bücher.example");
    expect(page.text).to.not.contain("xn--");
    expect(fieldOf(await browser.open(`${page.url}/email`))).to.equal("ada@bücher.example");
    const mailed = () => guestpass.mail.mails.find(({ to }) => to.includes("cher"));
    await guestpass.mail.until(() => mailed() !== undefined);
    const code = await guestpass.mail.code(mailed()?.to ?? "");
    expect((await browser.submit(page, "/passcode", { code })).query["code"]).to.be.a("string");
  });

  it("in a code, as in an address, stays in the field, and the title names the problem and the application first", async () => {
    const wrong = await ask("not an address");
    expect(wrong.document.querySelector("title")?.text).to.equal(
      `${say("enter-email.invalid")} – ${say("enter-email.title", { application: files.name })}`,
    );
    expect(fieldOf(wrong)).to.equal("not an address");
    expect(wrong.document.querySelector("#email")?.getAttribute("aria-describedby")).to.match(/^email-problem/);
    const page = await browser.submit(await ask("ada@example.com"), "/passcode", { code: "1234" });
    expect(page.document.querySelector("title")?.text).to.equal(
      `${say("enter-passcode.malformed", { count: 6 })} – ${say("enter-passcode.title")} – ${files.name}`,
    );
    expect(page.document.querySelector("#code")?.getAttribute("value")).to.equal("1234");
    expect(page.document.querySelector("#code")?.getAttribute("aria-describedby")).to.match(/^code-problem/);
  });
});
