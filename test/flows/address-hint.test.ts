import { expect } from "chai";
import type { Admission } from "../../src/applications/application.ts";
import { Guestpass } from "../support/guestpass.ts";
import { say } from "../support/texts.ts";

describe("the page that asks for the address", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await Guestpass.start();
  });
  after(() => guestpass.stop());

  const admissions: [Admission, boolean][] = [
    ["invited", true],
    ["directory", false],
    ["domains", false],
    ["anyone", false],
  ];
  for (const [admission, speaks] of admissions) {
    it(`${speaks ? "speaks" : "does not speak"} of an invitation where the application admits ${admission}`, async () => {
      const policy = { allowDomains: ["example.com"] };
      const application = await guestpass.register(`app-${admission}`, { admission, policy });
      const page = await guestpass.browser().open((await guestpass.authorizationRequest(application)).url);
      expect(page.text.includes(say("enter-email.hint"))).to.equal(speaks);
      const described = page.document.querySelector("input[name=email]")?.getAttribute("aria-describedby");
      for (const id of (described ?? "").split(" ").filter(Boolean)) expect(page.document.querySelector(`#${id}`), id).not.to.equal(null);
    });
  }
});
