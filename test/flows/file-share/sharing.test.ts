import { expect } from "chai";
import { Browser } from "../../support/browser.ts";
import { FileShare } from "../../support/file-share.ts";
import { Guestpass } from "../../support/guestpass.ts";

describe("the example application shares files with specific people", () => {
  let guestpass: Guestpass;
  let fileShare: FileShare;

  before(async () => {
    guestpass = await Guestpass.start();
    fileShare = await FileShare.start(guestpass);
  });
  after(async () => {
    await fileShare.stop();
    await guestpass.stop();
  });

  it("opens a new file for the people it was shared with, and for nobody else", async () => {
    await share("Plan.txt", "The <b>plan</b> & more", "Carol@example.com\ndan@example.com");
    const link = await linkOf("Plan.txt");
    const carol = await signedIn(link, "carol@example.com");
    expect((await carol.open(link)).title).to.equal("Plan.txt");
    expect((await carol.open(link)).body, "what was typed is shown as typed").to.contain("The &#60;b&#62;plan&#60;/b&#62; &#38; more");
    const file = await carol.open(`${link}/download`);
    expect(file.body).to.equal("The <b>plan</b> & more");
    expect(file.headers.get("content-disposition")).to.equal('attachment; filename="Plan.txt"');
    const eve = await signedIn(link, "eve@example.com");
    expect((await eve.open(link)).status).to.equal(403);
    expect((await eve.open(`${link}/download`)).status).to.equal(403);
  });

  it("stops opening it as soon as sharing is stopped", async () => {
    await share("Draft.txt", "A draft", "fay@example.com");
    const link = await linkOf("Draft.txt");
    const fay = await signedIn(link, "fay@example.com");
    expect((await fay.open(link)).status).to.equal(200);
    await owner().request(`${link}/people/remove`, { method: "POST", body: new URLSearchParams({ email: "fay@example.com" }) });
    expect((await fay.open(link)).status).to.equal(403);
  });

  it("knows a person by sub once they came: their address may change, and the next owner of that address gets nothing", async () => {
    await share("Salary.txt", "A number", "gus@example.com");
    const link = await linkOf("Salary.txt");
    const gus = await signedIn(link, "gus@example.com");
    expect((await gus.open(link)).status).to.equal(200);
    const { db } = guestpass.server.app;
    await db("aliases").where({ address_key: "gus@example.com" }).update({ address_key: "gus@new.example", address: "gus@new.example" });
    const successor = await signedIn(link, "gus@example.com");
    expect((await successor.open(link)).status, "somebody else who has the address now").to.equal(403);
    const moved = await signedIn(link, "gus@new.example");
    expect((await moved.open(link)).status, "the same guest at another address").to.equal(200);
  });

  it("does not tell a stranger whether there is such a file", async () => {
    const stranger = new Browser({ stopAt: [new URL(guestpass.issuer).origin] });
    const known = await stranger.request(fileShare.welcome);
    const unknown = await stranger.request(`${fileShare.url}/files/nothing`);
    expect([known.status, unknown.status]).to.deep.equal([303, 303]);
    const guest = await signedIn(fileShare.welcome, "hal@example.com");
    const refused = await guest.open(fileShare.welcome);
    const missing = await guest.open(`${fileShare.url}/files/nothing`);
    expect([refused.status, missing.status]).to.deep.equal([403, 403]);
    expect(missing.text).to.equal(refused.text);
  });

  it("asks again for what was left out or is too long", async () => {
    const nobody = await share("Empty.txt", "text", "not an address");
    expect([nobody.status, nobody.title]).to.deep.equal([422, "Something is missing"]);
    const long = await share("Long.txt", "x".repeat(20_001), "ada@example.com");
    expect([long.status, long.title]).to.deep.equal([413, "That is too much text"]);
    const huge = await share("Huge.txt", "x".repeat(200_000), "ada@example.com");
    expect([huge.status, huge.title]).to.deep.equal([413, "That is too much text"]);
  });

  function owner(): Browser {
    return new Browser({ headers: { "sec-fetch-site": "same-origin" } });
  }

  async function share(name: string, text: string, emails: string) {
    const body = new URLSearchParams({ name, text, emails });
    return owner().request(`${fileShare.url}/files`, { method: "POST", body });
  }

  async function linkOf(name: string): Promise<string> {
    const { document } = await owner().open(fileShare.url);
    const section = document.querySelectorAll("section").find((candidate) => candidate.querySelector("h2")?.text === name);
    return section?.querySelector("a")?.getAttribute("href") ?? "";
  }

  /** A browser in which the guest has signed in to open the link. */
  async function signedIn(link: string, address: string): Promise<Browser> {
    const browser = new Browser();
    const before = guestpass.mail.to(address).length;
    const asked = await browser.submit(await browser.open(link), "/email", { email: address });
    await browser.submit(asked, "/passcode", { code: await guestpass.mail.code(address, before + 1) });
    return browser;
  }
});
