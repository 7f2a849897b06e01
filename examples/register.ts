// Registers the example as `guestpass app add` would, once. Its client secret is kept for the next start, readable by its owner only.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { App } from "../src/app.ts";
import { type Application, defaultPolicy, type NewApplication } from "../src/applications/application.ts";
import { matchesClientSecret, newClientSecret } from "../src/applications/applications.ts";
import { operator } from "../src/audit/audit.ts";
import { logoPath } from "./file-share/pages/logo.ts";
import { backchannelLogoutOf, callbackOf, initiateLoginOf, signedOutOf } from "./file-share/settings.ts";

export interface Registered {
  clientId: string;
  clientSecret: string;
}

/**
 * Leaves a correct registration alone, and replaces any other.
 * @param url where the example runs
 * @param file where its secret is kept
 */
export async function registerFileShare(app: App, url: string, file: string): Promise<Registered> {
  const { applications } = app;
  const clientId = "file-share";
  const kept = readSecret(file);
  const existing = await applications.find(clientId);
  const stored = existing?.metadata.client_secret ?? "";
  if (kept && matchesClientSecret(stored, kept) && isRegistered(existing, atItsBest(describe(clientId, url, stored), url))) {
    return { clientId, clientSecret: kept };
  }
  if (existing) await applications.remove(clientId, operator);
  const registered = await register(app, clientId, (secret) => atItsBest(describe(clientId, url, secret), url));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(registered, null, 2)}\n`, { mode: 0o600 });
  return registered;
}

/** Registers the example as a new application, as plain as it can be. */
export function registerAs(app: App, clientId: string, url: string): Promise<Registered> {
  return register(app, clientId, (secret) => describe(clientId, url, secret));
}

async function register(
  { applications, validate }: App,
  clientId: string,
  described: (storedSecret: string) => NewApplication,
): Promise<Registered> {
  const made = newClientSecret();
  const application = described(made.stored);
  await validate(application);
  await applications.add(application, operator);
  return { clientId, clientSecret: made.secret };
}

function isRegistered(existing: Application | undefined, wanted: NewApplication): boolean {
  return existing !== undefined && isDeepStrictEqual(existing, { ...wanted, updatedAt: existing.updatedAt });
}

function describe(clientId: string, url: string, storedSecret: string): NewApplication {
  const settings = { url };
  return {
    clientId,
    name: "File share",
    admission: "invited",
    firstParty: true,
    pkceOptional: false,
    policy: { ...defaultPolicy, targetOrigins: [new URL(url).origin] },
    metadata: {
      redirect_uris: [callbackOf(settings)],
      post_logout_redirect_uris: [signedOutOf(settings)],
      initiate_login_uri: initiateLoginOf(settings),
      backchannel_logout_uri: backchannelLogoutOf(settings),
      grant_types: ["authorization_code", "client_credentials"],
      response_types: ["code"],
      token_endpoint_auth_method: "client_secret_basic",
      client_secret: storedSecret,
    },
  };
}

/** What a newcomer should see: its logo and colour, a guest who is asked for consent, and the mailbox proven again every 14 days. */
function atItsBest(application: NewApplication, url: string): NewApplication {
  return {
    ...application,
    firstParty: false,
    policy: { ...application.policy, reverificationDays: 14, colour: "#0a6b4b" },
    metadata: { ...application.metadata, logo_uri: url + logoPath },
  };
}

function readSecret(file: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as Partial<Registered>).clientSecret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
