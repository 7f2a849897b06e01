import { expect } from "chai";
import { Cli } from "../../support/cli.ts";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { Guest } from "../../support/passkeys.ts";
import { say } from "../../support/texts.ts";

const ada = "ada@example.com";

describe("guestpass passkey", function () {
  this.timeout(300_000);
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let passkey: Cli;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_PASSKEYS: "on", GUESTPASS_SESSION_DAYS: "1" });
    files = await guestpass.register("files");
    passkey = new Cli(guestpass.settings, "passkey");
  });
  after(() => guestpass.stop());

  it("list shows what a guest has, and remove takes it: the mailbox is told, and a code signs in as ever", async () => {
    const guest = new Guest(guestpass, ada);
    await guest.byCode(files);
    expect(await passkey.ok("list", ada)).to.equal(`${ada} has no passkey.\n`);
    guestpass.clock.advance({ days: 2 });
    const other = new Guest(guestpass, ada);
    await other.enrol(files);

    const [made, ...more] = await passkey.json<Record<string, string | null>[]>("list", ada);
    expect(more).to.deep.equal([]);
    expect(made).to.include({ email: ada, last_used_at: null });
    expect(await passkey.ok("list", ada)).to.match(new RegExp(`^ID +EMAIL +DEVICE +CREATED_AT +LAST_USED_AT *\n${made?.["id"]} +${ada} `));

    const moved = { ...guestpass.settings, GUESTPASS_ISSUER: "https://guests.invalid", GUESTPASS_TRUSTED_PROXIES: "127.0.0.1" };
    expect((await new Cli(moved).run("doctor")).stdout).to.match(
      / passkeys +1 passkey of guests was made for another host than guests\.invalid/,
    );

    expect(await passkey.refused("remove", ada, "0b7b2f6e-51f5-4c40-a1b5-2f7a3f0b1c11", "--yes")).to.contain("passkey");
    expect(await passkey.ok("remove", ada, made?.["id"] ?? "", "--yes")).to.equal("Removed.\n");
    expect(await passkey.json("list", ada)).to.deep.equal([]);
    await guestpass.mail.until(() => guestpass.mail.to(ada).some(({ parsed }) => parsed.subject === say("mail.passkey-removed.subject")));

    guestpass.clock.advance({ days: 2 });
    expect((await other.byPasskey(files)).text).to.contain(say("passkey.unknown"));
    expect((await other.byCode(files)).title, "a code came back").to.equal(say("passkey.offer.title"));
  });
});
