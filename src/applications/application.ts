/** Who is admitted: `directory` any guest who is not suspended, `anyone` any provable mailbox (recorded on first proof). */
export type Admission = "directory" | "anyone";

/** A relying party: an OIDC client plus its guest policy. */
export interface Application {
  clientId: string;
  name: string;
  admission: Admission;
  /** A first-party application asks for no consent. */
  firstParty: boolean;
  /** Only for a confidential client that cannot send PKCE. */
  pkceOptional: boolean;
  /** OIDC client metadata (OpenID Connect Dynamic Client Registration 1.0, section 2); `client_secret` as its SHA-256. */
  metadata: ClientMetadata;
}

export interface ClientMetadata {
  redirect_uris: string[];
  post_logout_redirect_uris?: string[];
  grant_types?: string[];
  response_types?: string[];
  token_endpoint_auth_method?: string;
  id_token_signed_response_alg?: string;
  application_type?: string;
  client_secret?: string;
  jwks?: { keys: object[] };
  /** APIs that the application may get and introspect tokens for (RFC 8707): resource indicator -> scopes there. */
  guestpass_resources?: Record<string, { scope: string }>;
  [name: string]: unknown;
}

/** Whether this application lets the person in. No guest means that the address is not in the directory. */
export function admits(application: Application, guest: { state: string } | undefined): boolean {
  if (guest) return guest.state !== "suspended";
  return application.admission === "anyone";
}
