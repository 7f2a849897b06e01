// The browser of a sign-in. oidc-provider's own cookies have the path of one sign-in, so another host of the domain can set
// them as well, and send a guest into a sign-in that it began itself. Here the browser is named by a cookie that no other host can set: the prefix
// __Host- allows no domain and no other path (RFC 6265bis, 4.1.3.2). See docs/decisions/027-a-sign-in-belongs-to-a-browser.md.
import { createCipheriv, createDecipheriv, hash, randomBytes } from "node:crypto";
import type { Context } from "koa";
import { randomToken } from "../secrets.ts";
import { digest } from "./artifact-store.ts";

interface BrowserCookie {
  name: string;
  secret: string;
}

/** The browser of one request. */
export class RequestBrowser {
  readonly #ctx: Context;
  #cookie: BrowserCookie | undefined;

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  /**
   * Whether this browser is the one that `bind` named. Two tabs that were opened at once when there was no cookie yet have each been given
   * one, and the browser sends both.
   */
  is(name: unknown): boolean {
    const cookie = sent(this.#ctx).find(({ secret }) => digest(secret) === name);
    this.#cookie = cookie ?? this.#cookie;
    return cookie !== undefined;
  }

  /**
   * Gives the browser its cookie, or lets it keep its present one.
   * @param seconds how long the thing bound to it lasts
   * @returns a hash to store, by which the browser is recognised
   */
  bind(seconds: number): string {
    this.#cookie ??= sent(this.#ctx)[0] ?? { name: `${prefixIn(this.#ctx)}${randomBytes(6).toString("hex")}`, secret: randomToken() };
    const { name, secret } = this.#cookie;
    const { secure } = this.#ctx;
    // An authorization request may be posted from another site (on https alone), and the cookie has to come with it.
    const sameSite = secure ? "none" : "lax";
    this.#ctx.cookies.set(name, secret, { path: "/", httpOnly: true, sameSite, secure, signed: false, maxAge: seconds * 1000 });
    return digest(secret);
  }

  /** As `bind`, for the browser that was recognised. */
  get known(): string {
    return digest(this.#found().secret);
  }

  /** Encrypts so that it can be decrypted only with this browser's secret, which is not stored. Call `is` or `bind` first. */
  seal(text: string): string {
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.#key(), iv);
    return Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]).toString("base64url");
  }

  /** @throws if another browser has sealed it */
  open(sealed: string): string {
    const bytes = Buffer.from(sealed, "base64url");
    const decipher = createDecipheriv("aes-256-gcm", this.#key(), bytes.subarray(0, 12)).setAuthTag(bytes.subarray(-16));
    return decipher.update(bytes.subarray(12, -16), undefined, "utf8") + decipher.final("utf8");
  }

  #key(): Buffer {
    return hash("sha256", `guestpass/answer\0${this.#found().secret}`, "buffer");
  }

  #found(): BrowserCookie {
    if (!this.#cookie) throw new Error("nobody has asked yet which browser it is");
    return this.#cookie;
  }
}

/** On http, in development, there is no prefix that browsers would respect: another host of the domain can plant the cookie there. */
function prefixIn({ secure }: Context): string {
  return `${secure ? "__Host-" : ""}guestpass_browser.`;
}

/** The cookies of this kind in the request. Their order does not matter, nor do others with a similar name. */
function sent(ctx: Context): BrowserCookie[] {
  const prefix = prefixIn(ctx);
  // Spaces alone are taken away: a name that begins with other white space (a byte A0) has no prefix that browsers would respect.
  return (ctx.req?.headers.cookie ?? "").split(";").flatMap((pair) => {
    const [name = "", secret = ""] = pair.replace(/^ +/, "").split("=", 2);
    return name.startsWith(prefix) && /^[\w-]{43}$/.test(secret) ? [{ name, secret }] : [];
  });
}
