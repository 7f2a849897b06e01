// Posts logout tokens: signed and sent by oidc-provider, to addresses that src/oidc/outbound.ts lets be reached.
import Provider, { type KoaContextWithOIDC } from "oidc-provider";

interface LogoutSender {
  backchannelLogout(sub: string, sid: string): Promise<void>;
}

export interface Logout {
  clientId: string;
  sub: string;
  sid: string;
}

/** Posts one logout token. @returns false where the application has no back-channel logout. @throws where it was not accepted */
export async function deliverLogout(provider: Provider, logout: Logout): Promise<boolean> {
  const client = await provider.Client.find(logout.clientId);
  if (!client?.backchannelLogoutUri) return false;
  await (client as typeof client & LogoutSender).backchannelLogout(logout.sub, logout.sid);
  return true;
}

const undelivered = new WeakMap<KoaContextWithOIDC, Logout[]>();

/** Signing out at one application tells the others at once, before the session ends. What does not arrive is noted with the request. */
export function noteUndelivered(provider: Provider): void {
  provider.on("backchannel.error", (ctx, _error, client, sub, sid) => {
    undelivered.set(ctx, [...(undelivered.get(ctx) ?? []), { clientId: client.clientId, sub, sid }]);
  });
}

/** What did not arrive in the request under way: it is queued before the session goes. */
export function undeliveredNow(): Logout[] {
  const ctx = Provider.ctx as KoaContextWithOIDC | undefined;
  return (ctx && undelivered.get(ctx)) ?? [];
}
