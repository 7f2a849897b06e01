// Posts logout tokens: signed and sent by oidc-provider, to addresses that src/oidc/outbound.ts lets be reached.
import type Provider from "oidc-provider";

interface LogoutSender {
  backchannelLogout(this: unknown, sub: string, sid: string): Promise<void>;
}

export interface Logout {
  clientId: string;
  sub: string;
  sid: string;
}

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

/** Posts one logout token. @returns false where the application has no back-channel logout. @throws where it was not accepted */
export async function deliverLogout(provider: Provider, logout: Logout): Promise<boolean> {
  const client = await provider.Client.find(logout.clientId);
  if (!client?.backchannelLogoutUri) return false;
  await send.get(provider)?.call(client, logout.sub, logout.sid);
  return true;
}
