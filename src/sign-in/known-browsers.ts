// How well a browser is known for an address: a code was entered in it, or it opened an invitation's link, which was sent only to that mailbox.
// The browser keeps the evidence itself, in a cookie; nothing is stored here. It gives no access: it only keeps strangers from using up the
// guest's codes. See docs/decisions/032-strangers-use-up-only-their-own-codes.md.
import { type Clock, day, minute, skew } from "../clock.ts";
import { type Address, parseAddress } from "../guests/address.ts";
import type { KeyRing } from "../secrets.ts";

/** Each kind has its own limits on codes. */
export type BrowserKind = "stranger" | "invited" | "proven";
type KnownKind = Exclude<BrowserKind, "stranger">;

/** How long (milliseconds) a browser is known. */
export const knownFor = 90 * day;
/** The most marks that one browser keeps, the latest first. */
const mostMarks = 5;
const letters: Record<string, KnownKind> = { i: "invited", p: "proven" };
const macBytes = 16;
/** The kind, minutes since the epoch in base 36, and the first 128 bits of a MAC. */
const shape = /^([ip])([\da-z]{1,8})\.([\w-]{22})$/;

interface Mark {
  kind: KnownKind;
  /** Minutes since the epoch. */
  at: number;
  written: string;
}

export class KnownBrowsers {
  readonly #clock: Clock;
  readonly #key: KeyRing;

  constructor({ clock, key }: { clock: Clock; key: KeyRing }) {
    this.#clock = clock;
    this.#key = key;
  }

  /**
   * @param kept what the browser has kept so far; it may be forged
   * @returns what it should keep from now on, this address first
   */
  remember(kept: string, address: string, kind: KnownKind): string {
    const parsed = parseAddress(address);
    if (!parsed) return kept;
    const others = this.#marksIn(kept).filter((mark) => mark.kind !== kind || !this.#isOf(mark, parsed));
    const mark = this.#write(parsed, kind, Math.floor(this.#clock.now() / minute));
    return [mark, ...others.map(({ written }) => written)].slice(0, mostMarks).join("~");
  }

  /** The kind of browser, for this address, according to what the browser has kept. */
  kindOf(kept: string, address: Address): BrowserKind {
    const kinds = this.#marksIn(kept)
      .filter((mark) => this.#isOf(mark, address))
      .map(({ kind }) => kind);
    if (kinds.includes("proven")) return "proven";
    return kinds[0] ?? "stranger";
  }

  /** Leaves out expired marks and those of a clock that was ahead. */
  #marksIn(kept: string): Mark[] {
    const now = this.#clock.now();
    return kept
      .split("~", mostMarks)
      .map((each) => shape.exec(each))
      .filter((each) => each !== null)
      .map(([written, letter = "", at = ""]) => ({ kind: letters[letter] as KnownKind, at: Number.parseInt(at, 36), written }))
      .filter(({ at }) => at * minute <= now + skew && at * minute + knownFor > now);
  }

  #isOf({ kind, at, written }: Mark, address: Address): boolean {
    const mac = Buffer.from(written.split(".")[1] ?? "", "base64url");
    return this.#key.made(mac, macBytes, "browser", kind, address.key, String(at));
  }

  #write({ key }: Address, kind: KnownKind, at: number): string {
    const mac = this.#key.mac("browser", kind, key, String(at)).subarray(0, macBytes);
    return `${kind.slice(0, 1)}${at.toString(36)}.${mac.toString("base64url")}`;
  }
}
