// Whatever ways in a guest takes, in whatever order: a deadline lies where those put it that prove the mailbox.
import { expect } from "chai";
import fc from "fast-check";
import { operator } from "../../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../../src/guests/address.ts";
import type { Guest as GuestRecord } from "../../../src/guests/guest.ts";
import { appOrigin, Guestpass, type RegisteredApplication } from "../../support/guestpass.ts";
import { Guest } from "../../support/passkeys.ts";
import { say } from "../../support/texts.ts";
import { askingHere, Partner } from "../../support/upstream.ts";

/** Days between two proofs. */
const period = 7;
const day = 86_400_000;
/** Milliseconds: what the steps themselves take. */
const tolerance = 60_000;

type Step = { do: "code" | "passkey" | "person" | "vouched" | "unconfirmed" | "wait" | "silently"; mailbox: 0 | 1; days: number };

const step: fc.Arbitrary<Step> = fc.record({
  do: fc.constantFrom("code", "passkey", "person", "vouched", "unconfirmed", "wait", "silently"),
  mailbox: fc.constantFrom(0 as const, 1 as const),
  days: fc.integer({ min: 1, max: 5 }),
});

describe("only ways in that prove the mailbox move a deadline, in whatever order they are used", () => {
  let guestpass: Guestpass;
  let files: RegisteredApplication;
  let person: Partner;
  let vouched: Partner;
  let unconfirmed: Partner;
  let runs = 0;

  before(async () => {
    guestpass = await Guestpass.start({ ...askingHere, GUESTPASS_PASSKEYS: "on", GUESTPASS_SESSION_DAYS: "3" });
    files = await guestpass.register("files", { admission: "directory", policy: { reverificationDays: period } });
    // One proves the person at the most; the other is authoritative for the addresses.
    person = await Partner.registered(guestpass, "person", { domains: ["example.com"], grade: "proves-the-person" });
    vouched = await Partner.registered(guestpass, "vouched", { domains: ["example.com"] });
    // An administrator bound the domain to it, and DNS does not confirm that.
    unconfirmed = await Partner.registered(guestpass, "unconfirmed", { domains: ["example.com"] }, { confirmed: false });
  });
  after(async () => {
    await person.stop();
    await vouched.stop();
    await unconfirmed.stop();
    await guestpass.stop();
  });

  const address = (typed: string) => parseAddress(typed) as Address;

  /** Signs in at a provider, in a browser of its own. */
  async function upstream(provider: Partner, email: string) {
    const elsewhere = new Guest(guestpass, email);
    const request = await guestpass.authorizationRequest(files);
    provider.organisation.person = { sub: `account of ${email}`, email, email_verified: true };
    const choice = await elsewhere.browser.submit(await elsewhere.browser.open(request.url), "/email", { email });
    return { elsewhere, request, answer: await elsewhere.browser.submit(choice, "/upstream", { provider: provider.id }) };
  }

  it("for a guest with two mailboxes, each with a passkey and an account at a provider", async () => {
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
    /** When each mailbox was last proven: by a code, or by a provider that is authoritative for it. */
    const codes: [number, number] = [0, 0];
    for (const [index, guest] of ways.entries()) {
      expect((await guest.enrol(files)).isRedirect).to.equal(true);
      for (const provider of [person, unconfirmed]) {
        const { elsewhere, answer } = await upstream(provider, guest.address);
        expect(answer.title).to.equal(say("upstream.link.title"));
        expect((await elsewhere.code(answer, "/email", {}, "")).isRedirect).to.equal(true);
      }
      codes[index] = guestpass.clock.now();
    }
    for (const each of steps) {
      const guest = ways[each.mailbox];
      const due = Math.max(...codes) + period * day <= guestpass.clock.now();
      if (each.do === "wait") guestpass.clock.advance({ days: each.days });
      if (each.do === "code") {
        const elsewhere = new Guest(guestpass, guest.address);
        await elsewhere.code(await elsewhere.begin(files), "/email", { email: guest.address, way: "code" }, "");
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
      if (each.do === "person" || each.do === "unconfirmed") {
        const { request, answer } = await upstream(each.do === "person" ? person : unconfirmed, guest.address);
        expect(answer.title === say("confirm.title"), "due").to.equal(due);
        if (!due) {
          const claims = (await guestpass.redeem(request, answer)).claims();
          expect(Number(claims?.["session_expiry"]) * 1000).to.be.at.most(Math.max(...codes) + period * day + tolerance);
        }
      }
      // The exception: it proves the mailbox, as a code does.
      if (each.do === "vouched") {
        expect((await upstream(vouched, guest.address)).answer.location.startsWith(appOrigin)).to.equal(true);
        codes[each.mailbox] = guestpass.clock.now();
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
