// A whole Guestpass for a test: its own database, a real mail server, applications, browsers and the movable clock.

import { readFile } from "node:fs/promises";
import * as oidc from "openid-client";
import { createApp } from "../../src/app.ts";
import { type ApplicationPolicy, type ClientMetadata, defaultPolicy, type NewApplication } from "../../src/applications/application.ts";
import { newClientSecret } from "../../src/applications/applications.ts";
import { operator } from "../../src/audit/audit.ts";
import type { FetchText } from "../../src/bounces/providers/ses.ts";
import { type Config, readConfig } from "../../src/configuration/config.ts";
import { openDatabase } from "../../src/database/database.ts";
import { migrate } from "../../src/database/migrate.ts";
import { type Address, parseAddress } from "../../src/guests/address.ts";
import { createLog, type Logger } from "../../src/log.ts";
import { type RunningServer, startServer } from "../../src/main.ts";
import { testClock } from "../../src/testing/clock.ts";
import { freePort } from "../../src/testing/index.ts";
import { MailServer } from "../../src/testing/mail-server.ts";
import { type Answer, Browser } from "./browser.ts";
import { contentOf, createDatabase, databaseKind, type Template, type TestDatabase } from "./databases.ts";

export { freePort };

/** Where the relying application of the tests lives; nothing listens there. */
export const appOrigin = "https://app.example";
export const redirectUri = `${appOrigin}/callback`;

const secret = "a secret of the tests that is long enough";

const loadedAt = Date.now();
let templates: Promise<Record<"migrated" | "started", Template>> | undefined;
/** Whether a server runs on a copy. A second one gets a database and signing keys of its own: neither takes the other's tokens. */
let copied = false;

/**
 * A database as it is when it has been migrated, and after a first start. Migrating it and making its keys would be most of what each start
 * costs; on PostgreSQL migrations wait for one another besides.
 */
async function makeTemplates(): Promise<Record<"migrated" | "started", Template>> {
  const database = await createDatabase();
  const config = readConfig({
    GUESTPASS_ISSUER: "http://localhost:3000",
    GUESTPASS_SECRET: secret,
    GUESTPASS_DATABASE_URL: database.url,
    GUESTPASS_SMTP_URL: "smtp://127.0.0.1",
    GUESTPASS_MAIL_FROM: "guests@idp.example",
  });
  const statements = await migrateNoting(config);
  const template = async () =>
    databaseKind === "postgres" ? [...statements, await contentOf(database)].join(";") : readFile(database.url.slice("sqlite:".length));
  const migrated = await template();
  const app = await createApp(config, { clock: { now: () => loadedAt }, log: createLog("silent") });
  await app.close();
  const started = await template();
  await database.remove();
  return { migrated, started };
}

/** @returns the statements that make tables and indexes */
async function migrateNoting({ database }: Config): Promise<string[]> {
  const db = openDatabase(database, false);
  const statements: string[] = [];
  db.on("query", ({ sql }: { sql: string }) => {
    if (/^(create|alter|drop) (?!extension)/i.test(sql)) statements.push(sql);
  });
  await migrate(db);
  await db.destroy();
  return statements;
}

async function databaseFor(settings: Record<string, string>): Promise<TestDatabase> {
  if ("GUESTPASS_DATABASE_URL" in settings) return createDatabase();
  templates ??= makeTemplates();
  const { migrated, started } = await templates;
  if (copied || "GUESTPASS_SECRET" in settings) return createDatabase(migrated);
  copied = true;
  const { url, remove } = await createDatabase(started);
  return {
    url,
    remove: async () => {
      copied = false;
      await remove();
    },
  };
}

export interface RegisteredApplication extends NewApplication {
  secret: string | undefined;
}

export class Guestpass {
  readonly server: RunningServer;
  readonly mail: MailServer;
  readonly issuer: string;
  readonly database: TestDatabase;
  /** The environment that it was configured from: another process on the same database starts with it, on a port of its own. */
  readonly settings: Record<string, string>;
  readonly clock = testClock;

  private constructor(running: Pick<Guestpass, "server" | "mail" | "issuer" | "database" | "settings">) {
    this.server = running.server;
    this.mail = running.mail;
    this.issuer = running.issuer;
    this.database = running.database;
    this.settings = running.settings;
  }

  /**
   * @param settings environment variables of the configuration, over those of the test
   * @param on an earlier one to share the database and the mail server with: another instance
   */
  static async start(
    settings: Record<string, string> = {},
    { on, log, fetchText }: { on?: Guestpass; log?: Logger; fetchText?: FetchText } = {},
  ): Promise<Guestpass> {
    const mail = on?.mail ?? (await new MailServer().start());
    const database = on?.database ?? (await databaseFor(settings));
    const port = await freePort();
    const issuer = settings["GUESTPASS_ISSUER"] ?? `http://localhost:${port}`;
    const environment = {
      GUESTPASS_MODE: "production",
      GUESTPASS_ISSUER: issuer,
      GUESTPASS_HOST: "127.0.0.1",
      GUESTPASS_PORT: String(port),
      GUESTPASS_SECRET: secret,
      GUESTPASS_DATABASE_URL: database.url,
      GUESTPASS_SMTP_URL: mail.url,
      GUESTPASS_MAIL_FROM: "Guest access <guests@idp.example>",
      // A test asks for more codes from 127.0.0.1 than guests of one network do; those about limits set their own.
      GUESTPASS_LIMIT_CODES_PER_ADDRESS: "10000/1m",
      GUESTPASS_LIMIT_CODES_PER_NETWORK: "10000/1m",
      GUESTPASS_LIMIT_TRIES_PER_ADDRESS: "10000/1m",
      GUESTPASS_SHUTDOWN_DELAY_SECONDS: "0",
      ...settings,
    };
    try {
      const server = await startServer(readConfig(environment), {
        clock: testClock,
        log: log ?? createLog("silent"),
        ...(fetchText ? { fetchText } : {}),
      });
      return new Guestpass({ server, mail, issuer: `http://localhost:${port}`, database, settings: environment });
    } catch (error) {
      // What is left open would keep the whole run from ending.
      if (!on) {
        await mail.stop();
        await database.remove();
      }
      throw error;
    }
  }

