// A process: the outbox of Guestpass. Asked for mails by message, it makes so many codes, each in a transaction with its mail, as a
// sign-in does, and answers when all of them are sent and settled.
import { randomUUID } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import { createApp } from "../../src/app.ts";
import { hour } from "../../src/clock.ts";
import { readConfig } from "../../src/configuration/config.ts";
import { transaction } from "../../src/database/database.ts";
import { createLog } from "../../src/log.ts";
import { content } from "./content.ts";

const [smtpUrl, databaseUrl, secret] = process.argv.slice(2) as [string, string, string];
const atOnce = 16;

const app = await createApp(
  readConfig({
    GUESTPASS_MODE: "production",
    GUESTPASS_ISSUER: "http://127.0.0.1:3400",
    GUESTPASS_SECRET: secret,
    GUESTPASS_DATABASE_URL: databaseUrl,
    GUESTPASS_SMTP_URL: smtpUrl,
    GUESTPASS_MAIL_FROM: "Bench <bench@localhost>",
  }),
  { log: createLog("silent") },
  { migrates: true },
);
app.outbox.run();

async function enqueue(recipient: string): Promise<void> {
  const interaction = randomUUID();
  const endsAt = Date.now() + hour;
  const send = await transaction(app.db, async (trx) => {
    const issued = await app.passcodes.issue(trx, { interaction, address: recipient, endsAt, decoy: false, long: false });
    if (!issued) throw new Error("no code was made");
    const about = { id: issued.id, kind: "passcode", priority: "code" } as const;
    return app.outbox.enqueue(trx, { ...about, recipient, content: content(issued.code), expiresAt: endsAt });
  });
  send();
}

async function queued(): Promise<number> {
  const [row] = await app.db("outbox").where({ state: "queued" }).count({ count: "*" });
  return Number(row?.["count"]);
}

process.on("disconnect", () => process.exit());
process.on("SIGTERM", () => app.close().then(() => process.exit()));
process.on("message", async (mails: number) => {
  const began = performance.now();
  let made = 0;
  const worker = async () => {
    while (made < mails) await enqueue(`guest-${made++}@example.com`);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  while ((await queued()) > 0) await wait(10);
  process.send?.((performance.now() - began) / 1000);
});
