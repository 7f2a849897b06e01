// SQLite only, whatever the rest of the suite is on: PostgreSQL's files are its own affair.
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { eventually } from "../support/eventually.ts";
import { Guestpass } from "../support/guestpass.ts";

describe("the files of a SQLite database", () => {
  let directory: string;
  let guestpass: Guestpass;
  let umask: number;

  beforeEach(async () => {
    umask = process.umask(0o022);
    directory = await mkdtemp(join(tmpdir(), "guestpass-files-"));
    guestpass = await Guestpass.start({
      GUESTPASS_DATABASE_URL: `sqlite:${join(directory, "data", "guestpass.db")}`,
      GUESTPASS_PASSCODE_DIGITS: "8",
    });
  });
  afterEach(async () => {
    await guestpass.stop();
    await rm(directory, { recursive: true });
    process.umask(umask);
  });

  const data = () => join(directory, "data");
  const mode = async (path: string) => (await stat(path)).mode & 0o777;

  it("can be read by their owner alone, under an ordinary umask too", async () => {
    const files = await readdir(data());
    expect(files).to.have.members(["guestpass.db", "guestpass.db-wal", "guestpass.db-shm"]);
    expect(await mode(data())).to.equal(0o700);
    for (const file of files) expect((await mode(join(data(), file))).toString(8), file).to.equal("600");
  });

  it("hold nothing of a mail that was sent once the server has tidied up", async () => {
    const application = await guestpass.register("files");
    await guestpass.askForCode(guestpass.browser(), await guestpass.authorizationRequest(application), "ada@example.com");
    const code = await guestpass.mail.code("ada@example.com");
    const { db } = guestpass.server.app;
    await eventually("the mail is on record as sent", async () => (await db("outbox").where({ state: "sent" })).length === 1);
    expect(await filesWith(code), "as it was written first").to.deep.equal(["guestpass.db-wal"]);
    await guestpass.server.app.sweep();
    expect(await filesWith(code)).to.deep.equal([]);
  });

  async function filesWith(text: string): Promise<string[]> {
    const files = await readdir(data());
    const contents = await Promise.all(files.map((file) => readFile(join(data(), file))));
    return files.filter((_, index) => contents[index]?.includes(text));
  }
});
