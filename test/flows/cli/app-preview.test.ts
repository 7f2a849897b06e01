import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "node-html-parser";
import { Cli } from "../../support/cli.ts";
import { Guestpass } from "../../support/guestpass.ts";
import { sayIn } from "../../support/texts.ts";

describe("guestpass app preview", () => {
  let guestpass: Guestpass;
  let app: Cli;
  let directory: string;

  before(async () => {
    guestpass = await Guestpass.start();
    await guestpass.register("files", { name: "Acme Files" });
    app = new Cli(guestpass.settings, "app");
    directory = mkdtempSync(join(tmpdir(), "guestpass-app-preview-"));
  });
  after(async () => {
    rmSync(directory, { recursive: true });
    await guestpass.stop();
  });

  it("writes every screen and mail, light and dark, and a page that leads to them", async () => {
    const printed = await app.ok("preview", "files", directory, "--language", "de");
    expect(printed).to.match(/^\d+ screens and mails written\. Open .*index\.html\n$/);
    const links = parse(readFileSync(join(directory, "index.html"), "utf8")).querySelectorAll("a");
    expect(links.length).to.equal(Number(/^\d+/.exec(printed)?.[0]) * 2 + 5);
    for (const link of links) expect(readFileSync(join(directory, link.getAttribute("href") as string), "utf8")).not.to.equal("");
    const screen = parse(readFileSync(join(directory, "light/enter-email.html"), "utf8"));
    expect(screen.querySelector("h1")?.text).to.equal(sayIn("de")("enter-email.title", { application: "Acme Files" }));
    expect(readFileSync(join(directory, "text/mail-passcode.txt"), "utf8")).to.match(/^Subject: .*Acme Files/);
  });

  it("says which application, language or folder it cannot use", async () => {
    expect(await app.refused("preview", "none", directory)).to.contain("no application with the client id none");
    expect(await app.refused("preview", "files", directory, "--language", "tlh")).to.contain("no texts in tlh");
    expect(await app.refused("preview", "files", directory, "--language", "?")).to.contain("--language");
    expect(await app.refused("preview", "files", "/dev/null/x")).to.match(/^The preview cannot be written to/);
  });
});
