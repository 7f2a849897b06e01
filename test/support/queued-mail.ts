// Mails for the outbox and its routes.
import { randomUUID } from "node:crypto";
import type { App } from "../../src/app.ts";
import { day } from "../../src/clock.ts";
import { transaction } from "../../src/database/database.ts";
import type { Draft } from "../../src/outbox/outbox.ts";
import type { QueuedMail } from "../../src/outbox/outbox-store.ts";
import { testClock } from "../../src/testing/clock.ts";

/** As the outbox hands it to its routes. */
export function queuedMail(recipient = "ada@example.com"): QueuedMail {
  const id = randomUUID();
  const content = JSON.stringify({ subject: "Your code", text: "Hello, 482913.", html: "<p>Hello, 482913.</p>", language: "en" });
  const messageId = `<${id}@idp.example>`;
  const expiresAt = Number.MAX_SAFE_INTEGER;
  return {
    id,
    kind: "passcode",
    priority: 0,

    recipient,
    content,
    messageId,
    byVisitor: false,
    attempts: 0,
    lastAttempt: null,
    createdAt: 0,
    expiresAt,
  };
}

/** Enqueues a mail as a feature does: in a transaction, and sent after it. @returns its id */
export async function enqueue(app: App, recipient: string, priority: Draft["priority"] = "notice"): Promise<string> {
  const content = { subject: "Something happened", text: "Hello.", html: "<p>Hello.</p>", language: "en" };
  const expiresAt = testClock.now() + day;
  const send = await transaction(app.db, (trx) => app.outbox.enqueue(trx, { kind: "test", priority, recipient, content, expiresAt }));
  send();
  return (await app.outbox.list({ recipient }))[0]?.id as string;
}

/** For sending a mail again where nobody asks who did. */
export const unnoted = async () => undefined;
