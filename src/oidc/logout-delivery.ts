// Posts logout tokens: signed and sent by oidc-provider, to addresses that src/outbound/outbound.ts allows.
import type Provider from "oidc-provider";
import { answered } from "../outbound/answer.ts";
import { whyUnreachable } from "../outbound/failure.ts";

interface LogoutSender {
  backchannelLogout(this: unknown, sub: string, sid: string): Promise<void>;
}

export interface Logout {
  clientId: string;
  sub: string;
  sid: string;
}

export type LogoutOutcome =
  | { outcome: "delivered" | "not-registered" }
  /** It will not be accepted later either. */
  | { outcome: "refused"; why: string }
  /** `silent` if it did not answer in time. */
  | { outcome: "failed"; why: string; silent: boolean };

const send = new WeakMap<Provider, LogoutSender["backchannelLogout"]>();

/**
 * When a guest signs out, oidc-provider would tell the applications before the session has ended, and wait for them: one that asks at once
 * whether the guest is still signed in would get a yes. Here they are told about ended sessions, by the queue (src/oidc/artifacts.ts).
 */
export function tellByTheQueue(provider: Provider): void {
  const client = provider.Client.prototype as unknown as LogoutSender;
  send.set(provider, client.backchannelLogout);
  client.backchannelLogout = async () => undefined;
}

/** Posts one logout token. @throws if the token could not be made, which is not the application's fault */
export async function deliverLogout(provider: Provider, logout: Logout): Promise<LogoutOutcome> {
  const client = await provider.Client.find(logout.clientId);
  if (!client?.backchannelLogoutUri) return { outcome: "not-registered" };
  try {
    await send.get(provider)?.call(client, logout.sub, logout.sid);
    return { outcome: "delivered" };
  } catch (error) {
    const { response, name } = error as Error & { response?: Response };
    if (!response)
      return {
        outcome: "failed",
        why: whyUnreachable(error as Error, new URL(client.backchannelLogoutUri)),
        silent: name === "TimeoutError",
      };
    const why = await answered(response);
    // A refused token (Back-Channel Logout 1.0, 2.8) will be refused next time too. Everything else can be fixed meanwhile.
    return response.status === 400 ? { outcome: "refused", why } : { outcome: "failed", why, silent: false };
  }
}
