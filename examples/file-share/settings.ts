// What the application has to be told: where it lives, and what it was registered with at the provider.

export interface Settings {
  /** Where people reach this application: an origin, such as https://files.example.com */
  url: string;
  /** The OpenID Connect provider: an origin too. */
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** While developing: the page on which mailed codes can be read. */
  mailbox?: string | undefined;
}

/** @throws Error one message that names everything that is missing or wrong */
export function readSettings(env: Record<string, string | undefined>): Settings {
  const missing = ["OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET"].filter((name) => !env[name]);
  if (missing.length > 0) throw new Error(`Set ${missing.join(", ")}: README.md says what they are.`);
  return {
    url: origin("APP_URL", env["APP_URL"] || "http://localhost:4000"),
    issuer: origin("OIDC_ISSUER", env["OIDC_ISSUER"] as string),
    clientId: env["OIDC_CLIENT_ID"] as string,
    clientSecret: env["OIDC_CLIENT_SECRET"] as string,
  };
}

export function callbackOf({ url }: Pick<Settings, "url">): string {
  return `${url}/callback`;
}

export function signedOutOf({ url }: Pick<Settings, "url">): string {
  return `${url}/signed-out`;
}

function origin(name: string, value: string): string {
  const url = URL.parse(value);
  if (url?.href !== `${url?.origin}/`) throw new Error(`${name} must be an origin, such as https://files.example.com, not ${value}`);
  return url.origin;
}
