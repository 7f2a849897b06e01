// The header OTP-Token (draft-goto-otp-token), by which a mail program offers a code on the one origin that it is for.
import { getDomain } from "tldts";
import type { Config } from "../configuration/config.ts";
import { sender } from "./configured-routes.ts";

/** Whether mails name their code. By default only if mail programs can trust the sender about the origin: both are in one registrable domain. */
export function namesCode({ issuer, mail }: Pick<Config, "issuer" | "mail">): boolean {
  if (mail.otpToken !== "auto") return mail.otpToken === "on";
  const registrable = (host: string) => getDomain(host, { allowPrivateDomains: true });
  const domain = registrable(sender({ mail }).domain);
  return domain !== null && domain === registrable(new URL(issuer).hostname);
}
