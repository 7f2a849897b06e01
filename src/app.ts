// The composition root: the protocol and the web around the features of src/features.ts. The only importer of interactions/.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Middleware } from "koa";
import type Provider from "oidc-provider";
import { DeliveryStreams, interactionRoutes } from "../interactions/index.ts";
import { invitationRoutes } from "../interactions/invitation.ts";
import { passkeyRemovalRoutes } from "../interactions/passkey-removal.ts";
import { reminderRoutes } from "../interactions/reminder.ts";
import { reminderSwitchRoutes } from "../interactions/reminder-switch.ts";
import { upstreamLogoutRoutes } from "../interactions/upstream-logout.ts";
import { accountOnDemand } from "./account/on-demand.ts";
import type { OperatorAccess } from "./admin/in-process.ts";
import { adminOnDemand } from "./admin/on-demand.ts";
import { Idempotency } from "./api/idempotency.ts";
import { type Application, brandOf, type NewApplication } from "./applications/application.ts";
import { configuredProviders } from "./bounces/providers/configured.ts";
import { fetchTextBy } from "./bounces/providers/fetch-text.ts";
import { providerRoutes } from "./bounces/providers/routes.ts";
import type { FetchText } from "./bounces/providers/ses.ts";
import { type Clock, day, minute, second, systemClock } from "./clock.ts";
import type { Config } from "./configuration/config.ts";
import { settingsInEffect } from "./configuration/masked.ts";
import { consoleOnDemand } from "./console/on-demand.ts";
import { answering, emptyLog, keepStatistics, openDatabase } from "./database/database.ts";
import { alone } from "./database/lease.ts";
import { migrate } from "./database/migrate.ts";
import { asRefusal } from "./database/reachable.ts";
import { RunningSchema, requireSchema } from "./database/schema.ts";
import { type Features, wireFeatures } from "./features.ts";
import { assetRoutes } from "./http/assets.ts";
import { frontPage } from "./http/front-page.ts";
import { healthPaths, healthRoutes, type Readiness } from "./http/health.ts";
import { Inside } from "./http/inside.ts";
import { fromIssuer } from "./http/issuer.ts";
import { under } from "./http/on-demand.ts";
import { brokeOff, errorPages, requestLog, workingOnlyWithKeys } from "./http/requests.ts";
import { logoSource, noStore, securityHeaders } from "./http/security-headers.ts";
import { ofSite, switchLanguage } from "./http/site.ts";
import { closeSlowReaders } from "./http/slow-readers.ts";
import { frontDoor } from "./invitations/front-door.ts";
import { MasterKeys } from "./keys/master-keys.ts";
import { firstSealedKey, type KeySet, SigningKeys } from "./keys/signing-keys.ts";
import { Watch } from "./keys/watch.ts";
import { parseRates, type WrittenRates } from "./limits/rate.ts";
import { createLog, type Logger } from "./log.ts";
import { deviceName } from "./mail/browser-name.ts";
import { type Observe, observeSweep } from "./observations.ts";
import { type MintedToken, mintToken } from "./oidc/administrator-token.ts";
import { Artifacts } from "./oidc/artifacts.ts";
import { browserSession } from "./oidc/browser-session.ts";
import { cachedDocuments } from "./oidc/cached-documents.ts";
import { authenticateClient } from "./oidc/client-tokens.ts";
import { validateApplication } from "./oidc/clients.ts";
import { askWhoIntrospects, refuseLogoutTokenToSignOut } from "./oidc/id-token-hint.ts";
import { LiveProvider } from "./oidc/live-provider.ts";
import { deliverLogout } from "./oidc/logout-delivery.ts";
import { type FindWay, providerPages } from "./oidc/pages.ts";
import { cookieNames, createProvider } from "./oidc/provider.ts";
import { resumption } from "./oidc/resumption.ts";
import { outboundCheck, outboundFetch } from "./outbound/outbound.ts";
import { sender } from "./outbox/configured-routes.ts";
import { keptRefreshTokens } from "./outbox/refresh-token.ts";
import type { LogoutsDeps } from "./sessions/logouts.ts";
import { readTextOverrides } from "./texts/overrides.ts";
import { loadTexts } from "./texts/texts.ts";

