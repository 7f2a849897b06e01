// The composition root: the only file that knows every part, and the only importer of interactions/.
import type { Knex } from "knex";
import type Provider from "oidc-provider";
import { interactionRoutes } from "../interactions/index.ts";
import type { Application } from "./applications/application.ts";
import { Applications } from "./applications/applications.ts";
import { type Clock, minute, systemClock } from "./clock.ts";
import type { Config } from "./config.ts";
import { isEmbedded, migrate, openDatabase } from "./database.ts";
import { Guests } from "./guests/guests.ts";
import { assetRoutes } from "./http/assets.ts";
import { reference } from "./http/forms.ts";
import { healthPaths, healthRoutes } from "./http/health.ts";
import { fromIssuer } from "./http/issuer.ts";
import { errorPages, requestLog } from "./http/requests.ts";
import { formAction, noStore, securityHeaders } from "./http/security-headers.ts";
import { createLog, type Logger } from "./log.ts";
import { notAdmittedMail } from "./mail/not-admitted.ts";
import { passcodeMail } from "./mail/passcode.ts";
import { senderIn } from "./mail/sender.ts";
import { Artifacts } from "./oidc/artifacts.ts";
import { validateApplication } from "./oidc/clients.ts";
import { providerPages } from "./oidc/pages.ts";
import { createProvider } from "./oidc/provider.ts";
import { loadSigningKeys } from "./oidc/signing-keys.ts";
import { Outbox } from "./outbox/outbox.ts";
import { Transport } from "./outbox/transport.ts";
import { Passcodes } from "./passcodes/passcodes.ts";
import { deriveSecrets, type Secrets } from "./secrets.ts";
import { SignIn, type SignInMail } from "./sign-in/sign-in.ts";
import { readTextOverrides } from "./text-overrides.ts";
import { chooseLanguage, loadTexts, type Texts } from "./texts.ts";

export interface App {
  config: Config;
  db: Knex;
  log: Logger;
  guests: Guests;
  applications: Applications;
  passcodes: Passcodes;
  outbox: Outbox;
  transport: Transport;
  /** Also the Koa application. */
  provider: Provider;
  /** Validates an application as oidc-provider would, then stores it. */
  register(application: Application): Promise<void>;
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
  const guests = new Guests({ db, clock });
  const applications = new Applications({ db, clock });
  const passcodes = new Passcodes({ db, clock, key: secrets.passcodes, policy: config.passcode });
  const transport = new Transport({ smtpUrl: config.mail.smtpUrl, from: config.mail.from });
  const outbox = new Outbox({
    db,
    clock,
    log,
    transport,
    domain: domainOf(config.mail.from),
    onAccepted: async (mail) => {
      if (mail.subjectId) await passcodes.handedOver(mail.subjectId);
    },
  });
  const signIn = new SignIn({
    db,
    guests,
    passcodes,
    enqueue: (trx, mail) => outbox.enqueue(trx, draft(mail, { config, texts, secrets, clock })),
  });
  const artifacts = new Artifacts({ db, clock, alone: isEmbedded(db) });
  const provider = createProvider({
    config,
    artifacts,
    clock,
    log,
    secrets,
    signingKeys: await loadSigningKeys({ db, clock, secret: secrets.signingKeys }),
    applications,
    guests,
    languages: texts.languages,
    pages: providerPages(texts),
  });

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
    healthRoutes({ ready }),
    assetRoutes(),
    interactionRoutes({ provider, signIn, applications, guests, texts, formKey: secrets.forms, sender, digits: config.passcode.digits }),
  ];
  for (const router of routers) provider.use(router.routes() as never);

  return {
    config,
    db,
    log,
    guests,
    applications,
    passcodes,
    outbox,
    transport,
    provider,
    register: async (application) => {
      await validateApplication(provider, application);
      await applications.add(application);
    },
    sweep: async () => {
      await artifacts.sweep();
      await passcodes.sweep();
      await outbox.sweep();
    },
    drain: () => {
      draining = true;
    },
    close: async () => {
      await outbox.stop();
      await db.destroy();
    },
  };
}

export const sweepEvery = 10 * minute;

/** A mail that the sign-in wants sent, written out for the outbox. */
function draft(mail: SignInMail, { config, texts, secrets, clock }: { config: Config; texts: Texts; secrets: Secrets; clock: Clock }) {
  const { interaction, application, applicationLanguage, language: screens, userAgent } = mail.context;
  const language = applicationLanguage ?? chooseLanguage(texts.languages, [mail.locale ?? screens, screens]);
  const setting = { ...senderIn(language, texts, config), application: application.name };
  const asked = { at: clock.now(), userAgent, reference: reference(secrets.forms, interaction) };
  const base = { kind: mail.kind, subjectId: mail.passcodeId, recipient: mail.recipient, expiresAt: mail.expiresAt };
  if (mail.kind === "not-admitted") return { ...base, content: notAdmittedMail({ asked }, setting) };
  const link = `${config.issuer}/interaction/${interaction}#code=${mail.code}`;
  const content = passcodeMail({ code: mail.code, minutes: config.passcode.minutes, link, asked }, setting);
  return { ...base, content };
}

async function answers(db: Knex): Promise<boolean> {
  try {
    await db.raw("SELECT 1");
    return true;
  } catch {
    return false;
  }
}

/** The address in "Name <address>". */
function addressOf(from: string): string {
  return /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from;
}

function domainOf(from: string): string {
  return addressOf(from).split("@")[1] ?? "localhost";
}
