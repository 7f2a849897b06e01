import { expect } from "chai";
import { type Dns, DnsUnreachable, isReserved, problemsOf, problemsOfReturns } from "../../src/cli/sending-domain.ts";
import { dkimRecord, newDkimKey } from "../../src/outbox/dkim.ts";

/** Names, and "mx" for the hosts that take mail. */
type Zone = Record<string, readonly string[]>;

describe("the records of the domain that mail is sent from", () => {
  const key = { domain: "corp.com", selector: "guestpass", privateKey: newDkimKey() };
  const good = {
    mx: ["mx.corp.com"],
    "corp.com": ["google-site-verification=1", "v=spf1 ip4:192.0.2.1 -all"],
    "_dmarc.corp.com": ["v=DMARC1; p=reject"],
    "guestpass._domainkey.corp.com": [dkimRecord(key).value],
  };

  /** DNS as a stub: what is not in the zone there is not. */
  const dnsWith = (zone: Zone): Dns => {
    const look = (name: string) => {
      const records = zone[name];
      if (!records) throw Object.assign(new Error(name), { code: "ENODATA" });
      return records;
    };
    return {
      resolveTxt: async (name) => look(name).map((record) => record.match(/.{1,255}/g) ?? []),
      resolveMx: async () => look("mx").map((exchange) => ({ exchange })),
    };
  };
  const problems = (zone: Zone, domain = "corp.com") => problemsOf(domain, [key], dnsWith(zone));

  it("are fine where MX, SPF, DMARC and the key of each route are there", async () => {
    expect(await problems(good)).to.deep.equal([]);
  });

  it("are fine where the policy is that of the domain above", async () => {
    const zone = { ...good, "guests.corp.com": good["corp.com"] };
    expect(await problems(zone, "guests.corp.com")).to.deep.equal([]);
  });

  for (const [what, zone, problem] of [
    ["no host that takes mail", { mx: [""] }, /^MX: corp.com accepts no mail/],
    ["no SPF record", { "corp.com": ["v=spf10"] }, /^SPF: corp.com has no v=spf1 record/],
    ["two SPF records", { "corp.com": ["v=spf1 -all", "v=spf1 mx -all"] }, /^SPF: corp.com has 2/],
    ["SPF that lets anyone send", { "corp.com": ["v=spf1 +all"] }, /^SPF: .* lets anyone send/],
    ["no DMARC record", { "_dmarc.corp.com": [] }, /^DMARC: _dmarc.corp.com has no/],
    ["a key that is not published", { "guestpass._domainkey.corp.com": [] }, /^DKIM: .* is not published/],
    ["another key published", { "guestpass._domainkey.corp.com": ["v=DKIM1; p=MIIB"] }, /^DKIM: .* publishes another key/],
  ] satisfies [string, Zone, RegExp][]) {
    it(`are told apart: ${what}`, async () => {
      const found = await problems({ ...good, ...zone });
      expect(found).to.have.length(1);
      expect(found[0]).to.match(problem);
    });
  }

  it("must be signed for by the sender's domain, or DMARC does not count it", async () => {
    const zone = { ...good, "other.com": good["corp.com"], "_dmarc.other.com": good["_dmarc.corp.com"] };
    expect((await problems(zone, "other.com"))[0]).to.match(/^DKIM: .* signs for another domain/);
  });

  it("of the domain that mail comes back to are MX and SPF", async () => {
    const returns = (zone: Zone) => problemsOfReturns("bounce.corp.com", dnsWith(zone));
    const published = { mx: ["guestpass.corp.com"], "bounce.corp.com": ["v=spf1 ip4:192.0.2.1 -all"] };
    expect(await returns(published)).to.deep.equal([]);
    const [mx, spf, ...more] = await returns({ mx: [] });
    expect(mx).to.match(/^MX: bounce.corp.com accepts no mail/);
    expect(spf).to.match(/^SPF: bounce.corp.com has no v=spf1 record/);
    expect(more).to.deep.equal([]);
  });

  it("are not judged where DNS cannot be asked", async () => {
    const refuse = async () => {
      throw Object.assign(new Error("queryTxt ECONNREFUSED"), { code: "ECONNREFUSED" });
    };
    const failure = await problemsOf("corp.com", [], { resolveTxt: refuse, resolveMx: refuse }).catch((error: unknown) => error);
    expect(failure).to.be.an.instanceOf(DnsUnreachable);
  });

  it("cannot be there for names that nobody can own", () => {
    expect(["localhost", "idp.example", "a.test", "mail.local"].filter(isReserved)).to.have.length(4);
    expect(["corp.com", "example.com", "testing.org"].filter(isReserved)).to.deep.equal([]);
  });
});
