/**
 * The guests who are admitted: `invited` with a live invitation to this application, `directory` any guest of the directory, `domains`
 * the domains of the allow list, `anyone` any provable mailbox. The last two record the guest on first proof.
 */
export const admissions = ["invited", "directory", "domains", "anyone"] as const;
export type Admission = (typeof admissions)[number];

/** A relying party: an OIDC client plus its guest policy. */
export interface Application {
  clientId: string;
  name: string;
  admission: Admission;
  /** A first-party application asks for no consent. */
  firstParty: boolean;
  /** Only for a confidential client that cannot send PKCE. */
  pkceOptional: boolean;
  policy: ApplicationPolicy;
  /** OIDC client metadata (OpenID Connect Dynamic Client Registration 1.0, section 2); `client_secret` as its SHA-256. */
  metadata: ClientMetadata;
  /** The client id under which an administrator tries a sign-in at it: the rest of Guestpass knows it by its own (trials.ts). */
  trial?: string;
  /** Guestpass's own page for guests. It admits every guest who is not suspended, whatever else has ended for them. */
  own?: true;
  /** Milliseconds since the epoch; the version that If-Match compares. */
  updatedAt: number;
}

/** The client id that the protocol knows it by. */
export function protocolIdOf({ clientId, trial }: Pick<Application, "clientId" | "trial">): string {
  return trial ?? clientId;
}

export type NewApplication = Omit<Application, "updatedAt">;

/** Security profiles that an application can be held to: `fapi2` is the FAPI 2.0 Security Profile. */
export const profiles = ["fapi2"] as const;
export type Profile = (typeof profiles)[number];

export interface ApplicationPolicy {
  /** Where it is not empty, only these domains may be invited and sign in. */
  allowDomains: string[];
  denyDomains: string[];
  /** Origins under which the target URLs of invitations must lie. */
  targetOrigins: string[];
  /** How often a guest proves the mailbox again, in days; null leaves it to the other rules. */
  reverificationDays: number | null;
  /** How many days before its deadline a guest is reminded; null is never. */
  reminderDays: number | null;
  /** Shown to guests beside the name. */
  supportAddress: string | null;
  colour: string | null;
  /** The address of the logo for dark screens; the one for light ones is OIDC client metadata. */
  logoUriDark: string | null;
  /** May use the administration API for every application, not for itself only. */
  administrator: boolean;
  profile: Profile | null;
  /** `email` and `email_verified` are in the ID token too, for applications that read nothing else. */
  emailInIdToken: boolean;
  /** A guest without a recorded name is called by the local part of the address, for applications that insist on a name. */
  nameFromAddress: boolean;
  /** Guests may sign in with a passkey, where the deployment has passkeys at all. */
  passkeys: boolean;
  /** Guests may sign in at a provider, where one is registered for their domain. */
  upstreams: boolean;
  /** Secrets before the last rotations, as their SHA-256, and until when each still works (milliseconds since the epoch). */
  previousSecrets: { hash: string; until: number }[];
}

export const defaultPolicy: ApplicationPolicy = {
  allowDomains: [],
  denyDomains: [],
  targetOrigins: [],
  reverificationDays: null,
  reminderDays: null,
  supportAddress: null,
  colour: null,
  logoUriDark: null,
  administrator: false,
  profile: null,
  emailInIdToken: false,
  nameFromAddress: false,
  passkeys: true,
  upstreams: true,
  previousSecrets: [],
};

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
  logo_uri?: string;
  policy_uri?: string;
  tos_uri?: string;
  initiate_login_uri?: string;
  backchannel_logout_uri?: string;
  /** APIs that the application may get and introspect tokens for (RFC 8707): resource indicator -> scopes there. */
  guestpass_resources?: Record<string, { scope: string }>;
  [name: string]: unknown;
}

/** Whether two versions differ in which guests they admit, for how long, or when they remind them. */
export function changesRules(before: Application, after: Application): boolean {
  const rulesOf = ({ admission, policy: { allowDomains, denyDomains, reverificationDays, reminderDays } }: Application) =>
    JSON.stringify([admission, allowDomains, denyDomains, reverificationDays, reminderDays]);
  return rulesOf(before) !== rulesOf(after);
}

/** How it looks on the pages of a sign-in, and whom guests can ask for help. */
export function brandOf({ name, metadata, policy }: Pick<Application, "name" | "metadata" | "policy">) {
  return {
    name,
    logo: metadata.logo_uri,
    darkLogo: policy.logoUriDark ?? undefined,
    colour: policy.colour ?? undefined,
    support: policy.supportAddress ?? undefined,
  };
}

/** Until when a secret before the present one works, or null if there is none. */
export function lastUntil(previous: ApplicationPolicy["previousSecrets"]): number | null {
  return previous.length === 0 ? null : Math.max(...previous.map(({ until }) => until));
}
