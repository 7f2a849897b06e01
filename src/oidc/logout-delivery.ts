// Posts logout tokens: signed and sent by oidc-provider, to addresses that src/oidc/outbound.ts lets be reached.
import type { Knex } from "knex";
import type Provider from "oidc-provider";
import type { Logger } from "../log.ts";
import type { Logouts } from "../sessions/logouts.ts";

interface LogoutSender {
  backchannelLogout(sub: string, sid: string): Promise<void>;
}

/** Posts one logout token. @returns false where the application has no back-channel logout. @throws where it was not accepted */
export async function deliverLogout(provider: Provider, logout: { clientId: string; sub: string; sid: string }): Promise<boolean> {
  const client = await provider.Client.find(logout.clientId);
  if (!client?.backchannelLogoutUri) return false;
  await (client as typeof client & LogoutSender).backchannelLogout(logout.sub, logout.sid);
  return true;
}

/** Signing out at one application tells the others at once; what does not arrive is queued. */
export function queueFailedLogouts(provider: Provider, db: Knex, logouts: Logouts, log: Logger): void {
  provider.on("backchannel.error", (_ctx, _error, client, sub, sid) => {
    logouts
      .enqueue(db, { clientId: client.clientId, sub, sid })
      .catch((error: unknown) => log.error({ err: error }, "a logout could not be queued"));
  });
}
