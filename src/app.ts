// The composition root: the protocol and the web around the features of src/features.ts. The only importer of interactions/.
import type { Knex } from "knex";
import type Provider from "oidc-provider";
import { DeliveryStreams, interactionRoutes } from "../interactions/index.ts";
import { invitationRoutes } from "../interactions/invitation.ts";
import { reminderRoutes } from "../interactions/reminder.ts";
import { Idempotency } from "./admin/idempotency.ts";
import { adminOnDemand } from "./admin/on-demand.ts";
import type { OperatorAccess } from "./admin/operator.ts";
import { Throttle } from "./admin/throttle.ts";
import type { Application, NewApplication } from "./applications/application.ts";
import { type Clock, minute, systemClock } from "./clock.ts";
import type { Config } from "./config.ts";
import { answering, emptyLog, isEmbedded, migrate, openDatabase } from "./database.ts";
import { type Features, wireFeatures } from "./features.ts";
import { assetRoutes } from "./http/assets.ts";
import { frontPage } from "./http/front-page.ts";
import { healthPaths, healthRoutes } from "./http/health.ts";
import { fromIssuer } from "./http/issuer.ts";
import { under } from "./http/on-demand.ts";
import { errorPages, requestLog } from "./http/requests.ts";
import { formAction, logoSource, noStore, securityHeaders } from "./http/security-headers.ts";
import { createLog, type Logger } from "./log.ts";
import { sender } from "./mail-routes.ts";
import { type Observe, observeSweep } from "./observations.ts";
import { type MintedToken, mintToken } from "./oidc/administrator-token.ts";
import { Artifacts } from "./oidc/artifacts.ts";
import { authenticateClient } from "./oidc/client-tokens.ts";
import { validateApplication } from "./oidc/clients.ts";
import { deliverLogout } from "./oidc/logout-delivery.ts";
import { providerPages } from "./oidc/pages.ts";
import { createProvider } from "./oidc/provider.ts";
import { loadSigningKeys } from "./oidc/signing-keys.ts";
import { deriveSecrets } from "./secrets.ts";
import type { LogoutsDeps } from "./sessions/logouts.ts";
import { readTextOverrides } from "./text-overrides.ts";
import { loadTexts } from "./texts.ts";

export interface App extends Omit<Features, "admission" | "signIn" | "limits"> {
  config: Config;
  db: Knex;
  log: Logger;
  /** Also the Koa application. */
  provider: Provider;
  /** Validates an application as oidc-provider would. @throws InputError with its message */
  validate(application: NewApplication): Promise<void>;
  /** The administration API, for an operator with a shell. */
  admin: OperatorAccess;
  /** An access token for the administration API, as the application would get with its secret. @throws InputError */
  mintToken(application: Application, scopes: string[]): Promise<MintedToken>;
  /** Removes what has expired; run it now and then. */
  sweep(): Promise<void>;
  /** Answers /readyz with 503 from now on, and ends the answers that go on and on. */
  drain(): void;
  close(): Promise<void>;
}

/** Opens the database, brings it up to date and wires everything. Nothing listens and no mail is sent until the caller says so. */
export async function createApp(
  config: Config,
  { clock = systemClock, log = createLog(config.logLevel) }: { clock?: Clock; log?: Logger } = {},
): Promise<App> {
  const db = openDatabase(config.database);
  try {
    await migrate(db);
    return await compose(config, db, { clock, log });
  } catch (error) {
    await db.destroy();
    throw error;
  }
}

