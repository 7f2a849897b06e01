// SendGrid's signed event webhook: ECDSA over the timestamp and the body, with the key that its settings show.
import { createPublicKey, verify } from "node:crypto";
import { z } from "zod";
import { failure, jsonOf, type Provider, type ProviderEvent, said } from "./event.ts";

const Events = z.array(
  z.object({
    event: said,
    email: said,
    "smtp-id": said,
    sg_message_id: said,
    status: said,
    reason: said,
    type: said,
  }),
);

/** @param key the verification key: base64 of its DER (SPKI) */
export function sendgrid(key: string): Provider {
  const publicKey = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
  return {
    name: "sendgrid",
    async verify(request) {
      const signature = Buffer.from(request.header("x-twilio-email-event-webhook-signature"), "base64");
      const signed = Buffer.concat([Buffer.from(request.header("x-twilio-email-event-webhook-timestamp")), request.raw]);
      if (!verify("sha256", signed, publicKey, signature))
        return { problem: "The signature does not match the key in GUESTPASS_SENDGRID_WEBHOOK_KEY." };
      return jsonOf(request);
    },
    events: (body) =>
      Events.parse(body).flatMap(({ event, email, status, reason = "", type, ...ids }): ProviderEvent[] => {
        const mail = { messageId: ids["smtp-id"], providerId: ids.sg_message_id?.split(".")[0] };
        const report = failure({ recipient: email, status: status ?? "", diagnostic: reason });
        if (event === "spamreport") return [{ mail, kind: "complaint", report }];
        if (event === "dropped") return [{ mail, kind: "suppressed", report }];
        // "blocked" is what SendGrid calls a refusal that it does not count against the address.
        return event === "bounce"
          ? [{ mail, kind: "report" as const, report: type === "blocked" ? { ...report, status: "5.7.0" } : report }]
          : [];
      }),
  };
}
