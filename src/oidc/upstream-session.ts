// A session that began with one at a provider is also stored under that session's name, so that it can be ended with it.
import type Provider from "oidc-provider";
import type { Clock } from "../clock.ts";
import { digest, ended } from "./artifact-store.ts";
import type { Artifacts } from "./artifacts.ts";

/** A session at a provider. */
export interface UpstreamSession {
  provider: string;
  sid: string;
}

export const upstreamSessionModel = "UpstreamSession";

export function upstreamSessionName({ provider, sid }: UpstreamSession): string {
  return digest(`${provider}\0${sid}`);
}

/** @param lasts how long a session here can last, milliseconds */
export function noteUpstreamSessions(
  provider: Provider,
  { artifacts, clock, lasts }: { artifacts: Artifacts; clock: Clock; lasts: number },
): void {
  provider.on("interaction.ended", ({ oidc: { session, result } }) => {
    const { upstream } = (result ?? {}) as { upstream?: UpstreamSession };
    if (!upstream || !session?.uid || !session.accountId) return;
    // Stored with the rest of the request: it exists as soon as the session does.
    void artifacts.put({
      ...ended,
      model: upstreamSessionModel,
      idHash: upstreamSessionName(upstream),
      sessionUid: session.uid,
      accountId: session.accountId,
      expiresAt: clock.now() + lasts,
    });
  });
}