  /** The same test, with requests that go to another process on the same database. */
  at(issuer: string): Guestpass {
    return new Guestpass({ ...this, issuer });
  }

  async stop(): Promise<void> {
    await this.server.close();
    await this.mail.stop();
    await this.database.remove();
    testClock.reset();
  }

  /** Registers an application: confidential and first-party unless said otherwise. */
  async register(
    clientId: string,
    {
      metadata = {},
      policy = {},
      ...options
    }: Partial<Omit<NewApplication, "metadata" | "policy">> & {
      metadata?: Partial<ClientMetadata>;
      policy?: Partial<ApplicationPolicy>;
    } = {},
  ): Promise<RegisteredApplication> {
    const method = metadata.token_endpoint_auth_method ?? "client_secret_basic";
    const secret = method.startsWith("client_secret") ? newClientSecret() : undefined;
    const application: NewApplication = {
      clientId,
      name: `Application ${clientId}`,
      admission: "anyone",
      firstParty: true,
      pkceOptional: false,
      ...options,
      policy: { ...defaultPolicy, ...policy },
      metadata: {
        redirect_uris: [redirectUri],
        post_logout_redirect_uris: [`${appOrigin}/signed-out`],
        grant_types: ["authorization_code", "refresh_token", ...(method === "none" ? [] : ["client_credentials"])],
        response_types: ["code"],
        token_endpoint_auth_method: method,
        ...(secret ? { client_secret: secret.stored } : {}),
        ...metadata,
      },
    };
    await this.server.app.validate(application);
    await this.server.app.applications.add(application, operator);
    return { ...application, secret: secret?.secret };
  }

  /** Records a guest, as an administrator would. @returns the sub */
  async addGuest(
    address: string,
    person: { name?: string; givenName?: string; familyName?: string; locale?: string } = {},
  ): Promise<string> {
    return (await this.server.app.guests.add(parseAddress(address) as Address, person, operator)).sub;
  }

  browser(headers: Record<string, string> = {}): Browser {
    return new Browser({ headers, stopAt: [appOrigin] });
  }

  /** An authorization request with PKCE and state. */
  async authorizationRequest(application: RegisteredApplication, params: Record<string, string> = {}): Promise<AuthorizationRequest> {
    const config = await this.client(application);
    const verifier = oidc.randomPKCECodeVerifier();
    const state = oidc.randomState();
    const nonce = oidc.randomNonce();
    const url = oidc.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope: "openid email profile",
      code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      state,
      nonce,
      ...params,
    });
    return { config, url: url.href, verifier, state, nonce };
  }

  /** openid-client, as a relying application would set it up. */
  async client(application: RegisteredApplication): Promise<oidc.Configuration> {
    const method = application.metadata.token_endpoint_auth_method;
    const authentication =
      application.secret === undefined
        ? oidc.None()
        : method === "client_secret_post"
          ? oidc.ClientSecretPost(application.secret)
          : oidc.ClientSecretBasic(application.secret);
    const metadata = { id_token_signed_response_alg: application.metadata.id_token_signed_response_alg ?? "RS256" };
    return oidc.discovery(new URL(this.issuer), application.clientId, metadata, authentication, { execute: [oidc.allowInsecureRequests] });
  }

  /** Opens the application's sign-in and asks for a code: the page that answers asks for it. */
  async askForCode(browser: Browser, request: { url: string }, address: string): Promise<Answer> {
    const page = await browser.open(request.url);
    return browser.submit(page, "/email", { email: address });
  }

  /** The whole sign-in up to the redirect to the application. */
  async signIn(browser: Browser, request: { url: string }, address: string): Promise<Answer> {
    const before = this.mail.to(address).length;
    const page = await this.askForCode(browser, request, address);
    const code = await this.mail.code(address, before + 1);
    return browser.submit(page, "/passcode", { code });
  }

  /** Redeems the authorization code of a redirect to the application. */
  redeem(request: AuthorizationRequest, answer: Answer): ReturnType<typeof oidc.authorizationCodeGrant> {
    return oidc.authorizationCodeGrant(request.config, new URL(answer.location), {
      pkceCodeVerifier: request.verifier,
      expectedState: request.state,
      ...(request.nonce === undefined ? {} : { expectedNonce: request.nonce }),
      idTokenExpected: true,
    });
  }
}

export interface AuthorizationRequest {
  config: oidc.Configuration;
  url: string;
  verifier: string;
  state: string;
  /** undefined where the request was changed to have none */
  nonce: string | undefined;
}
