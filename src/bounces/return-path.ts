// The address that a mail comes back to says which mail it was (VERP), and nobody but Guestpass can make one: it carries a MAC.
// How long it is good for is the outbox's to say, which keeps the mail's record for a while.
import type { KeyObject } from "node:crypto";
import { keyedHash, sameBytes } from "../secrets.ts";

const pattern = /^b-([0-9a-f]{32})-([0-9a-f]{24})$/;

/** Forms the addresses at one domain. The local part has 59 characters of the 64 that RFC 5321, 4.5.3.1.1, allows, in lower case. */
export class ReturnPaths {
  readonly #key: KeyObject;
  readonly #domain: string;

  constructor({ key, domain }: { key: KeyObject; domain: string }) {
    this.#key = key;
    this.#domain = domain.toLowerCase();
  }

  /** @param mailId a UUID */
  of(mailId: string): string {
    const digits = mailId.replaceAll("-", "");
    return `b-${digits}-${this.#mac(digits).toString("hex")}@${this.#domain}`;
  }

  /** @returns the mail that the address was made for, or undefined where it was not made here */
  mailIn(address: string): string | undefined {
    const [local = "", domain, ...more] = address.toLowerCase().split("@");
    const [, digits, mac] = pattern.exec(local) ?? [];
    if (domain !== this.#domain || more.length > 0 || digits === undefined || mac === undefined) return undefined;
    if (!sameBytes(Buffer.from(mac, "hex"), this.#mac(digits))) return undefined;
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  /** 96 bits: each guess costs a conversation with the listener. */
  #mac(digits: string): Buffer {
    return keyedHash(this.#key, "return-path", digits).subarray(0, 12);
  }
}
