// Postmark signs nothing: the URL that it calls carries basic credentials, and its servers have known networks.
import { createHash } from "node:crypto";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { sameBytes } from "../../secrets.ts";
import { failure, jsonOf, type Provider, said } from "./event.ts";

const Body = z.object({
  RecordType: z.string(),
  Type: said,
  MessageID: said,
  Email: said,
  Recipient: said,
  Description: said,
  Details: said,
});

/** @param credentials user:password */
export function postmark(credentials: string, networks: readonly string[]): Provider {
  const allowed = networks.map((network) => ipaddr.parseCIDR(network));
  return {
    name: "postmark",
    async verify(request) {
      const given = /^Basic ([\w+/=-]+)$/i.exec(request.header("authorization"))?.[1] ?? "";
      if (!sameBytes(digest(Buffer.from(given, "base64").toString("utf8")), digest(credentials)))
        return { problem: "Put the webhook's user name and password into its URL." };
      if (allowed.length > 0 && !isWithin(request.ip, allowed))
        return { problem: "The request does not come from one of Postmark's networks." };
      return jsonOf(request);
    },
    events(body) {
      const { RecordType, Type, MessageID, Email, Recipient, Description = "", Details = "" } = Body.parse(body);
      const recipient = Email ?? Recipient;
      const mail = { providerId: MessageID };
      if (RecordType === "SpamComplaint")
        return [{ mail, kind: "complaint", report: failure({ recipient, diagnostic: "spam complaint" }) }];
      if (RecordType === "SubscriptionChange")
        return [{ mail, kind: "complaint", report: failure({ recipient, diagnostic: "suppressed" }) }];
      if (RecordType !== "Bounce") return [];
      const delayed = Type === "Transient" || Type === "DnsError" || Type === "SoftBounce";
      return [{ mail, kind: "report", report: failure({ recipient, diagnostic: Details || Description }, delayed ? "delayed" : "failed") }];
    },
  };
}

function isWithin(ip: string, networks: [ipaddr.IPv4 | ipaddr.IPv6, number][]): boolean {
  const address = ipaddr.process(ip);
  return networks.some((network) => network[0].kind() === address.kind() && address.match(network));
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
