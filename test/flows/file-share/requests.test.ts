import { expect } from "chai";
import { Browser } from "../../support/browser.ts";
import { FileShare, reachesExample } from "../../support/file-share.ts";
import { Guestpass } from "../../support/guestpass.ts";

describe("the example application asks guests for files", () => {
  let guestpass: Guestpass;
  let fileShare: FileShare;
  let link: string;
  let grace: Browser;

  before(async () => {
    guestpass = await Guestpass.start(reachesExample);
    fileShare = await FileShare.start(guestpass);
    const body = new URLSearchParams({ name: "The contract", emails: "grace@example.com", message: "By Friday, please." });
    await fileShare.owner().request(`${fileShare.url}/requests`, { method: "POST", body });
    await guestpass.mail.wait("grace@example.com");
    link = new RegExp(`${fileShare.url}/files/[0-9a-f-]{36}`).exec((await fileShare.owner().open(fileShare.url)).body)?.[0] ?? "";
    grace = await fileShare.signedIn("grace@example.com", link);
  });
  after(async () => {
    await fileShare.stop();
    await guestpass.stop();
  });

  /** As the form of the page does. */
  async function send(browser: Browser, file?: File) {
    const body = new FormData();
    if (file) body.set("file", file);
    return browser.request(`${link}/upload`, { method: "POST", body, headers: { "sec-fetch-site": "same-origin" } });
  }

  it("in a mail with the owner's own words, and gets what is sent as it was, with who sent it", async () => {
    expect(guestpass.mail.to("grace@example.com")[0]?.parsed.text).to.contain("By Friday, please.");
    expect((await grace.open(link)).title).to.equal("The contract");
    const content = Buffer.from([0, 255, 13, 10, 45, 45]);
    const sent = await send(grace, new File([content], "contract \u00e9.pdf"));
    expect([sent.status, sent.title]).to.deep.equal([200, "Thank you"]);
    const page = await fileShare.owner().open(fileShare.url);
    const received = page.document.querySelectorAll("a").find((a) => a.text === "contract \u00e9.pdf");
    expect(page.text).to.contain("from grace@example.com");
    const answer = await fetch(new URL(received?.getAttribute("href") ?? "", fileShare.url));
    expect(Buffer.from(await answer.arrayBuffer())).to.deep.equal(content);
    expect(answer.headers.get("content-disposition")).to.match(/^attachment;/);
  });

  it("accepts no file that is too large, none at all, or one from somebody who was not asked", async () => {
    await fileShare.share("eve@example.com");
    const eve = await fileShare.signedIn("eve@example.com");
    const small = new File(["hello"], "hello.txt");
    expect((await send(eve, small)).status).to.equal(403);
    expect((await send(new Browser(), small)).status).to.equal(303);
    expect((await send(grace, new File([Buffer.alloc(1024 * 1024)], "large"))).status).to.equal(413);
    expect((await send(grace)).status).to.equal(422);
    expect(
      (await grace.request(`${fileShare.welcome}/upload`, { method: "POST", headers: { "sec-fetch-site": "same-origin" } })).status,
    ).to.equal(403);
    expect((await fileShare.owner().open(fileShare.url)).text).to.not.contain("hello.txt");
  });
});
