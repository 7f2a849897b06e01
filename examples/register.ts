// Registers the example as `guestpass app add` would, once: its client secret is kept, readable by its owner only, for the next start.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type { App } from "../src/app.ts";
import { type Application, defaultPolicy, type NewApplication } from "../src/applications/application.ts";
import { matchesClientSecret, newClientSecret } from "../src/applications/applications.ts";
import { operator } from "../src/audit/audit.ts";
import { backchannelLogoutOf, callbackOf, initiateLoginOf, signedOutOf } from "./file-share/settings.ts";

export interface Registered {
  clientId: string;
  clientSecret: string;
}

/**
 * Leaves a registration that is as it should be alone, and makes any other one anew.
 * @param url where the example runs
 * @param file where its secret is kept
 */
export async function registerFileShare(app: App, url: string, file: string): Promise<Registered> {
  const { applications } = app;
  const clientId = "file-share";
  const kept = readSecret(file);
  const existing = await applications.find(clientId);
  const stored = existing?.metadata.client_secret ?? "";
  if (kept && matchesClientSecret(stored, kept) && isRegistered(existing, describe(clientId, url, stored))) {
    return { clientId, clientSecret: kept };
  }
  if (existing) await applications.remove(clientId, operator);
  const registered = await registerAs(app, clientId, url);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(registered, null, 2)}\n`, { mode: 0o600 });
  return registered;
}

/** Registers the example as a new application. */
export async function registerAs({ applications, validate }: App, clientId: string, url: string): Promise<Registered> {
  const made = newClientSecret();
  const application = describe(clientId, url, made.stored);
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

function readSecret(file: string): string | undefined {
  try {
    return (JSON.parse(readFileSync(file, "utf8")) as Partial<Registered>).clientSecret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT" || error instanceof SyntaxError) return undefined;
    throw error;
  }
}
