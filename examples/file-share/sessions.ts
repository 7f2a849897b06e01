// This application's own sessions: a random id in a cookie, everything else here. They are kept in memory, which is right
// for an example; an application with more than one process keeps them in its database.
import { randomBytes } from "node:crypto";
import type { Context } from "koa";
import type { EndOfSession } from "./logout-tokens.ts";
import type { Guest, PendingSignIn } from "./sign-in.ts";

interface Session {
  signedIn?: SignedIn | undefined;
  /** Sign-ins that have begun in this browser, by their state: one for each tab. */
  pending: Map<string, PendingSignIn>;
  /** Milliseconds since the epoch. */
  endsAt: number;
}

export interface SignedIn {
  guest: Guest;
  /** The page that the guest wanted: one of our own paths. */
  cameFor: string;
  /** Milliseconds since the epoch. */
  until: number;
}

/** The guest then comes back from the provider without a screen, with up-to-date claims. */
const hour = 60 * 60 * 1000;

export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #https: boolean;
  readonly #cookie: string;

  /** @param url this application's own */
  constructor(url: string) {
    this.#https = url.startsWith("https:");
    this.#cookie = this.#https ? "__Host-file-share" : "file-share";
  }

  /** Who is signed in, if anybody. */
  signedIn(ctx: Context): SignedIn | undefined {
    const signedIn = this.#find(ctx)?.signedIn;
    return signedIn && signedIn.until > Date.now() ? signedIn : undefined;
  }

  remember(ctx: Context, state: string, pending: PendingSignIn): void {
    const session = this.#find(ctx) ?? this.#start(ctx, { pending: new Map() });
    session.pending.set(state, pending);
    session.endsAt = Date.now() + hour;
  }

  /** @returns the sign-in that this browser began with this state; it can be taken once */
  take(ctx: Context, state: string): PendingSignIn | undefined {
    const pending = this.#find(ctx)?.pending;
    const found = pending?.get(state);
    pending?.delete(state);
    return found;
  }

  /**
   * Under a new id, so that nobody can have planted the one that is signed in. It never outlives the provider's `session_expiry`,
   * whether or not anybody announces its end.
   */
  signIn(ctx: Context, guest: Guest, cameFor: string): void {
    const pending = this.#find(ctx)?.pending ?? new Map();
    this.end(ctx);
    this.#start(ctx, { signedIn: { guest, cameFor, until: Math.min(Date.now() + hour, guest.sessionExpiry) }, pending });
  }

  end(ctx: Context): void {
    this.#sessions.delete(ctx.cookies.get(this.#cookie) ?? "");
    this.#setCookie(ctx, null);
  }

  /** Signs guests out without a browser, at the provider's word. A sign-in that has begun there continues. */
  endWhere(over: EndOfSession): void {
    for (const session of this.#sessions.values()) {
      if (session.signedIn && concerns(over, session.signedIn.guest)) session.signedIn = undefined;
    }
  }

  #find(ctx: Context): Session | undefined {
    const session = this.#sessions.get(ctx.cookies.get(this.#cookie) ?? "");
    return session && session.endsAt > Date.now() ? session : undefined;
  }

  #start(ctx: Context, begun: Omit<Session, "endsAt">): Session {
    this.#forgetEnded();
    const id = randomBytes(32).toString("base64url");
    const session = { ...begun, endsAt: Date.now() + hour };
    this.#sessions.set(id, session);
    this.#setCookie(ctx, id);
    return session;
  }

  #setCookie(ctx: Context, id: string | null): void {
    // The public address decides, not the connection: TLS may end at a proxy.
    ctx.cookies.secure = this.#https;
    ctx.cookies.set(this.#cookie, id, { httpOnly: true, sameSite: "lax", secure: this.#https, overwrite: true });
  }

  #forgetEnded(): void {
    for (const [id, { endsAt }] of this.#sessions) if (endsAt <= Date.now()) this.#sessions.delete(id);
  }
}

function concerns(over: EndOfSession, { sid, sub }: Guest): boolean {
  return ("sid" in over ? over.sid === sid : true) && (over.sub === undefined || over.sub === sub);
}
