import { readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Command } from "commander";
import { guestpassCommand } from "../../../src/cli/commands.ts";
import { runCommand } from "../../support/command.ts";
import { Guestpass } from "../../support/guestpass.ts";

const guide = readFileSync("docs/operations.md", "utf8");
const lines = [...guide.matchAll(/^ *```sh\n([\s\S]*?)^ *```/gm)].flatMap(([, block = ""]) => block.split("\n"));
const toRun = commandsIn(lines.map((line) => line.trim()));
const named = commandsIn([...guide.matchAll(/`(guestpass [^`]+)`/g)].map(([, code = ""]) => code));

/** Each once, without the comment behind it. */
function commandsIn(texts: string[]): string[] {
  return [...new Set(texts.filter((text) => text.startsWith("guestpass ")).map((text) => text.replace(/ +#.*$/, "")))];
}

/** As a shell would, as far as the guide needs it. */
function words(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
}

describe("the operator's guide", () => {
  let guestpass: Guestpass;
  let folder: string;
  let program: Command;
  let values: Record<string, string>;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "guestpass-guide-"));
    program = await guestpassCommand();
    guestpass = await Guestpass.start();
    await guestpass.addGuest("ada@example.com");
    const files = await guestpass.register("files");
    await guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(files), "ada@example.com");
    await guestpass.mail.code("ada@example.com");
    values = {
      ADDRESS: "ada@example.com",
      ID: await firstOf("listMail", "id"),
      KID: await firstOf("listSigningKeys", "kid"),
      CLIENT_ID: "files",
      FILE: join(folder, "file"),
    };
  });
  after(async () => {
    await guestpass.stop();
    await rm(folder, { recursive: true });
  });

  async function firstOf(operation: string, field: string): Promise<string> {
    const items = (await guestpass.server.app.admin(operation)).body["items"] as Record<string, string>[];
    return items[0]?.[field] ?? "";
  }

  it("builds beforehand the indexes that the migrations would build, word for word", () => {
    const built = [...guide.matchAll(/^CREATE INDEX CONCURRENTLY (.*);$/gm)].map(([, index = ""]) => index);
    const migrations = readdirSync("migrations").map((file) => readFileSync(join("migrations", file), "utf8"));
    const indexes = migrations.flatMap((text) =>
      [...text.matchAll(/"CREATE INDEX IF NOT EXISTS (.* ON audit .*)"/g)].map(([, index]) => index),
    );
    expect(built).to.have.length.greaterThan(0);
    expect(built.toSorted()).to.deep.equal(indexes.toSorted());
  });

  it("names only commands that exist, with options that they have", () => {
    expect(named.length).to.be.greaterThan(10);
    for (const command of [...toRun, ...named]) {
      let at = program;
      for (const word of words(command).slice(1)) {
        const below = at.commands.find((each) => each.name() === word);
        if (below) at = below;
        else if (word.startsWith("--"))
          expect(
            at.options.map(({ long }) => long),
            command,
          ).to.include(word.split("=")[0]);
        else if (at.commands.length > 0) expect.fail(`${command}: there is no ${word}`);
      }
    }
  });

  for (const command of toRun)
    it(`can be followed: ${command}`, async () => {
      const args = words(command)
        .slice(1)
        .map((word) => values[word] ?? word);
      const { code, stdout, stderr } = await runCommand(args, guestpass.settings);
      const refused = expected[words(command).slice(1, 3).join(" ")];
      if (refused) expect(`${stdout}${stderr}`).to.match(refused);
      else expect({ code, stderr }, stdout).to.deep.equal({ code: 0, stderr: "" });
    });
});

/** What a command may say instead, where the test's Guestpass is not as an operator's: it has no DNS, keys that are minutes old, and the port in use. */
const expected: Record<string, RegExp> = {
  doctor: /database/i,
  "serve --workers": /--workers needs PostgreSQL|cannot listen/,
  "keys rotate": /published|rotate|sign/i,
  "keys revoke": /revoke|withdraw|sign/i,
};