export interface App
  extends Omit<
    Features,
    "admission" | "signIn" | "passkeySignIn" | "upstreamSignIn" | "upstreamLogout" | "knownBrowsers" | "rememberedAddresses" | "limits"
  > {
  config: Config;
  db: Knex;
  log: Logger;
  signingKeys: SigningKeys;
  masterKeys: MasterKeys;
  /** Makes this process use changed keys at once. */
  keysChanged(): Promise<void>;
  live: LiveProvider;
  /** Validates an application as oidc-provider would. @throws InputError with its message */
  validate(application: NewApplication): Promise<void>;
  /** The administration API, for an operator with a shell. */
  admin: OperatorAccess;
  /** An access token for the administration API, as the application would get with its secret. @throws InputError */
  mintToken(application: Application, scopes: string[]): Promise<MintedToken>;
  /** Removes what has expired; run it now and then. */
  sweep(): Promise<void>;
  /** Answers /readyz with 503 from now on, and ends streamed answers. */
  drain(): void;
  close(): Promise<void>;
}

/** Dependencies of one process; the defaults are the system's. */
export interface Surroundings {
  clock: Clock;
  log: Logger;
  /** Reads what mail providers publish on the internet: their certificates. */
  fetchText: FetchText;
}

/**
 * Opens the database and wires everything. Nothing listens and no mail is sent until the caller says so.
 * @param migrates brings the schema up to date; otherwise it is used as it is, or refused
 * @throws InputError if the database is not one that this version can work with
 */
export async function createApp(
  config: Config,
  given: Partial<Surroundings> = {},
  { migrates }: { migrates: boolean } = { migrates: false },
): Promise<App> {
  const surroundings = {
    clock: given.clock ?? systemClock,
    log: given.log ?? createLog(config.logLevel),
    fetchText: given.fetchText ?? fetchTextBy(outboundFetch(config.allowedNetworks)),
  };
  const db = openDatabase(config.database, !migrates);
  try {
    if (migrates) await migrate(db);
    else await requireSchema(db);
    return await compose(config, db, surroundings);
  } catch (error) {
    await db.destroy();
    throw asRefusal(error) ?? error;
  }
}

