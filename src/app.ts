// The composition root: the only file that knows every part, and the only importer of interactions/.
import type { Knex } from "knex";
import type Provider from "oidc-provider";
import { interactionRoutes } from "../interactions/index.ts";
import { invitationRoutes } from "../interactions/invitation.ts";
import { Idempotency } from "./admin/idempotency.ts";
import { adminOperations } from "./admin/operations.ts";
import { type OperatorAccess, operatorAccess } from "./admin/operator.ts";
import { referenceRoutes } from "./admin/reference.ts";
import { adminRoutes, unknownAdminRoutes } from "./admin/router.ts";
import { Throttle } from "./admin/throttle.ts";
import { Admission } from "./admission/admission.ts";
import type { Application, NewApplication } from "./applications/application.ts";
import { Applications } from "./applications/applications.ts";
import { Audit } from "./audit/audit.ts";
import { type Clock, minute, systemClock } from "./clock.ts";
import type { Config } from "./config.ts";
import { type Db, isEmbedded, migrate, openDatabase } from "./database.ts";
import { addressesChangedDraft, invitationDraft, signInDraft } from "./drafts.ts";
import { Aliases } from "./guests/aliases.ts";
import { Guests } from "./guests/guests.ts";
import { GuestLifeCycle } from "./guests/life-cycle.ts";
import { assetRoutes } from "./http/assets.ts";
import { healthPaths, healthRoutes } from "./http/health.ts";
import { fromIssuer } from "./http/issuer.ts";
import { errorPages, requestLog } from "./http/requests.ts";
import { formAction, noStore, securityHeaders } from "./http/security-headers.ts";
import { Invitations } from "./invitations/invitations.ts";
import { Invitees } from "./invitations/invitees.ts";
import { Listener } from "./listener.ts";
import { createLog, type Logger } from "./log.ts";
import { addressOf, domainOf, mailRoutes } from "./mail-routes.ts";
import { type MintedToken, mintToken } from "./oidc/administrator-token.ts";
import { Artifacts } from "./oidc/artifacts.ts";
import { authenticateClient } from "./oidc/client-tokens.ts";
import { validateApplication } from "./oidc/clients.ts";
import { logoutDelivery, queueFailedLogouts } from "./oidc/logout-delivery.ts";
import { providerPages } from "./oidc/pages.ts";
import { createProvider } from "./oidc/provider.ts";
import { loadSigningKeys } from "./oidc/signing-keys.ts";
import { Outbox } from "./outbox/outbox.ts";
import { Routes } from "./outbox/routes.ts";
import { Passcodes } from "./passcodes/passcodes.ts";
import { WhatIf } from "./reverification/what-if.ts";
import { deriveSecrets } from "./secrets.ts";
import { Logouts } from "./sessions/logouts.ts";
import { Sessions } from "./sessions/sessions.ts";
import { SettingsService } from "./settings/settings.ts";
import { SignIn } from "./sign-in/sign-in.ts";
import { readTextOverrides } from "./text-overrides.ts";
import { loadTexts } from "./texts.ts";

