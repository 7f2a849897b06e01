import { randomInt } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { SMTPServer } from "smtp-server";
import { day } from "../../src/clock.ts";
import { isEmbedded, transaction } from "../../src/database/database.ts";
import { ServerProcess } from "../support/command.ts";
import { eventually } from "../support/eventually.ts";
import { freePort, Guestpass } from "../support/guestpass.ts";

const mails = 10_000;
const inATransaction = 100;
const kills = 3;
/**
 * What three processes had under way when they died, and the survivor when its clock was moved beyond its own leases. SQLite is for one
 * server: each of the three that starts there takes the survivor for stopped, and frees what it has under way.
 */
const mostInDoubt = { postgres: 200, sqlite: 400 };

describe("ten thousand mails and two processes, one of which is killed at random moments and started again", () => {
  const accepted = new Map<string, number>();
  let count = 0;
  let server: SMTPServer;
  let survivor: Guestpass;

  before(async () => {
    server = new SMTPServer({
      disabledCommands: ["AUTH", "STARTTLS"],
      disableReverseLookup: true,
      onData: (stream, { envelope }, done) => {
        stream.resume().once("end", () => {
          for (const { address } of envelope.rcptTo) accepted.set(address, (accepted.get(address) ?? 0) + 1);
          count++;
          done();
        });
      },
    });
    server.on("error", () => undefined);
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.server.address() as AddressInfo;
    survivor = await Guestpass.start({ GUESTPASS_SMTP_URL: `smtp://127.0.0.1:${port}` });
  });
  after(async () => {
    await survivor.stop();
    server.close(() => undefined);
  });

  async function enqueueAll(): Promise<void> {
    const { app } = survivor.server;
    const expiresAt = survivor.clock.now() + day;
    const content = { subject: "Something happened", text: "Hello.", html: "<p>Hello.</p>", language: "en" };
    for (let first = 0; first < mails; first += inATransaction) {
      const sends = await transaction(app.db, async (trx) => {
        const queued = [];
        for (let mail = first; mail < first + inATransaction; mail++) {
          const priority = mail % 3 === 0 ? "invitation" : "notice";
          const recipient = `guest-${mail}@example.com`;
          queued.push(await app.outbox.enqueue(trx, { kind: "test", priority, recipient, content, expiresAt }));
        }
        return queued;
      });
      for (const send of sends) send();
    }
  }

  it("are each accepted once, or once more where that is on record as in doubt", async () => {
    const { app } = survivor.server;
    const port = String(await freePort());
    const settings = { ...survivor.settings, GUESTPASS_PORT: port, GUESTPASS_ISSUER: `http://localhost:${port}` };
    const killedAfter: number[] = [];
    const enqueued = enqueueAll();
    for (let kill = 0; kill < kills; kill++) {
      const other = await ServerProcess.start(settings);
      const from = count;
      killedAfter.push(randomInt(50, 1500));
      await eventually("enough mails are out", () => count - from >= (killedAfter[kill] as number) || count >= mails, 120);
      await other.kill("SIGKILL");
    }
    await enqueued;
    survivor.clock.advance({ minutes: 2, seconds: 1 });
    await eventually("every mail is out", () => accepted.size === mails, 200);

    const doubts: string[] = await app.db("outbox_attempts").where({ outcome: "unknown" }).pluck("mail_id");
    const recipients: string[] = await app.db("outbox").whereIn("id", doubts).pluck("recipient");
    const inDoubt = new Set(recipients);
    const twice = [...accepted].filter(([to, times]) => times > (inDoubt.has(to) ? 2 : 1));
    expect(twice, `killed after ${killedAfter.join(", ")} mails`).to.deep.equal([]);
    expect(doubts.length).to.be.at.most(isEmbedded(app.db) ? mostInDoubt.sqlite : mostInDoubt.postgres);
  });
});
