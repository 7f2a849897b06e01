// The application's settings: its own address, and its registration at the provider.

export interface Settings {
  /** Where people reach this application: an origin, such as https://files.example.com */
  url: string;
  /** Guestpass: an origin too. */
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** The person who shares the files: named in invitations, and asked for a fresh one when an old one has expired. */
  owner?: { name: string; email: string } | undefined;
  /** Only while somebody tries it out on their own machine. */
  trial?: Trial | undefined;
}

export interface Trial {
  /** The page on which mail can be read. */
  mailbox: string;
  /** Moves the time of this process and of the provider in it. */
  letDaysPass(days: number): void;
}

/** @throws Error one message that names everything that is missing or wrong */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const missing = ["OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"].filter((name) => !env[name]);
  if (missing.length > 0) throw new Error(`Set ${missing.join(", ")}: README.md says what they are.`);
  const email = env["OWNER_EMAIL"];
  return {
    url: origin("APP_URL", env["APP_URL"] || "http://localhost:4000"),
    issuer: origin("OIDC_ISSUER", env["OIDC_ISSUER"] as string),
    clientId: env["OIDC_CLIENT_ID"] as string,
    clientSecret: env["OIDC_CLIENT_SECRET"] as string,
    owner: email ? { name: env["OWNER_NAME"] || email, email } : undefined,
  };
}

type Place = Pick<Settings, "url">;

/** Where the provider sends the browser back to. */
export function callbackOf({ url }: Place): string {
  return `${url}/callback`;
}

export function signedOutOf({ url }: Place): string {
  return `${url}/signed-out`;
}

export const initiateLoginPath = "/sign-in";

/** Where the link of an invitation leads (OpenID Connect Core 1.0, section 4). */
export function initiateLoginOf({ url }: Place): string {
  return url + initiateLoginPath;
}

export const backchannelLogoutPath = "/backchannel-logout";

/** Where the provider announces that a session has ended. */
export function backchannelLogoutOf({ url }: Place): string {
  return url + backchannelLogoutPath;
}

function origin(name: string, value: string): string {
  const url = URL.parse(value);
  if (url?.href !== `${url?.origin}/`) throw new Error(`${name} must be an origin, such as https://files.example.com, not ${value}`);
  return url.origin;
}
