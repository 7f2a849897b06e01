// The return address identifies the mail (VERP), and only Guestpass can make one, because it carries a MAC. The outbox decides how long
// it is valid, by how long it keeps the mail's record.
import type { KeyRing } from "../secrets.ts";

/** 96 bits: each guess costs a conversation with the listener. */
const macBytes = 12;
const pattern = /^b-([0-9a-f]{32})-([0-9a-f]{24})$/;

/** Forms the addresses at one domain. The local part has 59 characters of the 64 that RFC 5321, 4.5.3.1.1, allows, in lower case. */
export class ReturnPaths {
  readonly #key: KeyRing;
  readonly #domain: string;

  constructor({ key, domain }: { key: KeyRing; domain: string }) {
    this.#key = key;
    this.#domain = domain.toLowerCase();
  }

  /** @param mailId a UUID */
  of(mailId: string): string {
    const digits = mailId.replaceAll("-", "");
    return `b-${digits}-${this.#key.mac("return-path", digits).subarray(0, macBytes).toString("hex")}@${this.#domain}`;
  }

  /** @returns the mail that the address was made for, or undefined if it was not made here */
  mailIn(address: string): string | undefined {
    const [local = "", domain, ...more] = address.toLowerCase().split("@");
    const [, digits, mac] = pattern.exec(local) ?? [];
    if (domain !== this.#domain || more.length > 0 || digits === undefined || mac === undefined) return undefined;
    if (!this.#key.made(Buffer.from(mac, "hex"), macBytes, "return-path", digits)) return undefined;
    return digits.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  /** Whether it is an address that every mail domain has (RFC 5321, 4.5.1; RFC 2142). "postmaster" needs no domain. */
  isPostmaster(address: string): boolean {
    const [local = "", domain, ...more] = address.toLowerCase().split("@");
    if (domain === undefined) return local === "postmaster";
    return more.length === 0 && domain === this.#domain && (local === "postmaster" || local === "abuse");
  }
}
