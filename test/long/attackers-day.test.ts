// A day of an attacker who does nothing but ask for codes and guess, with one network for each hundred addresses. That is what 100 networks do to
// 10,000 addresses, in small: SIMULATED_ADDRESSES=10000 makes it the whole size, which takes an hour or so. Everything is the product's but the
// browsers and the mail servers.
import { expect } from "chai";
import { Admission } from "../../src/admission/admission.ts";
import type { Application } from "../../src/applications/application.ts";
import { readConfig } from "../../src/configuration/config.ts";
import { Limits } from "../../src/limits/limits.ts";
import type { Observation } from "../../src/observations.ts";
import { deriveSecrets } from "../../src/secrets.ts";
import { KnownBrowsers } from "../../src/sign-in/known-browsers.ts";
import { SignIn, type SignInContext, type VerifyOutcome } from "../../src/sign-in/sign-in.ts";
import { SignInLimits } from "../../src/sign-in/sign-in-limits.ts";
import type { Guestpass } from "../support/guestpass.ts";
import { startLimited } from "../support/limits.ts";

const addresses = Number(process.env["SIMULATED_ADDRESSES"] ?? 200);
const networks = addresses / 100;
const seed = Number(process.env["SIMULATION_SEED"] ?? 11);
const windows = 96;
const guestsPerWindow = 8;

interface Day {
  mails: number;
  /** That known browsers asked for. */
  mailsOfKnown: number;
  mailsTo: Map<string, number>;
  /** Guesses that were compared with a short code, and with a long one. */
  guesses: { short: number; long: number };
  guessesAt: Map<string, number>;
  refusedGuesses: number;
  guessed: number;
  guests: { in: number; "in by a long code": number; "had a code and was refused": number; "known, and had to wait": number };
  /** Of guests who had to wait for a code: how long in milliseconds, by the limit that was reached. */
  waits: Record<string, number[]>;
}

