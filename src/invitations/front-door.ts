import type { Application, ClientMetadata } from "../applications/application.ts";
import { isLoopback } from "../configuration/loopback.ts";
import { addressAsInvited, type Invitation, liesUnder } from "./invitation.ts";

/**
 * Where a mailed link leads: sign-in begins at the application (OpenID Connect Core 1.0, section 4) if it can begin one for a
 * third party, else at the shared target, else at the application's front door.
 */
export function frontDoor({ metadata, policy }: Application, issuer: string, invitation?: Invitation): string {
  const targetUrl = invitation?.targetUrl ?? null;
  const target = targetUrl !== null && liesUnder(policy.targetOrigins, targetUrl) ? targetUrl : undefined;
  if (metadata.initiate_login_uri === undefined) return target ?? policy.targetOrigins[0] ?? siteOf(metadata) ?? issuer;
  const url = new URL(metadata.initiate_login_uri);
  url.searchParams.set("iss", issuer);
  if (invitation) url.searchParams.set("login_hint", addressAsInvited(invitation));
  if (target !== undefined) url.searchParams.set("target_link_uri", target);
  return url.href;
}

/** One on the guest's own device, whose redirect URI works only there (RFC 8252, 7), has the address that it registered with, or none. */
function siteOf({ redirect_uris: [redirectUri = ""], ...metadata }: ClientMetadata): string | undefined {
  const url = URL.parse(redirectUri);
  const onDevice = !url || !/^https?:$/.test(url.protocol) || (metadata.application_type === "native" && isLoopback(url));
  return onDevice ? (metadata["client_uri"] as string | undefined) : url.origin;
}
