import { expect } from "chai";
import { parse } from "node-html-parser";
import { operator } from "../../src/audit/audit.ts";
import { type Address, parseAddress } from "../../src/guests/address.ts";
import type { Answer } from "../support/browser.ts";
import { eventually } from "../support/eventually.ts";
import { Guestpass, type RegisteredApplication } from "../support/guestpass.ts";
import { wrongCodes } from "../support/passcodes.ts";
import { comesByTheClock, statementsOf } from "../support/statements.ts";

interface Journey {
  /** Each answer with what is random or was typed taken out. */
  answers: string[];
  statements: string[];
  mails: number;
}

describe("nobody learns whether an address is known", () => {
  let guestpass: Guestpass;
  const applications = new Map<string, RegisteredApplication>();

  before(async () => {
    guestpass = await Guestpass.start();
    guestpass.clock.hold();
    // The trail is sealed by the clock, whoever the address belongs to.
    await guestpass.server.app.audit.stop();
    applications.set("directory", await guestpass.register("directory", { admission: "directory" }));
    applications.set("anyone", await guestpass.register("anyone", { admission: "anyone" }));
    const { guests } = guestpass.server.app;
    for (const state of ["invited", "active", "suspended"]) {
      const address = `${state.padEnd(9, "x")}@example.com`;
      const sub = await guestpass.addGuest(address);
      if (state === "active") await signIn(address);
      if (state === "suspended") await guests.suspend(sub, "left", operator);
    }
  });
  after(() => guestpass.stop());

  async function signIn(address: string): Promise<void> {
    const request = await guestpass.authorizationRequest(applications.get("directory") as RegisteredApplication);
    await guestpass.signIn(guestpass.browser(), request, address);
  }

  /** A stranger's walk: asks for a code, looks, asks again, tries five wrong ones, and looks again. */
  async function walk(admission: string, address: string): Promise<Journey> {
    const browser = guestpass.browser();
    const request = await guestpass.authorizationRequest(applications.get(admission) as RegisteredApplication);
    const start = await browser.open(request.url);
    const mailsBefore = guestpass.mail.to(address).length;
    const answers: Answer[] = [];
    const statements = await statementsOf(async () => {
      answers.push(await browser.post(start, "/email", { email: address }));
      await mailSettled(address, mailsBefore + 1);
      const page = await browser.open(start.url);
      answers.push(page, await browser.post(page, "/resend"));
      await mailSettled(address, mailsBefore + 2);
      for (const code of wrongCodes("123456", 5)) answers.push(await browser.post(page, "/passcode", { code }));
      answers.push(await browser.open(start.url), await browser.open(`${start.url}/email`));
    });
    return {
      answers: answers.map((answer) => withoutWhatDiffers(answer, address)),
      statements: statements.filter((sql) => !comesByTheClock(sql)),
      mails: guestpass.mail.to(address).length - mailsBefore,
    };
  }

  /** Of the last one to the address, in bytes, with its header. */
  function mailSize(address: string): number {
    return guestpass.mail.to(address).at(-1)?.raw.length ?? 0;
  }

  async function mailSettled(address: string, count: number): Promise<void> {
    await guestpass.mail.wait(address, count);
    await eventually("the mail is settled", async () => {
      const queued = await guestpass.server.app.db("outbox").where({ state: "queued" });
      return queued.length === 0;
    });
  }

  for (const [admission, addresses] of Object.entries({
    directory: { "an invited": "invitedxx", "an active": "activexxx", "an unknown": "unknownxx", "a suspended": "suspended" },
    anyone: { "an invited": "invitedxx", "an active": "activexxx", "an unknown": "strangerx", "a suspended": "suspended" },
  })) {
    describe(`where ${admission === "anyone" ? "anyone" : "the directory"} is admitted`, () => {
      const journeys = new Map<string, Journey>();
      let reference: Journey;

      before(async () => {
        for (const [who, local] of Object.entries(addresses)) journeys.set(who, await walk(admission, `${local}@example.com`));
        reference = journeys.get("an active") as Journey;
      });

      it("an active guest's address gets pages that ask for the code, one mail each time, and some statements", () => {
        expect(reference.answers[1]).to.contain('name="code"');
        expect(reference.mails).to.equal(2);
        expect(reference.statements).to.have.length.above(20);
      });

      for (const who of Object.keys(addresses).filter((each) => each !== "an active")) {
        it(`${who} address gets the same pages, statuses and headers, to the byte`, () => {
          expect(journeys.get(who)?.answers).to.deep.equal(reference.answers);
        });

        it(`${who} address gets one mail each time`, () => {
          expect(journeys.get(who)?.mails).to.equal(2);
        });

        it(`${who} address gets a mail of the same size`, () => {
          const size = mailSize(`${addresses[who as keyof typeof addresses]}@example.com`);
          expect(size).to.be.closeTo(mailSize("activexxx@example.com"), 200);
        });

        it(`${who} address costs the same statements in the same order`, () => {
          const statements = journeys.get(who)?.statements ?? [];
          const alone = (here: string[], there: string[]) => here.filter((sql) => !there.includes(sql));
          expect([alone(statements, reference.statements), alone(reference.statements, statements)]).to.deep.equal([[], []]);
          expect(statements).to.deep.equal(reference.statements);
        });
      }
    });
  }

  it("the neighbours of a guest's address are nobody's, though their rows are read", async () => {
    const { app } = guestpass.server;
    await guestpass.register("files", { admission: "invited" });
    await app.admin("createInvitation", { body: { client_id: "files", email: "middle@example.com", send_mail: false } });
    const found = async (typed: string) => {
      const address = parseAddress(typed) as Address;
      return [(await app.guests.findOwner(address))?.recorded, await app.invitations.hasLiveFor("files", address)];
    };
    expect(await found("middle@example.com")).to.deep.equal(["middle@example.com", true]);
    for (const typed of ["middla@example.com", "middle@example.co", "middle@example.comm", "0@example.com", "zz@example.com"])
      expect(await found(typed), typed).to.deep.equal([undefined, false]);
  });

  describe("the owner of the mailbox is told what a stranger is not", () => {
    for (const [who, admission, address] of [
      ["an address that was not invited", "directory", "unknownxx@example.com"],
      ["the address of a suspended guest", "anyone", "suspended@example.com"],
    ] as const) {
      it(`${who} gets a helpful mail that carries no code`, async () => {
        const mails = await guestpass.mail.wait(address);
        const mail = mails.find(({ parsed }) => parsed.subject?.includes(`Application ${admission}`));
        const text = mail?.parsed.text ?? "";
        expect(text).to.match(/not invited/);
        expect(text).to.match(/another of your addresses/);
        expect(text).to.match(/ask the person who invited you/);
        expect(`${text} ${parse(String(mail?.parsed.html)).querySelector("body")?.text}`).to.not.match(/\d{6}/);
        expect(mail?.raw).to.not.contain("#code");
      });
    }
  });
});

/** The answer to the byte, but for the address that was typed and for what is random: identifiers, tokens, the time. */
function withoutWhatDiffers(answer: Answer, address: string): string {
  const headers = [...answer.headers]
    .filter(([name]) => name !== "date" && name !== "x-request-id")
    .map(([name, value]) => `${name}: ${value}`);
  const interaction = /interaction\/([\w-]+)/.exec(answer.url)?.[1] as string;
  const token = answer.document.querySelector("input[name=token]")?.getAttribute("value");
  const reference = /\b[A-Z2-9]{4}\b/.exec(answer.document.querySelector("#code-hint")?.text ?? "")?.[0];
  let text = [answer.status, ...headers, answer.body].join("\n").replace(/<time .*?<\/time>/g, "[time]");
  for (const [what, value] of Object.entries({ address, interaction, token, reference }))
    if (value) text = text.replaceAll(value, `[${what}]`);
  return text;
}
