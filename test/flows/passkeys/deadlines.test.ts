// Whatever ways in a guest takes, in whatever order: a deadline lies where the codes alone would have put it.
import { expect } from "chai";
import fc from "fast-check";
import { operator } from "../../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import type { Guest as GuestRecord } from "../../../src/guests/guest.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { Guest } from "../../support/passkeys.ts";
import { say } from "../../support/texts.ts";

/** Days between two proofs. */
const period = 7;
const day = 86_400_000;
/** Milliseconds: what the steps themselves take. */
const tolerance = 60_000;

type Step = { do: "code" | "passkey" | "wait" | "silently"; mailbox: 0 | 1; days: number };

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("code" as const, "passkey" as const, "passkey" as const, "wait" as const, "silently" as const),
  mailbox: fc.constantFrom(0 as const, 1 as const),
  days: fc.integer({ min: 1, max: 5 }),
});

describe("no sequence of ways in moves a deadline later than the codes alone would", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let runs = 0;

  before(async () => {
    guestpass = await Guestpass.start({ GUESTPASS_PASSKEYS: "on", GUESTPASS_SESSION_DAYS: "3" });
    files = await guestpass.register("files", { admission: "directory", policy: { reverificationDays: period } });
  });
  after(() => guestpass.stop());

  const address = (typed: string) => parseAddress(typed) as Address;

  it("for a guest with two mailboxes, each with a passkey", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 9 }), (steps) => walk(steps)),
      { numRuns: Number(process.env["DEADLINE_RUNS"] ?? 5), seed: Number(process.env["DEADLINE_SEED"] ?? 19), endOnFailure: true },
    );
  });

  async function walk(steps: Step[]): Promise<void> {
    const { guests, aliases } = guestpass.server.app;
    const mailboxes = ["a", "b"].map((each) => `guest${runs}${each}@example.com`) as [string, string];
    runs++;
    const sub = await guestpass.addGuest(mailboxes[0]);
    const found = async () => (await guests.findBySub(sub)) as GuestRecord;
    await aliases.add(await found(), address(mailboxes[1]), { otherMailbox: true }, operator);
    const ways = mailboxes.map((each) => new Guest(guestpass, each)) as [Guest, Guest];
    /** When a code to each mailbox last came back. */
    const codes: [number, number] = [0, 0];
    for (const [index, guest] of ways.entries()) {
      expect((await guest.enrol(files)).isRedirect).to.equal(true);
      codes[index] = guestpass.clock.now();
    }
    for (const each of steps) {
      const guest = ways[each.mailbox];
      const due = Math.max(...codes) + period * day <= guestpass.clock.now();
      if (each.do === "wait") guestpass.clock.advance({ days: each.days });
      if (each.do === "code") {
        const elsewhere = new Guest(guestpass, guest.address);
        await elsewhere.code(await elsewhere.begin(files), "/email", { email: guest.address }, "");
        codes[each.mailbox] = guestpass.clock.now();
      }
      if (each.do === "passkey") {
        const request = await guestpass.authorizationRequest(files, { prompt: "login" });
        const page = await guest.browser.open(request.url);
        // A session that is due is asked for its code at once.
        if (page.document.querySelector("[data-passkey]")) {
          const answer = await guest.browser.submit(page, "/passkey", { credential: guest.answer(page) });
          expect(answer.title === say("confirm.title"), "due").to.equal(due);
          if (!due) {
            const claims = (await guestpass.redeem(request, answer)).claims();
            expect(Number(claims?.["session_expiry"]) * 1000).to.be.at.most(Math.max(...codes) + period * day + tolerance);
          }
        } else expect(page.title).to.equal(say("confirm.title"));
      }
      if (each.do === "silently") {
        const answer = await guest.browser.open((await guestpass.authorizationRequest(files, { prompt: "none" })).url);
        expect(answer.location.startsWith(appOrigin)).to.equal(true);
        if (due) expect(answer.query["error"]).to.equal("login_required");
      }
      for (const alias of await guests.aliases(sub))
        expect(alias.verifiedAt, `${each.do} ${each.mailbox}`).to.be.closeTo(codes[mailboxes.indexOf(alias.address)] ?? 0, tolerance);
    }
  }
});
