// The Standard Webhooks format (github.com/standard-webhooks/standard-webhooks, spec 1.0.0): the signed content, and the form of a secret.
import { createHmac, randomBytes } from "node:crypto";

const prefix = "whsec_";

/** A new secret of 256 bits: "whsec_" and base64. */
export function newWebhookSecret(): string {
  return prefix + randomBytes(32).toString("base64");
}

/**
 * The headers of one attempt. The id stays the same whenever the message is sent again.
 * @param at milliseconds since the epoch
 * @param secrets the receiver accepts a signature by any of them
 */
export function signedHeaders({ id, at, body }: { id: string; at: number; body: string }, secrets: string[]): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(prefix.length), "base64");
    return `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`;
  });
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signatures.join(" ") };
}
