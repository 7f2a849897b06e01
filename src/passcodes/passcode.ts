// A passcode: random digits, kept only as a keyed hash that is bound to its interaction and to itself.
import { type KeyObject, randomInt } from "node:crypto";
import { keyedHash, sameBytes } from "../secrets.ts";

/** @param digits 6 to 8; leading zeros are kept (ASVS 6.5.3, 6.5.4) */
export function generateCode(digits: number): string {
  return String(randomInt(10 ** digits)).padStart(digits, "0");
}

export function hashCode(key: KeyObject, passcode: { id: string; interaction: string }, code: string): string {
  return keyedHash(key, passcode.interaction, passcode.id, code).toString("base64url");
}

export function codeMatches(key: KeyObject, passcode: { id: string; interaction: string; hash: string }, code: string): boolean {
  const expected = Buffer.from(passcode.hash, "base64url");
  return sameBytes(expected, keyedHash(key, passcode.interaction, passcode.id, code));
}

/** Forgiving: spaces, dashes and full-width or other scripts' digits are accepted. */
export function normalizeCode(typed: string): string {
  return typed
    .slice(0, 100)
    .normalize("NFKC")
    .replace(/\p{Nd}/gu, asciiDigit)
    .replace(/[\s\p{Pd}\p{Cf}]/gu, "");
}

/** Decimal digits stand in runs of ten in Unicode, each from its zero to its nine; a run may follow upon another. */
function asciiDigit(digit: string): string {
  const point = digit.codePointAt(0) as number;
  let first = point;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(first - 1))) first--;
  return String((point - first) % 10);
}
