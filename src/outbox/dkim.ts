// DKIM keys (RFC 6376): RSA with SHA-256, which every recipient verifies. nodemailer cannot sign with Ed25519 (RFC 8463).
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";

export interface DkimKey {
  /** The key is published at SELECTOR._domainkey.DOMAIN. */
  domain: string;
  selector: string;
  /** PEM, RSA. */
  privateKey: string;
}

/** A new private key: PEM, RSA, 2048 bits. */
export function newDkimKey(): string {
  return generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** @throws if the file cannot be read, or contains no private RSA key */
export function readDkimKey(path: string): DkimKey["privateKey"] {
  const pem = readFileSync(path, "utf8");
  if (createPrivateKey(pem).asymmetricKeyType !== "rsa") throw new Error("it is not an RSA key");
  return pem;
}

/** The TXT record to publish (RFC 6376, 3.6.1). */
export function dkimRecord({ domain, selector, privateKey }: DkimKey): { name: string; value: string } {
  const key = createPublicKey(privateKey).export({ type: "spki", format: "der" }).toString("base64");
  return { name: `${selector}._domainkey.${domain}`, value: `v=DKIM1; k=rsa; p=${key}` };
}

/** A line for a zone file: one string of a TXT record holds 255 bytes at most (RFC 1035, 3.3.14). */
export function zoneLine({ name, value }: { name: string; value: string }): string {
  const parts = value.match(/.{1,255}/g) ?? [];
  return `${name}. IN TXT ( ${parts.map((part) => `"${part}"`).join(" ")} )`;
}