for (const { what, share } of [
  { what: "whose networks may ask for all that the application may", share: 1 },
  { what: "whose networks may ask for a third of what the application may", share: 3 },
])
  describe(`a day of an attacker ${what}`, () => {
    let guestpass: Guestpass;
    let signIn: SignIn;
    let application: Application;
    let knownBrowsers: KnownBrowsers;
    const mailed = new Map<string, string>();
    let mails = 0;
    /** The limit that refused last. */
    let reached = "";

    before(async () => {
      guestpass = await startLimited({ GUESTPASS_LIMIT_CODES_PER_APPLICATION: `${share * 30 * networks}/15m` });
      await guestpass.register("files");
      application = (await guestpass.server.app.applications.find("files")) as Application;
      const { db, guests, passcodes, invitations, settings, audit } = guestpass.server.app;
      const clock = guestpass.clock;
      const config = readConfig(guestpass.settings);
      const key = deriveSecrets(config.secret).limits;
      const observe = (observation: Observation) => {
        if (observation.of === "limit") reached = observation.limit;
      };
      knownBrowsers = new KnownBrowsers({ clock, key });
      signIn = new SignIn({
        db,
        knownBrowsers,
        guests,
        passcodes,
        invitations,
        audit,
        observe,
        admission: new Admission({ clock, guests, invitations, settings, passkeys: "off" }),
        limits: new SignInLimits({ limits: new Limits({ db, clock, key, observe }), clock, key, rates: config.limits }),
        mayEnrol: async () => false,
        linkAccount: async () => undefined,
        enqueue: async (_trx, mail) => {
          mails++;
          if (mail.kind === "passcode") mailed.set(mail.context.interaction, mail.code);
          return () => undefined;
        },
      });
    });
    after(() => guestpass.stop());

    let interactions = 0;
    function visit(network: string, kept = ""): SignInContext {
      return {
        interaction: `simulated-${interactions++}`,
        endsAt: guestpass.clock.now() + 3_600_000,
        application,
        language: "en",
        network,
        kept,
        applicationLanguage: undefined,
        userAgent: "",
        country: undefined,
        toLink: undefined,
      };
    }
    const type = (context: SignInContext, code: string, address: string): Promise<VerifyOutcome> =>
      signIn.verifyPasscode(context, code, (shown) => shown === address);

    it("guesses, locks out and mails no more than the documents say", async function () {
      this.timeout(addresses * 10_000);
      const random = randomOf(seed);
      const day: Day = {
        mails: 0,
        mailsOfKnown: 0,
        mailsTo: new Map(),
        guesses: { short: 0, long: 0 },
        guessesAt: new Map(),
        refusedGuesses: 0,
        guessed: 0,
        guests: { in: 0, "in by a long code": 0, "had a code and was refused": 0, "known, and had to wait": 0 },
        waits: {},
      };
      const addressOf = (number: number) => `guest${number}@partner.example`;
      const homeOf = (number: number) => `10.${number >> 8}.${number & 255}.0/24`;

      /** Asks for a code and guesses as often as the sign-in allows. @returns whether the network had one left */
      async function attack(address: string, network: string): Promise<boolean> {
        const context = visit(network);
        const { outcome } = await signIn.requestPasscode(context, address);
        if (outcome !== "asked") return false;
        day.mailsTo.set(address, (day.mailsTo.get(address) ?? 0) + 1);
        const digits = mailed.get(context.interaction)?.length ?? 6;
        for (let tries = 0; tries < 5; tries++) {
          const guess = String(Math.floor(random() * 10 ** digits)).padStart(digits, "0");
          const verdict = await type(context, guess, address);
          if (verdict.outcome === "accepted") day.guessed++;
          else if (verdict.outcome === "too-many") day.refusedGuesses++;
          if (verdict.outcome === "wrong" || verdict.outcome === "locked") {
            day.guesses[digits === 6 ? "short" : "long"]++;
            if (digits === 6) day.guessesAt.set(address, (day.guessesAt.get(address) ?? 0) + 1);
          }
        }
        return true;
      }

      const cookies = new Map<number, string>();
      /**
       * Somebody signs in, from a network of their own. The browser is known from their first time on, and for every other guest from the
       * beginning: they opened the link of an invitation.
       */
      async function guest(): Promise<void> {
        const number = Math.floor(random() * addresses);
        const address = addressOf(number);
        const kept = cookies.get(number) ?? (number % 2 === 0 ? knownBrowsers.remember("", address, "invited") : "");
        const context = visit(homeOf(number), kept);
        const asked = await signIn.requestPasscode(context, address);
        if (asked.outcome === "too-often") {
          if (kept !== "") day.guests["known, and had to wait"]++;
          const waits = day.waits[reached] ?? [];
          day.waits[reached] = waits;
          waits.push(asked.wait);
          return;
        }
        if (kept !== "") day.mailsOfKnown++;
        const code = mailed.get(context.interaction) ?? "";
        const { outcome } = await type(context, code, address);
        if (outcome !== "accepted") day.guests["had a code and was refused"]++;
        else {
          day.guests[code.length > 6 ? "in by a long code" : "in"]++;
          cookies.set(number, knownBrowsers.remember(kept, address, "proven"));
        }
      }

      let next = 0;
      for (let window = 0; window < windows; window++) {
        const before = mails;
        for (let network = 0; network < networks; network++) {
          for (let asked = 0, failed = 0; asked < 30 && failed < 30; ) {
            if (await attack(addressOf(next++ % addresses), `172.16.${network}.0/24`)) asked++;
            else failed++;
          }
        }
        expect(mails - before, "of 15 minutes").to.be.at.most(30 * networks);
        for (let visits = 0; visits < guestsPerWindow; visits++) {
          await guest();
          guestpass.clock.advance({ seconds: 900 / guestsPerWindow });
        }
      }
      day.mails = mails;

      const guesses = day.guesses.short;
      const report = {
        addresses,
        networks,
        seed,
        mails: day.mails,
        "mails that known browsers asked for": day.mailsOfKnown,
        "most mails of the attacker's to one address": Math.max(...day.mailsTo.values()),
        "guesses compared (6 digits)": guesses,
        "guesses compared (12 digits)": day.guesses.long,
        "guesses refused": day.refusedGuesses,
        "most guesses at one address (6 digits)": Math.max(...day.guessesAt.values()),
        "codes guessed": day.guessed,
        "codes guessed, expected": guesses / 1e6,
        ...day.guests,
        ...Object.fromEntries(Object.entries(day.waits).map(([limit, waits]) => [`had to wait: ${limit}`, waits.length])),
        ...Object.fromEntries(
          Object.entries(day.waits).map(([limit, waits]) => [`longest wait, minutes: ${limit}`, Math.ceil(Math.max(...waits) / 60_000)]),
        ),
      };
      console.table(report);

      // 20 codes for an address in its day, whoever asks; 50 guesses at it. The odds of three guessed of so few are nil.
      expect(Math.max(...day.mailsTo.values())).to.be.at.most(20);
      expect(Math.max(...day.guessesAt.values())).to.be.at.most(50);
      expect(day.guessed).to.be.at.most(2);
      expect(day.mails - day.mailsOfKnown, "that strangers asked for").to.be.at.most(20 * addresses);
      // Whoever has a code is in: from a network known before, by a short code, or by a long one.
      expect(day.guests["had a code and was refused"]).to.equal(0);
      // What strangers ask for keeps nobody waiting whose browser is known.
      expect(day.guests["known, and had to wait"]).to.equal(0);
      expect(day.guests["in by a long code"]).to.be.greaterThan(0);
      // Nobody waits longer than a quarter of an hour for the application's sake, and a day for that of the address.
      for (const [limit, waits] of Object.entries(day.waits)) {
        expect(limit).to.be.oneOf(["codes-per-address", "codes-per-mailbox", "codes-per-application"]);
        expect(Math.max(...waits)).to.be.at.most(limit === "codes-per-application" ? 900_000 : 24 * 3_600_000);
      }
      // Where the application has codes left, only what was done to one's own address makes anybody wait.
      if (share > 1) expect(Object.keys(day.waits)).to.not.include("codes-per-application");
    });
  });

/** Numbers from 0 to 1 by seed (mulberry32). */
function randomOf(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
