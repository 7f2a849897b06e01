// Signing out at the request of an application that does not identify itself.
import type { KoaContextWithOIDC } from "oidc-provider";

/**
 * Many products (MeshCentral, Signal K) send post_logout_redirect_uri and nothing else. Where exactly one application of this session registered that address, the
 * request counts as this application's, so that the guest is led back after the confirmation. Where none or several did, nothing says
 * whose it is, and the guest ends on a page of Guestpass. A request with a state comes from a library that knows the standard, which asks
 * for a hint before anyone is led back (OpenID Connect RP-Initiated Logout 1.0, 3).
 */
export async function recogniseApplication(ctx: KoaContextWithOIDC): Promise<void> {
  const { client, params, provider, session } = ctx.oidc;
  const given = ctx.method === "POST" ? ctx.oidc.body : ctx.query;
  const uri = given?.["post_logout_redirect_uri"];
  if (client || !session?.state || params?.["state"] !== undefined || typeof uri !== "string") return;
  const clients = await Promise.all(Object.keys(session.authorizations ?? {}).map((clientId) => provider.Client.find(clientId)));
  const [only, another] = clients.filter((each) => each?.postLogoutRedirectUriAllowed(uri));
  if (!only || another) return;
  session.state = { ...session.state, clientId: only.clientId, postLogoutRedirectUri: uri };
}