async function compose(config: Config, db: Knex, { clock, log, fetchText }: Surroundings): Promise<App> {
  const masterKeys = new MasterKeys({
    db,
    clock,
    log,
    masters: [config.secret, ...config.previousSecrets],
    lasts: {
      session: config.session.absoluteDays * day,
      interaction: config.interaction.minutes * minute,
      longestLimit: Math.max(day, ...Object.values(config.limits).flatMap((rates) => parseRates(rates).map(({ period }) => period))),
    },
  });
  await masterKeys.start(await firstSealedKey(db));
  const { secrets } = masterKeys;
  const lookForKeys = () => watch.look();
  const texts = loadTexts(readTextOverrides(config.texts));
  const artifacts = new Artifacts({ db, clock, tell: (trx, logout) => logouts.enqueue(trx, logout) });
  const instance = randomUUID();
  const idempotency = new Idempotency({ db, clock, instance });
  const metrics = config.metrics.token && (await import("./metrics/endpoint.ts")).openMetrics(config.metrics.token);
  const observe: Observe = metrics ? metrics.observe : () => undefined;
  const deliver: LogoutsDeps["deliver"] = (logout) => deliverLogout(live.now, logout);
  const inside = new Inside((request, response) => live.handle(request, response));
  const features = wireFeatures({
    config,
    askSelf: inside.fetch,
    db,
    clock,
    log,
    secrets,
    lookForKeys,
    texts,
    artifacts,
    idempotency,
    instance,
    knownSecrets: masterKeys.knownNames,
    observe,
    deliver,
  });
  const { admission, applications, audit, bounces, guests, invitations, logouts, outbox, passcodes, reminders, returnPaths } = features;
  const { mailboxes, routes, sessions, signIn } = features;
  const { absoluteDays: sessionDays } = config.session;
  const signingKeys = new SigningKeys({ db, clock, audit, vault: secrets.signingKeys, settings: config.keys, sessionDays });
  masterKeys.reseals(signingKeys);
  masterKeys.reseals(features.webhooks);
  masterKeys.reseals(features.upstreams);
  masterKeys.reseals(keptRefreshTokens(db, secrets.mailTokens));
  if (await signingKeys.isNew()) await audit.begin();
  const { webhookSecret } = config.bounces;
  const providers = configuredProviders(config, fetchText, clock);
  const closing = new AbortController();
  const findWay: FindWay = async (clientId) => {
    const application = await applications.find(clientId);
    return application && { brand: brandOf(application), link: frontDoor(application, config.issuer) };
  };
  const schema = new RunningSchema({ db, log });
  let fits = true;
  const databaseAnswers = answering(async () => {
    fits = await schema.fits();
    // A sign-in begins by counting, so it cannot use a database that is read-only or whose disk is full.
    if (fits) await features.limits.probe();
  });
  const ready = async (): Promise<Readiness> => {
    if (!masterKeys.isKnown) return { ready: false, reason: "the database is written under a secret that this instance does not know" };
    if (closing.signal.aborted || !(await databaseAnswers())) return { ready: false };
    return fits ? { ready: true } : { ready: false, reason: "the database needs a newer version of Guestpass" };
  };
  const https = config.issuer.startsWith("https:");
  const open = [...healthPaths, ...(metrics ? [metrics.path] : [])];
  const middleware: Middleware[] = [
    closeSlowReaders(config.timeouts.answerSeconds),
    logoSource,
    securityHeaders({ https }),
    noStore,
    requestLog(log, observe),
    ofSite({ organisation: config.organisation, support: config.mail.support, privacy: config.privacyUrl, languages: texts.languages }),
    errorPages(log, texts),
    fromIssuer({
      issuer: config.issuer,
      trustedProxies: config.trustedProxies,
      countryHeader: config.countryHeader,
      inside: (request) => inside.made(request),
      open,
    }),
    switchLanguage(texts.languages),
    workingOnlyWithKeys(() => masterKeys.isKnown, open),
    refuseLogoutTokenToSignOut,
    askWhoIntrospects,
    artifacts.storeTogether,
    resumption(artifacts, cookieNames(https)),
    cachedDocuments,
  ];
  const routers = [
    healthRoutes({ ready, mailRoutes: () => routes.health, token: config.metrics.token }),
    assetRoutes(),
    frontPage({ texts, organisation: config.organisation }),
    invitationRoutes({
      invitations,
      applications,
      knownBrowsers: features.knownBrowsers,
      texts,
      formKey: secrets.forms,
      issuer: config.issuer,
    }),
    reminderRoutes({ applications, issuer: config.issuer }),
    reminderSwitchRoutes({ reminderSwitch: features.reminderSwitch, texts, organisation: config.organisation }),
    passkeyRemovalRoutes({ passkeys: features.passkeys, texts, deviceName }),
    upstreamLogoutRoutes(features),
    interactionRoutes({
      provider: () => live.now,
      isAnswered: (uid) => artifacts.isAnswered(uid),
      fateOf: (uid) => artifacts.fateOf(uid),
      signIn,
      passkeySignIn: features.passkeySignIn,
      upstreamSignIn: features.upstreamSignIn,
      knownBrowsers: features.knownBrowsers,
      applications,
      consents: features.consents,
      guests,
      invitations,
      access: features.access,
      rememberedAddresses: features.rememberedAddresses,
      ruleFor: (application) => admission.ruleFor(application),
      isKeptSignedIn: async (ctx) => (await browserSession(live.now, ctx))?.kept ?? false,
      suspendedSince: async (sub) => (await audit.list({ guestSub: sub, action: "guest.suspended" }, 1)).entries[0]?.at,
      texts,
      formKey: secrets.forms,
      organisation: config.organisation,
      support: config.mail.support,
      sender: sender(config).address,
      mailComesBack: returnPaths !== undefined || webhookSecret !== undefined || providers.length > 0,
      clock,
      streams: new DeliveryStreams(),
      closing: closing.signal,
    }),
  ];
  const admin = adminOnDemand({
    ...features,
    signingKeys,
    keysChanged: () => watch.look(),
    db,
    clock,
    log,
    texts,
    idempotency,
    configuration: settingsInEffect(config),
    rates: config.limits,
    issuer: config.issuer,
    hasConsole: config.console !== "off",
    validate: (application) => validateApplication(live.now, application),
    preview: async (application, options) => {
      const [{ previewsOf }, { sampleScreens }] = await Promise.all([import("./preview.ts"), import("../interactions/samples.ts")]);
      return previewsOf(application, options, { config, texts, screens: sampleScreens, now: clock.now() });
    },
    unreachable: outboundCheck(config.allowedNetworks),
    authenticate: authenticateClient(() => live.now, applications),
  });
  if (webhookSecret !== undefined) {
    const { bounceRoutes } = await import("./bounces/webhook.ts");
    routers.push(bounceRoutes({ bounces, secret: webhookSecret, mailIn: (address) => returnPaths?.mailIn(address) }));
  }
  if (providers.length > 0) {
    const mailTakenAs = async (recipient: string, id: string) => (await outbox.takenAs(recipient, id))?.id;
    routers.push(providerRoutes({ bounces, providers, log, mailIn: (address) => returnPaths?.mailIn(address), mailTakenAs }));
  }
  if (metrics) {
    const mail = {
      outbox: () => outbox.waiting(),
      undeliverable: () => mailboxes.countUndeliverable(),
      audit: () => audit.height(),
      mailRoutes: () => routes.health,
    };
    routers.push(metrics.routes({ ...mail, signingKeys: () => signingKeys.list() }));
  }
  const pages = [under("/admin", async () => (await admin()).routers)];
  pages.push(
    under(
      "/account",
      accountOnDemand({
        ...features,
        clock,
        texts,
        formKey: secrets.forms,
        organisation: config.organisation,
        support: config.mail.support,
        erasure: config.guests.erasure,
        addressChanges: config.guests.addressChanges === "on",
        issuer: config.issuer,
        sessionIn: (ctx) => browserSession(live.now, ctx),
      }),
    ),
  );
  if (config.console !== "off") {
    const { limits } = features;
    const { consoleTriesPerNetwork, consoleRequestsPerAdministrator } = config.limits;
    const counting = (limit: string, rates: WrittenRates) => {
      const parsed = parseRates(rates);
      return async (subject: string) => {
        const refused = await limits.take([{ limit, rates: parsed, subject }]);
        return refused && Math.ceil(refused.wait / second);
      };
    };
    const load = consoleOnDemand(
      {
        administrators: features.administrators,
        provider: features.provider,
        clock,
        key: secrets.console,
        base: config.console,
        issuer: config.issuer,
        organisation: config.organisation,
        tooManyTries: counting("console-try", consoleTriesPerNetwork),
        tooManyRequests: counting("console-request", consoleRequestsPerAdministrator),
      },
      admin,
    );
    pages.push(under(config.console, load));
  }
  const build = (keys: KeySet): Provider => {
    const built = createProvider({
      config,
      artifacts,
      clock,
      log,
      secrets,
      signingKeys: keys,
      applications,
      refusals: features.refusals,
      consents: features.consents,
      guests,
      admission,
      languages: texts.languages,
      pages: providerPages(texts, findWay),
    });
    // fromIssuer writes the forwarded headers itself, so they can be trusted.
    built.proxy = true;
    built.onerror = brokeOff(log);
    if (metrics) metrics.watch(built);
    for (const each of middleware) built.use(each as never);
    for (const router of routers) built.use(router.routes() as never);
    for (const each of pages) built.use(each as never);
    return built;
  };
  const live: LiveProvider = new LiveProvider(build, await signingKeys.load());
  const changed = async () => {
    if (await masterKeys.apply()) live.replace(await signingKeys.load());
  };
  const watch = new Watch({ version: () => masterKeys.version(), changed, log }, await masterKeys.version());
  watch.run();

  return {
    ...features,
    config,
    db,
    log,
    signingKeys,
    masterKeys,
    keysChanged: () => watch.look(),
    live,
    validate: (application) => validateApplication(live.now, application),
    admin: async (id, request) => (await admin()).operator(id, request),
    mintToken: (application, scopes) => mintToken({ provider: live.now, db, audit }, application, scopes),
    sweep: () =>
      observeSweep(observe, async () => {
        if (!(await schema.fits())) return;
        // Only this process knows the state of its own routes and keys.
        await features.alerts.sweep();
        await signingKeys.tend();
        await masterKeys.sweep();
        await alone(db, clock, { work: "sweep", span: sweepEvery }, async () => {
          const { aliases, limits, refusals, administrators, passkeys, webhooks, jobs, domainProofs } = features;
          const parts = [
            artifacts,
            aliases,
            passcodes,
            outbox,
            bounces,
            idempotency,
            limits,
            logouts,
            reminders,
            refusals,
            administrators,
            passkeys,
            webhooks,
            jobs,
            domainProofs,
          ];
          for (const part of parts) await part.sweep();
          await audit.seal();
          await keepStatistics(db);
          await emptyLog(db);
        });
      }),
    drain: () => closing.abort(),
    close: async () => {
      await watch.stop();
      await audit.stop();
      await features.jobs.stop();
      await sessions.stop();
      await logouts.stop();
      await features.webhooks.stop();
      await features.refusals.stop();
      await outbox.stop();
      await db.destroy();
    },
  };
}

export const sweepEvery = 10 * minute;
