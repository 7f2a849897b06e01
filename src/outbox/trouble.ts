// Explains to an operator why a mail server could not be used.
import type { NodemailerError } from "nodemailer";
import { serverWords } from "../verdicts/server-words.ts";

interface Kind {
  message: RegExp;
  say(server: string): string;
}

const kinds: Kind[] = [
  { message: /ECONNREFUSED/, say: (server) => `nothing listens at ${server}, or a firewall refuses the connection` },
  { message: /ENOTFOUND|EAI_AGAIN|ENODATA|getaddrinfo/, say: (server) => `the name in ${server} does not resolve (DNS)` },
  { message: /EHOSTUNREACH|ENETUNREACH|EADDRNOTAVAIL/, say: (server) => `${server} cannot be reached over the network` },
  {
    message: /wrong version number|packet length too long|http request/i,
    say: (server) => `${server} does not speak TLS from the first byte: use smtp:// in the URL, or the port for smtps (465)`,
  },
  {
    message: /greeting never received/i,
    say: (server) => `${server} accepts the connection but says nothing: if the port is for TLS from the first byte (465), use smtps://`,
  },
  { message: /invalid greeting/i, say: (server) => `${server} is not a mail server, or refuses every connection` },
  {
    message: /self[- ]signed|unable to (?:get|verify)|issuer certificate|first certificate/i,
    say: (server) =>
      `the certificate of ${server} is not from a trusted authority: for your own authority, set caFile of the route or GUESTPASS_SMTP_CA_FILE`,
  },
  { message: /certificate has expired|not yet valid/i, say: (server) => `the certificate of ${server} has expired` },
  {
    message: /altnames|hostname\/ip does not match/i,
    say: (server) => `the certificate of ${server} is for another name: use that name, or get a certificate for this one`,
  },
  { message: /handshake|ssl|tls alert|alert number|secure TLS/i, say: (server) => `TLS with ${server} fails` },
  { message: /missing credentials/i, say: (server) => `the URL of ${server} has a user but no password` },
  { message: /timed? ?out|timeout/i, say: (server) => `${server} does not answer in time` },
  { message: /aborted/i, say: (server) => `${server} did not accept the mail in time` },
  { message: /closed|ECONNRESET|EPIPE|socket hang up/i, say: (server) => `${server} closed the connection` },
];

/** @returns "HOST:PORT" */
export function serverOf(smtpUrl: string): string {
  const { protocol, hostname, port } = new URL(smtpUrl);
  return `${hostname}:${port || (protocol === "smtps:" ? 465 : 587)}`;
}

/**
 * @param error as nodemailer throws it
 * @param recipient whose domain may be kept
 * @returns the server's own words, or a sentence if it did not say what is wrong
 */
export function wordsOf(smtpUrl: string, error: NodemailerError, recipient?: string): string {
  const { code, response = "" } = error;
  if (!/^\d{3}/.test(response)) return troubleWith(smtpUrl, error);
  const words = serverWords(response, recipient);
  return code === "ETLS" ? `${serverOf(smtpUrl)} does not begin TLS (STARTTLS): ${words}` : words;
}

/** The error's code and a sentence about it. */
function troubleWith(smtpUrl: string, { code = "error", message = "" }: Pick<NodemailerError, "code" | "message">): string {
  const kind = kinds.find((each) => each.message.test(message));
  const said = serverWords(message.replace(/; if the root CA is installed locally,.*/, ""));
  return `${code}: ${kind ? kind.say(serverOf(smtpUrl)) : serverOf(smtpUrl)}${said ? ` (${said.slice(0, 200)})` : ""}`;
}
