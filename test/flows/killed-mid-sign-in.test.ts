import { setTimeout as wait } from "node:timers/promises";
import { expect } from "chai";
import type { Answer, Browser } from "../support/browser.ts";
import { ServerProcess } from "../support/command.ts";
import { eventually } from "../support/eventually.ts";
import { type AuthorizationRequest, appOrigin, freePort, Guestpass, type RegisteredApplication } from "../support/guestpass.ts";

const rounds = 4;
const guestsAtOnce = 4;

/** One guest who is signing in when the process dies. */
interface Walk {
  address: string;
  browser: Browser;
  request: AuthorizationRequest;
  /** The last page that came back. */
  page: Answer | undefined;
}

describe("a process that is killed at any moment of a sign-in", () => {
  let guestpass: Guestpass;
  let application: RegisteredApplication;
  let settings: Record<string, string>;

  before(async () => {
    const base = await Guestpass.start();
    application = await base.register("files");
    const port = String(await freePort());
    settings = { ...base.settings, GUESTPASS_PORT: port, GUESTPASS_ISSUER: `http://localhost:${port}` };
    guestpass = base.at(settings["GUESTPASS_ISSUER"] as string);
  });
  after(() => guestpass.stop());

  for (let round = 1; round <= rounds; round++) {
    const milliseconds = Math.floor(Math.random() * 400);

    it(`leaves nobody half signed in: round ${round}, after ${milliseconds} ms`, async () => {
      let running = await ServerProcess.start(settings);
      const walks: Walk[] = [];
      for (let guest = 0; guest < guestsAtOnce; guest++) {
        const request = await guestpass.authorizationRequest(application);
        walks.push({ address: `guest${round}.${guest}@example.com`, browser: guestpass.browser(), request, page: undefined });
      }
      let dead = false;
      const walking = Promise.allSettled(walks.map((walk) => signIn(walk, () => dead)));
      await wait(milliseconds);
      await running.kill("SIGKILL");
      dead = true;
      await walking;
      running = await ServerProcess.start(settings);
      try {
        for (const walk of walks) await goOnOrStartAgain(walk);
      } finally {
        await running.kill("SIGKILL");
      }
      await expectWholeDirectory();
    });
  }

  async function signIn(walk: Walk, dead: () => boolean): Promise<void> {
    const { browser, request, address } = walk;
    walk.page = await browser.open(request.url);
    walk.page = await browser.submit(walk.page, "/email", { email: address });
    walk.page = await browser.submit(walk.page, "/passcode", { code: await mailedCode(address, walk.page, dead) });
  }

  /** What a person does: reloads the page they see, asks for another code if that is what it offers, or begins anew. */
  async function goOnOrStartAgain(walk: Walk): Promise<void> {
    const { browser, request, address } = walk;
    let page = await browser.open(walk.page?.url ?? request.url);
    if (page.title === "This sign-in is over") page = await browser.open(request.url);
    if (page.document.querySelector("input[name=email]")) page = await browser.submit(page, "/email", { email: address });
    else if (page.document.querySelector("input[name=code]")) page = await browser.submit(page, "/resend");
    if (page.document.querySelector("input[name=code]")) {
      page = await browser.submit(page, "/passcode", { code: await mailedCode(address, page) });
    }
    expect(new URL(page.location).origin, `${page.status} ${page.text}`).to.equal(appOrigin);
    const sub = (await guestpass.redeem(request, page)).claims()?.sub as string;
    expect(await guestpass.server.app.guests.findBySub(sub)).to.include({ email: address, state: "active" });
  }

  /** From the mail that bears the reference of the page: an older one may arrive as well. */
  async function mailedCode(address: string, page: Answer, giveUp = () => false): Promise<string> {
    const reference = /\b[A-Z2-9]{4}\b/.exec(page.document.querySelector("#code-hint")?.text ?? "")?.[0] as string;
    const find = () => guestpass.mail.to(address).find(({ parsed }) => parsed.text?.includes(reference));
    await eventually("the mail arrives", () => find() !== undefined || giveUp());
    return /^(\d{6})$/m.exec(find()?.parsed.text ?? "")?.[1] ?? "";
  }

  async function expectWholeDirectory(): Promise<void> {
    const { db, guests } = guestpass.server.app;
    const { guests: all } = await guests.list();
    expect(new Set(all.map(({ email }) => email)).size).to.equal(all.length);
    expect(await db("guests").count({ rows: "*" })).to.deep.equal([{ rows: all.length }]);
    expect(await db("mailboxes").whereNotIn("guest_sub", db("aliases").select("guest_sub"))).to.deep.equal([]);
  }
});
