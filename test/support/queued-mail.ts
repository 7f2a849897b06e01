// A mail as the outbox hands it to its routes.
import { randomUUID } from "node:crypto";
import type { QueuedMail } from "../../src/outbox/outbox-store.ts";

export function queuedMail(recipient = "ada@example.com"): QueuedMail {
  const id = randomUUID();
  const content = JSON.stringify({ subject: "Your code", text: "Hello, 482913.", html: "<p>Hello, 482913.</p>", language: "en" });
  const messageId = `<${id}@idp.example>`;
  const expiresAt = Number.MAX_SAFE_INTEGER;
  return { id, kind: "passcode", priority: 0, subjectId: null, recipient, content, messageId, attempts: 0, lastAttempt: null, expiresAt };
}
