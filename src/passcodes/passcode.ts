// A passcode: random digits, kept only as a keyed hash that is bound to its interaction and to itself.
import { randomInt } from "node:crypto";
import type { KeyRing } from "../secrets.ts";

/** @param digits 6 to 8; leading zeros are kept (ASVS 6.5.3, 6.5.4) */
export function generateCode(digits: number): string {
  return String(randomInt(10 ** digits)).padStart(digits, "0");
}

export function hashCode(key: KeyRing, passcode: { id: string; interaction: string }, code: string): string {
  return key.mac(passcode.interaction, passcode.id, code).toString("base64url");
}

export function codeMatches(key: KeyRing, passcode: { id: string; interaction: string; hash: string }, code: string): boolean {
  return key.made(Buffer.from(passcode.hash, "base64url"), 32, passcode.interaction, passcode.id, code);
}

/** Forgiving: spaces, dashes and full-width or other scripts' digits are accepted. */
export function normalizeCode(typed: string): string {
  return typed
    .slice(0, 100)
    .normalize("NFKC")
    .replace(/\p{Nd}/gu, asciiDigit)
    .replace(/[\s\p{Pd}\p{Cf}]/gu, "");
}

/** Unicode has decimal digits in runs of ten, each from its zero to its nine; runs may be adjacent. */
function asciiDigit(digit: string): string {
  const point = digit.codePointAt(0) as number;
  let first = point;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(first - 1))) first--;
  return String((point - first) % 10);
}
