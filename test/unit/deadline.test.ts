import { expect } from "chai";
import fc from "fast-check";
import { deadline, endsOf, type Rule, rulesOf } from "../../src/reverification/deadline.ts";

const day = 24 * 3_600_000;
const days = fc.double({ min: 1 / 24, max: 3650, noNaN: true });
const override = fc.option(days);
const policies = fc.record({ settings: days, application: override, guest: override, invitation: override });
const moment = fc.integer({ min: 0, max: 4_102_444_800_000 });

describe("the deadline of a proof", () => {
  it("is never later than any single rule allows, and is what one of them says", () => {
    fc.assert(
      fc.property(moment, policies, (provenAt, policy) => {
        const rules = rulesOf(policy);
        const { at, rule } = deadline(provenAt, rules);
        for (const each of rules) expect(at).to.be.at.most(provenAt + Math.round(each.days * day));
        expect(at).to.equal(provenAt + Math.round(rule.days * day));
        expect(rules).to.deep.include(rule);
      }),
    );
  });

  it("does not depend on the order of the rules", () => {
    fc.assert(
      fc.property(moment, policies, (provenAt, policy) => {
        const rules = rulesOf(policy);
        const reversed = [...rules].reverse() as [Rule, ...Rule[]];
        expect(deadline(provenAt, reversed).at).to.equal(deadline(provenAt, rules).at);
      }),
    );
  });

  it("comes earlier, never later, when any period is made shorter", () => {
    fc.assert(
      fc.property(
        moment,
        policies,
        fc.constantFrom("settings", "application", "guest", "invitation"),
        fc.double({ min: 0.01, max: 1, noNaN: true }),
        (provenAt, policy, source, factor) => {
          const shorter = { ...policy, [source]: policy[source] === null ? null : policy[source] * factor };
          expect(deadline(provenAt, rulesOf(shorter)).at).to.be.at.most(deadline(provenAt, rulesOf(policy)).at);
        },
      ),
    );
  });

  it("moves with the proof", () => {
    fc.assert(
      fc.property(moment, fc.integer({ min: 0, max: 1e12 }), policies, (provenAt, later, policy) => {
        const rules = rulesOf(policy);
        expect(deadline(provenAt + later, rules).at - deadline(provenAt, rules).at).to.equal(later);
      }),
    );
  });

  it("is never later than the end of the guest's record or of the invitation, and says which came first", () => {
    fc.assert(
      fc.property(moment, policies, fc.option(moment), fc.option(moment), (provenAt, policy, guest, invitation) => {
        const due = deadline(provenAt, rulesOf(policy)).at;
        const { at, end } = deadline(provenAt, rulesOf(policy), endsOf({ guest, invitation }));
        expect(at).to.equal(Math.min(due, guest ?? due, invitation ?? due));
        expect(end === null).to.equal(at === due);
      }),
    );
    expect(deadline(0, rulesOf({ settings: 30 }), endsOf({ guest: 9, invitation: 8 })).end).to.deep.equal({ source: "invitation", at: 8 });
  });

  it("asks for as many codes in a year of daily visits as the strictest rule has, whichever rules are set", () => {
    const period = fc.double({ min: 0.5, max: 400, noNaN: true });
    // Visits are a little more than a day apart, so that none comes at the very moment of a deadline.
    const between = day + 1000;
    for (let set = 0; set < 16; set++) {
      const policy = fc.record({
        settings: set & 1 ? period : fc.constant(30),
        application: set & 2 ? period : fc.constant(null),
        guest: set & 4 ? period : fc.constant(null),
        invitation: set & 8 ? period : fc.constant(null),
      });
      fc.assert(
        fc.property(policy, (days) => {
          let provenAt = 0;
          let codes = 0;
          for (let visit = 1; visit <= 365; visit++) {
            if (deadline(provenAt, rulesOf(days)).at > visit * between) continue;
            provenAt = visit * between;
            codes++;
          }
          const strictest = Math.min(...Object.values(days).filter((each) => each !== null));
          expect(codes).to.equal(Math.floor(365 / Math.ceil(Math.round(strictest * day) / between)));
        }),
        { numRuns: 50 },
      );
    }
  });

  it("names the rule that decided", () => {
    expect(deadline(0, rulesOf({ settings: 30, application: 14, guest: null, invitation: 7 })).rule).to.deep.equal({
      source: "invitation",
      days: 7,
    });
    expect(deadline(0, rulesOf({ settings: 30 })).rule).to.deep.equal({ source: "settings", days: 30 });
  });
});
