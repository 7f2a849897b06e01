import { expect } from "chai";
import { networkOf } from "../../../src/http/network.ts";
import type { Guestpass } from "../../support/guestpass.ts";
import { browserAt, mailsSent, startLimited } from "../../support/limits.ts";
import { send, sendBytes } from "../../support/raw-http.ts";

describe("what proxies say of where a request comes from", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await startLimited({ GUESTPASS_LIMIT_CODES_PER_NETWORK: "4/15m" });
  });
  after(() => guestpass.stop());
  beforeEach(() => guestpass.clock.advance({ hours: 1 }));

  let asked = 0;
  /** Asks for a code with each of the headers, each time for another address. @returns how many were mailed */
  async function ask(forwarded: (string | undefined)[]): Promise<number> {
    const before = await mailsSent(guestpass);
    const application = await guestpass.register(`files${asked}`);
    for (const header of forwarded) {
      const browser = header === undefined ? guestpass.browser() : browserAt(guestpass, header);
      await guestpass.askForCode(browser, await guestpass.authorizationRequest(application), `guest${asked++}@example.com`);
    }
    return (await mailsSent(guestpass)) - before;
  }

  it("is one network, however an IPv4 address is written", async () => {
    expect(
      await ask(["203.0.113.9", "::ffff:203.0.113.9", "::ffff:cb00:7109", "0:0:0:0:0:ffff:cb00:7109", "::FFFF:CB00:7188", "203.0.113.9"]),
    ).to.equal(4);
  });

  it("is not the network of every other address in IPv6 form", async () => {
    expect(await ask(["::ffff:cb00:7109", "::ffff:cb00:7109", "::ffff:cb00:7109", "::ffff:cb00:7109"])).to.equal(4);
    expect(await ask(["::ffff:c633:6407"])).to.equal(1);
  });

  it("is one network for all that no proxy gives an address for: a word, nothing, no header at all", async () => {
    expect(await ask(["unknown", "203.0.113.77, unknown", "_hidden", "203.0.113.78, 999.1.1.1", undefined, "203.0.113.79, "])).to.equal(4);
    expect(await ask(["198.51.100.9"]), "those who have one").to.equal(1);
  });

  for (const [what, headers, mails] of [
    ["a number that begins with a zero is no address", ["010.0.0.1", "010.0.7.1", "8.0.0.010", "0x0a.0.0.1", "167772161"], 4],
    ["what belongs into the header Forwarded is none", ["for=192.0.2.1", 'for="[2001:db8::1]:5"', "for=_hidden", "by=1.2.3.4", "for="], 4],
    ["a port is read over", ["192.0.2.1:1", "192.0.2.1:2", "192.0.2.2:65535", "192.0.2.1", "192.0.2.1:x, 192.0.2.9:3"], 4],
    ["a port of IPv6 as well", ["[2001:db8:7::1]:1", "[2001:db8:7::1]:2", "[2001:db8:7::2]", "2001:db8:7::3", "2001:DB8:7:0::4"], 4],
    ["addresses of other networks are others", ["10.0.0.1", "8.0.0.1", "192.0.3.1", "192.0.4.1", "[2001:db8:8::1]:1"], 5],
  ] as [string, string[], number][])
    it(`is read in one way: ${what}`, async () => {
      expect(await ask(headers)).to.equal(mails);
    });

  it("is read in the same way by every limit", () => {
    for (const [address, network] of [
      ["::ffff:cb00:7109", "203.0.113.0/24"],
      ["203.0.113.9", "203.0.113.0/24"],
      ["2001:db8:1:2::1", "2001:db8:1:2::/64"],
      ["2001:DB8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
      ["64:ff9b::203.0.113.9", "203.0.113.0/24"],
      ["64:ff9b::c633:6409", "198.51.100.0/24"],
      ["::ffff:0:203.0.113.9", "203.0.113.0/24"],
      ["::1", "0:0:0:0::/64"],
      ["unknown", "unknown"],
      ["", "unknown"],
    ] as const)
      expect(networkOf(address), address).to.equal(network);
  });
});

describe("what proxies say of how a request came", () => {
  let guestpass: Guestpass;

  before(async () => {
    guestpass = await startLimited({ GUESTPASS_ISSUER: "https://guests.example.com" });
  });
  after(() => guestpass.stop());

  const ask = (headers: Record<string, string>) => send(guestpass.server.port, "/.well-known/openid-configuration", { headers });

  it("is believed in upper or lower case, and of several values the first one", async () => {
    for (const value of ["https", "HTTPS", "https, https", "https,http", " Https , http"])
      expect((await ask({ "x-forwarded-proto": value })).status, value).to.equal(200);
    const lines = [
      "GET /.well-known/openid-configuration HTTP/1.1",
      "Host: x",
      "X-Forwarded-Proto: https",
      "x-forwarded-proto: HTTPS",
      "Connection: close",
    ];
    expect(await sendBytes(guestpass.server.port, `${lines.join("\r\n")}\r\n\r\n`)).to.match(/^HTTP\/1.1 200 /);
  });

  it("is refused otherwise, with what was got", async () => {
    for (const value of ["http", "http, https", "wss"]) {
      const { status, body } = await ask({ "x-forwarded-proto": value });
      expect(status).to.equal(421);
      expect(body).to.contain(`with X-Forwarded-Proto: ${value}. The first value must be https.`);
    }
    expect((await ask({})).body).to.contain("without an X-Forwarded-Proto header");
  });

  it("is refused from elsewhere, with the address it came from", async () => {
    const other = await startLimited(
      { GUESTPASS_ISSUER: "https://guests.example.com", GUESTPASS_TRUSTED_PROXIES: "192.0.2.1" },
      { on: guestpass },
    );
    const { status, body } = await send(other.server.port, "/", { headers: { "x-forwarded-proto": "https" } });
    expect(status).to.equal(421);
    expect(body).to.match(/came from (::ffff:)?127\.0\.0\.1, which is not in GUESTPASS_TRUSTED_PROXIES/);
    await other.server.close();
  });
});
