// A session that began with one at a provider is kept under that one's name, so that its end is found.
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
    // With what the request stores: it is there as soon as the session is.
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
