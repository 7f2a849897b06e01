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
  /** It will not be accepted another time either. */
  | { outcome: "refused"; why: string }
  /** `silent` where it did not answer in time. */
  | { outcome: "failed"; why: string; silent: boolean };

const send = new WeakMap<Provider, LogoutSender["backchannelLogout"]>();

/**
 * Where a guest signs out, oidc-provider would tell the applications before the session is over, and wait for them: one that asks at once
 * whether the guest is still there would be let in again. Here they are told of what has ended, by the queue (src/oidc/artifacts.ts).
 */
export function tellByTheQueue(provider: Provider): void {
  const client = provider.Client.prototype as unknown as LogoutSender;
  send.set(provider, client.backchannelLogout);
  client.backchannelLogout = async () => undefined;
}

/** Posts one logout token. @throws if the token could not be made, which is no fault of the application */
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
    // That the token is not accepted (Back-Channel Logout 1.0, 2.8) is no different the next time. Everything else can be put right meanwhile.
    return response.status === 400 ? { outcome: "refused", why } : { outcome: "failed", why, silent: false };
  }
}