async function compose(config: Config, db: Knex, { clock, log }: { clock: Clock; log: Logger }): Promise<App> {
  const secrets = deriveSecrets(config.secret);
  const texts = loadTexts(readTextOverrides(config.texts));
  const artifacts = new Artifacts({ db, clock, alone: isEmbedded(db), tell: (trx, logout) => logouts.enqueue(trx, logout) });
  const idempotency = new Idempotency({ db, clock });
  const metrics = config.metrics.token && (await import("./metrics/endpoint.ts")).openMetrics(config.metrics.token);
  const observe: Observe = metrics ? metrics.observe : () => undefined;
  const deliver: LogoutsDeps["deliver"] = (logout) => deliverLogout(provider, logout);
  const features = wireFeatures({ config, db, clock, log, secrets, texts, artifacts, idempotency, observe, deliver });
  const { admission, applications, audit, bounces, guests, invitations, logouts, outbox, passcodes, reminders, returnPaths } = features;
  const { mailboxes, routes, sessions, signIn } = features;
  const provider: Provider = createProvider({
    config,
    artifacts,
    clock,
    log,
    secrets,
    signingKeys: await loadSigningKeys({ db, clock, secret: secrets.signingKeys }),
    applications,
    guests,
    admission,
    languages: texts.languages,
    pages: providerPages(texts),
  });

  const { webhookSecret } = config.bounces;
  const closing = new AbortController();
  // A sign-in begins by counting: a database that only reads, or whose disk is full, is no use to it.
  const databaseAnswers = answering(() => features.limits.probe());
  const ready = async () => !closing.signal.aborted && (await databaseAnswers());
  // fromIssuer writes the forwarded headers itself, so that they can be believed.
  provider.proxy = true;
  provider.use(formAction);
  provider.use(logoSource);
  provider.use(securityHeaders({ https: config.issuer.startsWith("https:") }));
  provider.use(noStore);
  provider.use(requestLog(log, observe));
  provider.use(errorPages(log, texts));
  provider.use(
    fromIssuer({
      issuer: config.issuer,
      trustedProxies: config.trustedProxies,
      countryHeader: config.countryHeader,
      open: [...healthPaths, ...(metrics ? [metrics.path] : [])],
    }),
  );
  // A client that went away, or that was cut off: Koa would print it.
  provider.onerror = (error) => log.warn({ err: error }, "a request broke off");
  provider.use(artifacts.storeTogether);
  const routers = [
    healthRoutes({ ready, mailRoutes: () => routes.health }),
    assetRoutes(),
    frontPage({ texts, organisation: config.organisation }),
    invitationRoutes({ invitations, applications, texts, formKey: secrets.forms, issuer: config.issuer }),
    reminderRoutes({ applications, issuer: config.issuer }),
    interactionRoutes({
      provider,
      signIn,
      applications,
      guests,
      texts,
      formKey: secrets.forms,
      organisation: config.organisation,
      sender: sender(config).address,
      mailComesBack: returnPaths !== undefined || webhookSecret !== undefined,
      digits: config.passcode.digits,
      clock,
      streams: new DeliveryStreams(),
      closing: closing.signal,
    }),
  ];
  const admin = adminOnDemand({
    ...features,
    db,
    clock,
    texts,
    idempotency,
    throttle: new Throttle({ limits: features.limits, rates: config.limits }),
    issuer: config.issuer,
    validate: (application) => validateApplication(provider, application),
    authenticate: authenticateClient(provider, applications),
  });
  if (webhookSecret !== undefined) {
    const { bounceRoutes } = await import("./bounces/webhook.ts");
    routers.push(bounceRoutes({ bounces, secret: webhookSecret, mailIn: (address) => returnPaths?.mailIn(address) }));
  }
  if (metrics) {
    const mail = { outbox: () => outbox.waiting(), undeliverable: () => mailboxes.countUndeliverable(), mailRoutes: () => routes.health };
    routers.push(metrics.routes({ provider, ...mail }));
  }
  for (const router of routers) provider.use(router.routes() as never);
  provider.use(under("/admin", async () => (await admin()).routers));

  return {
    ...features,
    config,
    db,
    log,
    provider,
    validate: (application) => validateApplication(provider, application),
    admin: async (id, request) => (await admin()).operator(id, request),
    mintToken: (application, scopes) => mintToken({ provider, db, audit }, application, scopes),
    sweep: () =>
      observeSweep(observe, async () => {
        for (const part of [artifacts, passcodes, outbox, features.alerts, idempotency, features.limits, logouts, reminders])
          await part.sweep();
        await audit.seal();
        await emptyLog(db);
      }),
    drain: () => closing.abort(),
    close: async () => {
      await sessions.stop();
      await logouts.stop();
      await outbox.stop();
      await db.destroy();
    },
  };
}

export const sweepEvery = 10 * minute;
