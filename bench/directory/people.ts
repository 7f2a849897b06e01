// Made-up guests: the same ones each time, so that the benchmark knows whom it can ask about.
import { createHash } from "node:crypto";

const day = 86_400_000;
const firstNames = [
  "Ada",
  "Grace",
  "Joan",
  "Mary",
  "Betty",
  "Jean",
  "Katherine",
  "Hedy",
  "Radia",
  "Barbara",
  "Frances",
  "Margaret",
  "Annie",
];
const lastNames = ["Lovelace", "Hopper", "Clarke", "Jackson", "Holberton", "Bartik", "Johnson", "Lamarr", "Perlman", "Liskov", "Hamilton"];

/** One guest in three has a second address, four in five are invited once; one application has half of the invitations. */
export interface Person {
  sub: string;
  mailbox: string;
  state: "invited" | "active" | "suspended";
  name: string;
  /** The primary one first. */
  addresses: string[];
  createdAt: number;
  verifiedAt: number | null;
  invitation: { id: string; clientId: string; sponsor: string } | undefined;
}

/** @param now the youngest guest was recorded a minute before (milliseconds since the epoch) */
export function person(index: number, now: number): Person {
  const digits = createHash("sha256").update(String(index)).digest();
  const chance = (at: number) => digits.readUInt32BE(at) / 2 ** 32;
  const name = `${pick(firstNames, chance(0))} ${pick(lastNames, chance(4))}`;
  const local = `${name.toLowerCase().replace(" ", ".")}.${digits.toString("hex", 0, 3)}${index}`;
  const state = chance(8) < 0.02 ? "suspended" : chance(8) < 0.1 ? "invited" : "active";
  return {
    sub: uuid(digits, 16),
    mailbox: uuid(digits, 15),
    state,
    name,
    addresses: [`${local}@${domainOf(chance(12))}`, ...(chance(16) < 0.3 ? [`${local}@home.example`] : [])],
    createdAt: now - 60_000 * (index + 1),
    verifiedAt: state === "invited" ? null : Math.round(now - chance(20) * 60 * day),
    invitation: chance(24) < 0.8 ? { id: uuid(digits, 14), clientId: clientOf(chance(28)), sponsor: sponsorOf(chance(24)) } : undefined,
  };
}

/** A fifth has the same domain; the others share a thousand. */
const domainOf = (part: number) => (part < 0.2 ? "mail.example" : `company${Math.floor(part * 1000)}.example`);
const clientOf = (part: number) => (part < 0.5 ? "files" : `app${Math.floor(part * 100)}`);
const sponsorOf = (part: number) => `sponsor${Math.floor(part * 5000)}@example.com`;

/** Every application that somebody is invited to. */
export const clientIds = ["files", ...Array.from({ length: 50 }, (_, index) => `app${index + 50}`)];

function pick(list: string[], part: number): string {
  return list[Math.floor(part * list.length)] as string;
}

function uuid(digits: Buffer, from: number): string {
  const hex = digits.toString("hex", from, from + 16);
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join("-");
}
