// This application's own sessions: a random id in a cookie, everything else here. They are kept in memory, which is right
// for an example; an application with more than one process keeps them in its database.
import { randomBytes } from "node:crypto";
import type { Context } from "koa";
import type { Guest, PendingSignIn } from "./sign-in.ts";

export interface Session {
  guest?: Guest;
  /** Sign-ins that have begun in this browser, by their state: one for each tab. */
  pending: Map<string, PendingSignIn>;
  /** Milliseconds since the epoch. */
  endsAt: number;
}

const hour = 60 * 60 * 1000;
const anonymousFor = hour;
const signedInFor = 8 * hour;

export class Sessions {
  readonly #sessions = new Map<string, Session>();
  readonly #https: boolean;
  readonly #cookie: string;

  /** @param url this application's own */
  constructor(url: string) {
    this.#https = url.startsWith("https:");
    this.#cookie = this.#https ? "__Host-file-share" : "file-share";
  }

  find(ctx: Context): Session | undefined {
    const session = this.#sessions.get(ctx.cookies.get(this.#cookie) ?? "");
    return session && session.endsAt > Date.now() ? session : undefined;
  }

  remember(ctx: Context, state: string, pending: PendingSignIn): void {
    const session = this.find(ctx) ?? this.#start(ctx, { pending: new Map(), endsAt: Date.now() + anonymousFor });
    session.pending.set(state, pending);
  }

  /** @returns the sign-in that this browser began with this state; it can be taken once */
  take(ctx: Context, state: string): PendingSignIn | undefined {
    const pending = this.find(ctx)?.pending;
    const found = pending?.get(state);
    pending?.delete(state);
    return found;
  }

  /** Under a new id, so that nobody can have planted the one that is signed in. */
  signIn(ctx: Context, guest: Guest): void {
    const pending = this.find(ctx)?.pending ?? new Map();
    this.end(ctx);
    this.#start(ctx, { guest, pending, endsAt: Date.now() + signedInFor });
  }

  end(ctx: Context): void {
    this.#sessions.delete(ctx.cookies.get(this.#cookie) ?? "");
    this.#setCookie(ctx, null);
  }

  #start(ctx: Context, session: Session): Session {
    this.#forgetEnded();
    const id = randomBytes(32).toString("base64url");
    this.#sessions.set(id, session);
    this.#setCookie(ctx, id);
    return session;
  }

  #setCookie(ctx: Context, id: string | null): void {
    // The address that people use decides, not the connection: TLS may end at a proxy.
    ctx.cookies.secure = this.#https;
    ctx.cookies.set(this.#cookie, id, { httpOnly: true, sameSite: "lax", secure: this.#https, overwrite: true });
  }

  #forgetEnded(): void {
    for (const [id, { endsAt }] of this.#sessions) if (endsAt <= Date.now()) this.#sessions.delete(id);
  }
}
