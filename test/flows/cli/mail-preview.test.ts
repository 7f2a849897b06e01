import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "node-html-parser";
import { runWarm } from "../../support/warm-command.ts";

describe("guestpass mail preview", () => {
  it("writes every mail in every language, with the operator's own texts, and a page that leads to them", async () => {
    const directory = mkdtempSync(join(tmpdir(), "guestpass-preview-"));
    try {
      const file = join(directory, "texts.json");
      writeFileSync(file, JSON.stringify({ de: { "mail.passcode.subject": "Hallo von {{application}}" } }));
      const mails = join(directory, "mails");
      const { code, stdout } = await runWarm(["mail", "preview", mails], { GUESTPASS_TEXTS: file, GUESTPASS_DATA_DIR: directory });
      expect(code).to.equal(0);
      expect(stdout).to.include(join(mails, "index.html"));
      expect(readFileSync(join(mails, "de/passcode.txt"), "utf8")).to.match(/^Subject: Hallo von Acme Files\n\nIhr Code/);
      const links = parse(readFileSync(join(mails, "index.html"), "utf8")).querySelectorAll("a");
      expect(links).to.have.length(17 * 7 * 2);
      for (const link of links) expect(readFileSync(join(mails, link.getAttribute("href") as string), "utf8")).not.to.equal("");
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("says where it cannot write", async () => {
    const { code, stderr } = await runWarm(["mail", "preview", "/dev/null/mails"], {
      GUESTPASS_DATA_DIR: tmpdir(),
      GUESTPASS_SECRET: "a secret of the tests that is long enough",
    });
    expect(code).to.equal(1);
    expect(stderr).to.match(/^The preview cannot be written to \/dev\/null\/mails: .*\n$/);
  });
});
