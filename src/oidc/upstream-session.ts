// A session that began with one at a provider is also stored under that session's name, so that it can be ended with it.
import type Provider from "oidc-provider";
import type { Clock } from "../clock.ts";
import { type Capped, digest, ended } from "./artifact-store.ts";
import type { Artifacts } from "./artifacts.ts";

/** A session at a provider. */
export interface UpstreamSession {
  provider: string;
  /** Where the provider names it. */
  sid?: string | undefined;
  /** Where the provider says when it ends: milliseconds since the epoch. */
  until?: number | undefined;
}

export const upstreamSessionModel = "UpstreamSession";

export function upstreamSessionName({ provider, sid }: { provider: string; sid: string }): string {
  return digest(`${provider}\0${sid}`);
}

/** oidc-provider stores what it knows of a session, and this. */
export function keepUpstreamEnd({ Session }: Provider): void {
  const names = (Session as unknown as { IN_PAYLOAD: string[] }).IN_PAYLOAD;
  Object.defineProperty(Session, "IN_PAYLOAD", { get: () => [...names, "upstreamUntil" satisfies keyof Capped] });
}

/** @param lasts how long a session here can last, milliseconds */
export function noteUpstreamSessions(
  provider: Provider,
  { artifacts, clock, lasts }: { artifacts: Artifacts; clock: Clock; lasts: number },
): void {
  provider.on("interaction.ended", ({ oidc: { session, result } }) => {
    const { upstream, login } = (result ?? {}) as { upstream?: UpstreamSession; login?: object };
    // Whoever signs in again, another way, is not bound to what came before.
    if (session && login) (session as Capped).upstreamUntil = upstream?.until;
    if (upstream?.sid === undefined || !session?.uid || !session.accountId) return;
    // Stored with the rest of the request: it exists as soon as the session does.
    void artifacts.put({
      ...ended,
      model: upstreamSessionModel,
      idHash: upstreamSessionName({ provider: upstream.provider, sid: upstream.sid }),
      sessionUid: session.uid,
      accountId: session.accountId,
      expiresAt: clock.now() + lasts,
    });
  });
}
