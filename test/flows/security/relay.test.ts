// RFC 8628, section 5.4, as it is for emailed codes: an attacker begins a sign-in with the guest's address, and asks the guest for the code.
import { expect } from "chai";
import { Guestpass } from "../../support/guestpass.ts";
import { verdict } from "../../support/passcodes.ts";

describe("a guest who is asked for a code by somebody else", () => {
  let guestpass: Guestpass;
  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  async function ask(application: Awaited<ReturnType<Guestpass["register"]>>) {
    const browser = guestpass.browser();
    const before = guestpass.mail.to("ada@example.com").length;
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), "ada@example.com");
    const mail = (await guestpass.mail.wait("ada@example.com", before + 1)).at(-1);
    return { browser, page, code: await guestpass.mail.code("ada@example.com", before + 1), text: mail?.parsed.text ?? "" };
  }

  it("can tell the mails apart: each names its application and the reference that its own page shows, and warns of reading the code out", async () => {
    const attacker = await ask(await guestpass.register("other", { name: "Other files" }));
    const guest = await ask(await guestpass.register("files", { name: "Shared files" }));
    const [theirs, own] = [attacker, guest].map(({ page }) => /same reference as this page: (\w+)/.exec(page.text)?.[1]);
    expect(own).to.be.a("string").that.does.not.equal(theirs);
    expect(guest.text).to.contain(own).and.to.contain("Shared files");
    expect(attacker.text).to.contain(theirs).and.to.contain("Other files");
    expect(attacker.text).to.not.contain(own);
    expect(guest.page.text).to.contain("Shared files");
    expect(attacker.text).to.contain("if someone asks you to read the code out, do not use the code");
    // The code of the guest's own sign-in is of no use to the attacker, and works where it was asked for.
    expect(verdict(await attacker.browser.post(attacker.page, "/passcode", { code: guest.code }))).to.equal("not right");
    expect(verdict(await guest.browser.post(guest.page, "/passcode", { code: guest.code }))).to.equal("accepted");
  });
});
