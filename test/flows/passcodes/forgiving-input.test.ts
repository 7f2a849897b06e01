import { expect } from "chai";
import { Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { verdict } from "../../support/passcodes.ts";

/** The digits of another script. */
const digitsFrom = (zero: string) => (code: string) =>
  code.replace(/\d/g, (digit) => String.fromCodePoint((zero.codePointAt(0) as number) + Number(digit)));

const waysToType: Record<string, (code: string) => string> = {
  "a space in the middle": (code) => `${code.slice(0, 3)} ${code.slice(3)}`,
  "spaces around it and a line break, as it is pasted": (code) => `  ${code}\r\n`,
  "a no-break space": (code) => `${code.slice(0, 3)}\u00a0${code.slice(3)}`,
  "a dash in the middle": (code) => `${code.slice(0, 3)}-${code.slice(3)}`,
  "a long dash in the middle": (code) => `${code.slice(0, 3)}–${code.slice(3)}`,
  "an invisible mark of writing direction": (code) => `\u200e${code}`,
  "full-width digits": digitsFrom("０"),
  "Arabic digits": digitsFrom("٠"),
  "Persian digits": digitsFrom("۰"),
  "Devanagari digits": digitsFrom("०"),
};

describe("the field of the code is forgiving", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;

  before(async () => {
    guestpass = await Guestpass.start();
    application = await guestpass.register("files");
  });
  after(() => guestpass.stop());

  async function ask(address: string) {
    const browser = guestpass.browser();
    const page = await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), address);
    return { browser, page, code: await guestpass.mail.code(address, 1) };
  }

  for (const [index, [name, type]] of Object.entries(waysToType).entries()) {
    it(`it takes ${name}`, async () => {
      const { browser, page, code } = await ask(`guest${index}@example.com`);
      expect(verdict(await browser.post(page, "/passcode", { code: type(code) }))).to.equal("accepted");
    });
  }

  it("it is one text field that phones offer the code for, with their number keys", async () => {
    const { page } = await ask("phone@example.com");
    const field = page.document.querySelector("input[name=code]");
    expect(field?.attributes).to.include({ type: "text", inputmode: "numeric", autocomplete: "one-time-code" });
  });

  it("what was typed wrongly says what a code looks like", async () => {
    const { browser, page } = await ask("typo@example.com");
    const answer = await browser.post(page, "/passcode", { code: "12 34" });
    expect(answer.status).to.equal(422);
    expect(answer.text).to.contain("6 digits");
  });
});
