// Mailgun's webhooks: HMAC-SHA-256 over a timestamp and a token, with the signing key of the account, inside the body. The report itself is
// not signed, so a token works once and for at most a day, as Mailgun's documentation advises.
import { createHmac } from "node:crypto";
import { z } from "zod";
import { type Clock, hour, second } from "../../clock.ts";
import { sameBytes } from "../../secrets.ts";
import { failure, jsonOf, type Provider, said } from "./event.ts";

const Body = z.object({
  signature: z.object({ timestamp: z.string(), token: z.string(), signature: z.string() }),
  "event-data": z.object({
    event: z.string(),
    severity: said,
    reason: said,
    recipient: said,
    message: z.object({ headers: z.object({ "message-id": said }).nullish() }).nullish(),
    "delivery-status": z
      .object({
        code: z.union([z.number(), z.string()]).nullish(),
        "enhanced-code": said,
        message: said,
        description: said,
        "mx-host": said,
      })
      .nullish(),
  }),
});

/** Mailgun retries a report for 8 hours. */
const mostAge = 12 * hour;

export function mailgun(signingKey: string, clock: Clock): Provider {
  return {
    name: "mailgun",
    async verify(request) {
      const { body } = jsonOf(request);
      const { timestamp, token, signature } = Body.parse(body).signature;
      const expected = createHmac("sha256", signingKey).update(`${timestamp}${token}`).digest();
      if (!sameBytes(Buffer.from(signature, "hex"), expected))
        return { problem: "The signature was not made with the key in GUESTPASS_MAILGUN_WEBHOOK_KEY." };
      if (!(Math.abs(clock.now() - Number(timestamp) * second) <= mostAge))
        return { problem: "The signature is not of the last 12 hours, by the clock of this server." };
      return { body, once: `mailgun ${token}` };
    },
    events(body) {
      const { event, severity, reason, recipient, message, "delivery-status": status } = Body.parse(body)["event-data"];
      const mail = { messageId: message?.headers?.["message-id"] };
      const words = status?.message || status?.description || reason || "";
      const diagnostic = status?.code ? `${status.code} ${words}` : words;
      const report = failure({ recipient, status: status?.["enhanced-code"] ?? "", diagnostic, server: status?.["mx-host"] });
      if (/^suppress-/.test(reason ?? "")) return [{ mail, kind: "suppressed", report }];
      if (event === "complained" || event === "unsubscribed") return [{ mail, kind: "complaint", report }];
      return event === "failed"
        ? [{ mail, kind: "report", report: severity === "permanent" ? report : { ...report, action: "delayed" } }]
        : [];
    },
  };
}