export interface App {
  config: Config;
  db: Knex;
  log: Logger;
  guests: Guests;
  aliases: Aliases;
  lifeCycle: GuestLifeCycle;
  applications: Applications;
  invitations: Invitations;
  settings: SettingsService;
  audit: Audit;
  passcodes: Passcodes;
  outbox: Outbox;
  sessions: Sessions;
  logouts: Logouts;
  routes: Routes;
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
  /** Answers /readyz with 503 from now on. */
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
  const audit = new Audit({ db, clock, key: secrets.audit });
  // A change looks at sessions again; sessions know what a change is about.
  const recheck = (trx: Db, sub: string) => sessions.recheck(trx, sub);
  const recheckAll = (trx: Db) => sessions.recheckAll(trx);
  const settings = new SettingsService({ db, clock, audit, recheckAll });
  const guests = new Guests({ db, clock, audit, recheck });
  const applications = new Applications({ db, clock, audit, recheckAll });
  const passcodes = new Passcodes({ db, clock, key: secrets.passcodes, policy: config.passcode });
  const routes = new Routes({ clock, routes: mailRoutes(config) });
  const outbox = new Outbox({
    db,
    clock,
    log,
    routes,
    domain: domainOf(config.mail.from),
    listen: config.database.url.startsWith("sqlite:")
      ? undefined
      : (channel, heard) => new Listener({ url: config.database.url, channel, heard, log }),
    onAccepted: async (mail) => {
      const withCode = mail.kind === "passcode" || mail.kind === "not-admitted";
      if (withCode && mail.subjectId) await passcodes.handedOver(mail.subjectId);
    },
  });
  const artifacts = new Artifacts({ db, clock, alone: isEmbedded(db) });
  const idempotency = new Idempotency({ db, clock });
  const drafts = { config, texts, secrets, clock };
  const invitations: Invitations = new Invitations({
    db,
    clock,
    guests,
    audit,
    recheck,
    key: secrets.invitations,
    origin: config.issuer,
    allowsDomain: (application, domain) => admission.allowsInviting(application, domain),
    enqueue: (trx, notice) => outbox.enqueue(trx, invitationDraft(notice, drafts)),
  });
  const admission = new Admission({ clock, guests, invitations, settings });
  const logouts: Logouts = new Logouts({ db, clock, log, audit, deliver: (logout) => deliver(logout) });
  const sessions: Sessions = new Sessions({
    db,
    clock,
    log,
    audit,
    guests,
    applications,
    admission,
    settings,
    logouts,
    evict: () => artifacts.evict(),
  });
  const aliases = new Aliases({
    db,
    clock,
    audit,
    recheck,
    notify: (trx, guest, recipient) => outbox.enqueue(trx, addressesChangedDraft(guest, recipient, drafts)),
  });
  const lifeCycle = new GuestLifeCycle({
    db,
    clock,
    audit,
    forget: async (trx, subs, addresses) => {
      for (const sub of subs) await recheck(trx, sub);
      await artifacts.forget(trx, subs, addresses);
      artifacts.evict();
      await passcodes.forget(trx, addresses);
      await invitations.forget(trx, addresses);
      await outbox.forget(trx, addresses);
      await idempotency.forget(trx, subs, addresses);
    },
    move: async (trx, lostSub, sub) => {
      await invitations.move(trx, lostSub, sub);
      await recheck(trx, lostSub);
    },
  });
  const signIn = new SignIn({
    db,
    guests,
    passcodes,
    invitations,
    admission,
    audit,
    enqueue: (trx, mail) => outbox.enqueue(trx, signInDraft(mail, drafts)),
  });
  const provider = createProvider({
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

  const deliver = logoutDelivery(provider);
  queueFailedLogouts(provider, db, logouts, log);

  let draining = false;
  const ready = async () => !draining && (await answers(db));
  // fromIssuer writes the forwarded headers itself, so that they can be believed.
  provider.proxy = true;
  provider.use(formAction);
  provider.use(securityHeaders({ https: config.issuer.startsWith("https:") }));
  provider.use(noStore);
  provider.use(requestLog(log));
  provider.use(errorPages(log, texts));
  provider.use(fromIssuer({ issuer: config.issuer, trustedProxies: config.trustedProxies, open: healthPaths }));
  // A client that went away, or that was cut off: Koa would print it.
  provider.onerror = (error) => log.warn({ err: error }, "a request broke off");
  provider.use(artifacts.storeTogether);
  const sender = addressOf(config.mail.from);
  const routers = [
    healthRoutes({ ready, mailRoutes: () => routes.health }),
    assetRoutes(),
    invitationRoutes({ invitations, applications, texts, formKey: secrets.forms, issuer: config.issuer }),
    interactionRoutes({
      provider,
      signIn,
      applications,
      guests,
      texts,
      formKey: secrets.forms,
      organisation: config.organisation,
      sender,
      digits: config.passcode.digits,
    }),
  ];
  const throttle = new Throttle({ db, clock, key: secrets.forms });
  const operations = adminOperations({
    clock,
    guests,
    aliases,
    lifeCycle,
    invitations,
    invitees: new Invitees({ db }),
    applications,
    settings,
    admission,
    sessions,
    whatIf: new WhatIf({ db, clock, settings }),
    audit,
    validate: (application) => validateApplication(provider, application),
    throttleMail: (clientId, address) => throttle.mail(clientId, address),
  });
  routers.push(
    referenceRoutes({ operations, issuer: config.issuer, texts }),
    adminRoutes({
      operations,
      idempotency,
      authenticate: authenticateClient(provider, applications),
      throttle: (clientId) => throttle.request(clientId),
    }),
    unknownAdminRoutes(),
  );
  for (const router of routers) provider.use(router.routes() as never);

  return {
    config,
    db,
    log,
    guests,
    aliases,
    lifeCycle,
    applications,
    invitations,
    settings,
    audit,
    passcodes,
    outbox,
    sessions,
    logouts,
    routes,
    provider,
    validate: (application) => validateApplication(provider, application),
    admin: operatorAccess(operations),
    mintToken: (application, scopes) => mintToken({ provider, db, audit }, application, scopes),
    sweep: async () => {
      await artifacts.sweep();
      await passcodes.sweep();
      await outbox.sweep();
      await idempotency.sweep();
      await throttle.sweep();
      await logouts.sweep();
      await audit.seal();
    },
    drain: () => {
      draining = true;
    },
    close: async () => {
      await sessions.stop();
      await logouts.stop();
      await outbox.stop();
      await db.destroy();
    },
  };
}

export const sweepEvery = 10 * minute;

async function answers(db: Knex): Promise<boolean> {
  try {
    await db.raw("SELECT 1");
    return true;
  } catch {
    return false;
  }
}
