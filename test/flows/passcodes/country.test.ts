import { expect } from "chai";
import { Guestpass } from "../../support/guestpass.ts";

describe("the mail with a code says from which country it was asked for", () => {
  /** What the mail says to a guest who reads German and whose request came with this header. */
  async function place(settings: Record<string, string>, country: string): Promise<string | undefined> {
    const guestpass = await Guestpass.start({ GUESTPASS_COUNTRY_HEADER: "CF-IPCountry", ...settings });
    try {
      const browser = guestpass.browser({ "accept-language": "de", "cf-ipcountry": country });
      const request = await guestpass.authorizationRequest(await guestpass.register("files"));
      await guestpass.askForCode(browser, request, "ada@example.com");
      const [mail] = await guestpass.mail.wait("ada@example.com");
      return /^Ort: (.*)$/m.exec(mail?.parsed.text ?? "")?.[1];
    } finally {
      await guestpass.stop();
    }
  }

  it("where a trusted proxy says so, in the guest's language", async () => {
    expect(await place({ GUESTPASS_TRUSTED_PROXIES: "127.0.0.1" }, "PT")).to.equal("Portugal");
    expect(await place({ GUESTPASS_TRUSTED_PROXIES: "127.0.0.1" }, "GR")).to.equal("Griechenland");
  });

  it("but not where it is no country, or a stranger says it", async () => {
    expect(await place({ GUESTPASS_TRUSTED_PROXIES: "127.0.0.1" }, "T1")).to.equal(undefined);
    expect(await place({ GUESTPASS_TRUSTED_PROXIES: "127.0.0.1" }, "XX")).to.equal(undefined);
    expect(await place({}, "PT")).to.equal(undefined);
  });
});
