// Amazon SES, which reports through SNS: messages signed with a certificate of Amazon's, on a topic of the operator's own.
import { createVerify, X509Certificate } from "node:crypto";
import { z } from "zod";
import { parseJson } from "../../json.ts";
import { failure, jsonOf, type Provider, ProviderAway, said } from "./event.ts";

/** Fetches a document from Amazon. @throws if it cannot be fetched */
export type FetchText = (url: string) => Promise<string>;

const Message = z.object({
  Type: z.enum(["SubscriptionConfirmation", "UnsubscribeConfirmation", "Notification"]),
  MessageId: z.string(),
  TopicArn: z.string(),
  Message: z.string(),
  Subject: z.string().nullish(),
  Timestamp: z.string(),
  Token: z.string().optional(),
  SubscribeURL: z.string().optional(),
  SignatureVersion: z.enum(["1", "2"]),
  Signature: z.string(),
  SigningCertURL: z.string(),
});
type Message = z.output<typeof Message>;

const Recipient = z.object({
  emailAddress: said,
  status: said,
  diagnosticCode: said,
});
const Notice = z.object({
  mail: z.object({ source: said, messageId: said, commonHeaders: z.object({ messageId: said }).nullish() }),
  bounce: z.object({ bounceType: said, bounceSubType: said, bouncedRecipients: z.array(Recipient).max(100) }).nullish(),
  complaint: z.object({ complainedRecipients: z.array(Recipient).max(100) }).nullish(),
});

/** SNS serves certificates and confirmations nowhere else. */
const amazon = /^https:\/\/sns\.[a-z0-9-]{1,40}\.amazonaws\.com(?:\.cn)?\//;
const certificatePath = /\/SimpleNotificationService-[0-9a-f]{1,64}\.pem$/;
const signedOfNotification = ["Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"] as const;
const signedOfOthers = ["Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"] as const;
const mostCertificates = 20;

/** @param topics the ARNs of the operator's topics: anybody can have a topic, and Amazon signs for all of them */
export function ses(topics: readonly string[], fetchText: FetchText): Provider {
  const certificates = new Map<string, X509Certificate>();

  function fetched(url: string): Promise<string> {
    return fetchText(url).catch((cause: unknown) => {
      throw new ProviderAway("SNS could not be asked whether the message is its own", { cause });
    });
  }

  /** @returns undefined if it is another document */
  async function certificateOf(url: string): Promise<X509Certificate | undefined> {
    const known = certificates.get(url);
    if (known) return known;
    const certificate = readCertificate(await fetched(url));
    if (!certificate) return undefined;
    if (certificates.size >= mostCertificates) certificates.clear();
    certificates.set(url, certificate);
    return certificate;
  }

  return {
    name: "ses",
    async verify(request) {
      const message = Message.parse(jsonOf(request).body);
      if (!topics.includes(message.TopicArn)) return { problem: "The topic is not in GUESTPASS_SES_TOPICS." };
      if (!amazon.test(message.SigningCertURL) || !certificatePath.test(message.SigningCertURL))
        return { problem: "The certificate is not from SNS." };
      const certificate = await certificateOf(message.SigningCertURL);
      if (!certificate) return { problem: "The certificate is not from SNS." };
      const algorithm = message.SignatureVersion === "1" ? "RSA-SHA1" : "RSA-SHA256";
      if (!createVerify(algorithm).update(signedText(message)).verify(certificate.publicKey, message.Signature, "base64"))
        return { problem: "The signature is not from SNS." };
      if (message.Type !== "SubscriptionConfirmation") return { body: message };
      if (!amazon.test(message.SubscribeURL ?? "")) return { problem: "The confirmation address is not SNS's." };
      await fetched(message.SubscribeURL as string);
      return { body: message };
    },
    events(body) {
      const message = Message.parse(body);
      if (message.Type !== "Notification") return [];
      // SES sends plain text to the first subscriber of a topic.
      const notice = message.Message.startsWith("{") ? Notice.parse(parseJson(message.Message)) : undefined;
      if (!notice) return [];
      const mail = {
        returnPath: notice.mail.source,
        messageId: notice.mail.commonHeaders?.messageId,
        providerId: notice.mail.messageId,
      };
      const complaints = notice.complaint?.complainedRecipients ?? [];
      const bounces = notice.bounce?.bouncedRecipients ?? [];
      const suppressed = /suppress/i.test(notice.bounce?.bounceSubType ?? "");
      return [
        ...complaints.map(({ emailAddress }) => ({
          mail,
          kind: "complaint" as const,
          report: failure({ recipient: emailAddress, diagnostic: "complaint" }),
        })),
        ...bounces.map(({ emailAddress, status, diagnosticCode }) => ({
          mail,
          kind: suppressed ? ("suppressed" as const) : ("report" as const),
          report: failure(
            { recipient: emailAddress, status: status ?? "", diagnostic: diagnosticCode ?? (suppressed ? "suppressed" : "") },
            notice.bounce?.bounceType === "Transient" && !/^5/.test(status ?? "") ? "delayed" : "failed",
          ),
        })),
      ];
    },
  };
}

function readCertificate(text: string): X509Certificate | undefined {
  try {
    return new X509Certificate(text);
  } catch {
    return undefined;
  }
}

function signedText(message: Message): string {
  const names = message.Type === "Notification" ? signedOfNotification : signedOfOthers;
  return names
    .filter((name) => message[name] !== undefined && message[name] !== null)
    .map((name) => `${name}\n${message[name]}\n`)
    .join("");
}
