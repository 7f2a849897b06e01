// Wires the features together. src/app.ts puts the web and the protocol around them.
import { hash, randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { Administrators } from "./administrators/administrators.ts";
import { Provider } from "./administrators/provider.ts";
import { AccessExplainer } from "./admission/access.ts";
import { Admission } from "./admission/admission.ts";
import { allowsDomain } from "./admission/domains.ts";
import { DueGuests } from "./admission/due-guests.ts";
import { Alerts } from "./alerts/alerts.ts";
import type { Idempotency } from "./api/idempotency.ts";
import { Applications } from "./applications/applications.ts";
import { ownPage } from "./applications/own-page.ts";
import { Refusals } from "./applications/refusals.ts";
import { Trials, type TrialsDeps } from "./applications/trials.ts";
import { Audit } from "./audit/audit.ts";
import { Bounces, type BouncesDeps } from "./bounces/bounces.ts";
import { ReturnPaths } from "./bounces/return-path.ts";
import { announcer } from "./changes/changes.ts";
import { consequencesOf } from "./changes/consequences.ts";
import { type Clock, minute, second } from "./clock.ts";
import type { Config } from "./configuration/config.ts";
import { Consents } from "./consents/consents.ts";
import { isEmbedded } from "./database/database.ts";
import { Listener } from "./database/listener.ts";
import {
  addressesChangedDraft,
  administratorDraft,
  alertDraft,
  invitationDraft,
  newAddressDraft,
  passkeyDraft,
  reminderDraft,
  signInDraft,
} from "./drafts.ts";
import { Events } from "./events/events.ts";
import { Webhooks, type WebhooksDeps } from "./events/webhooks.ts";
import { Aliases } from "./guests/aliases.ts";
import { Guests } from "./guests/guests.ts";
import { GuestLifeCycle } from "./guests/life-cycle.ts";
import { Mailboxes } from "./guests/mailboxes.ts";
import { Invitations } from "./invitations/invitations.ts";
import { Invitees } from "./invitations/invitees.ts";
import { Jobs } from "./jobs/jobs.ts";
import { Limits } from "./limits/limits.ts";
import { MailLimits } from "./limits/mail-limits.ts";
import { Turns } from "./limits/turns.ts";
import type { Logger } from "./log.ts";
import type { Observe } from "./observations.ts";
import type { Artifacts } from "./oidc/artifacts.ts";
import { upstreamSessionModel, upstreamSessionName } from "./oidc/upstream-session.ts";
import { askOperators, askOthers, outboundFetch } from "./outbound/outbound.ts";
import { AccessTokens, type OAuth2Settings, type TokenFetch } from "./outbox/access-token.ts";
import { mailRoutes, sender } from "./outbox/configured-routes.ts";
import { Outbox } from "./outbox/outbox.ts";
import { RefreshToken } from "./outbox/refresh-token.ts";
import { Routes } from "./outbox/routes.ts";
import { Passcodes } from "./passcodes/passcodes.ts";
import { Ceremonies } from "./passkeys/ceremonies.ts";
import { Challenges } from "./passkeys/challenges.ts";
import { GuestPasskeys } from "./passkeys/passkeys.ts";
import { ReminderSwitch } from "./reverification/reminder-switch.ts";
import { Reminders } from "./reverification/reminders.ts";
import type { Secrets } from "./secrets.ts";
import { Logouts, type LogoutsDeps } from "./sessions/logouts.ts";
import { Sessions } from "./sessions/sessions.ts";
import { SettingsService } from "./settings/settings.ts";
import { KnownBrowsers } from "./sign-in/known-browsers.ts";
import { NewAddress } from "./sign-in/new-address.ts";
import { PasskeySignIn } from "./sign-in/passkey-sign-in.ts";
import { RememberedAddresses } from "./sign-in/remembered-address.ts";
import { SignIn } from "./sign-in/sign-in.ts";
import { SignInLimits } from "./sign-in/sign-in-limits.ts";
import { UpstreamLogout } from "./sign-in/upstream-logout.ts";
import { UpstreamSignIn } from "./sign-in/upstream-sign-in.ts";
import type { Texts } from "./texts/texts.ts";
import { Accounts } from "./upstream/accounts.ts";
import { DomainProofs, txtResolver } from "./upstream/domain-proofs.ts";
import { Upstreams } from "./upstream/upstreams.ts";

export interface FeatureDeps {
  config: Config;
  db: Knex;
  clock: Clock;
  log: Logger;
  secrets: Secrets;
  /** Loads the current keys, in case another process changed them. */
  lookForKeys(): Promise<void>;
  texts: Texts;
  artifacts: Artifacts;
  idempotency: Idempotency;
  observe: Observe;
  /** A request to this server. */
  askSelf: TrialsDeps["fetch"];
  /** Posts one logout token to an application. */
  deliver: LogoutsDeps["deliver"];
  /** This server's name among those on the database. */
  instance: string;
  /** Names of the master keys that it knows. */
  knownSecrets: readonly string[];
}

export type Features = ReturnType<typeof wireFeatures>;

export function wireFeatures({
  config,
  askSelf,
  db,
  clock,
  log,
  secrets,
  lookForKeys,
  texts,
  artifacts,
  idempotency,
  instance,
  knownSecrets,
  observe,
  deliver,
}: FeatureDeps) {
  const audit = new Audit({ db, clock, key: secrets.audit, lookForKeys });
  // Bound late: the consequences of changes are made from the features that announce them.
  const announce = announcer(() => consequences);
  const events = new Events({ db, audit });
  const settings = new SettingsService({ db, clock, audit, announce });
  const guests = new Guests({ db, clock, audit, announce });
  const own = ownPage({ issuer: config.issuer, name: config.organisation, algorithm: config.keys.algorithms[0] ?? "RS256" });
  const console = `${config.issuer}${config.console === "off" ? "/console" : config.console}`;
  const trials = new Trials({
    clock,
    key: secrets.console,
    issuer: config.issuer,
    console,
    lasts: config.interaction.minutes * minute,
    fetch: askSelf,
  });
  const applications = new Applications({
    db,
    clock,
    audit,
    announce,
    own,
    trials,
    forgetSome: (clientId) => artifacts.forgetSome(db, clientId),
  });
  const refusals = new Refusals({ db, clock, log });
  const consents = new Consents({ db, clock });
  const passcodes = new Passcodes({ db, clock, key: secrets.passcodes, policy: config.passcode });
  const { domain, suspendAfter } = config.bounces;
  const returnPaths = domain === undefined ? undefined : new ReturnPaths({ key: secrets.returnPaths, domain });
  const fetchToken = outboundFetch(config.allowedNetworks) as unknown as TokenFetch;
  const accessTokens = (settings: OAuth2Settings) => {
    const { refreshToken, ...client } = settings;
    const kept =
      refreshToken === undefined
        ? undefined
        : new RefreshToken({ db, clock, vault: secrets.mailTokens, configured: { ...client, refreshToken } });
    return new AccessTokens({ settings, clock, fetch: fetchToken, refreshToken: kept });
  };
  const routes = new Routes({
    clock,
    routes: mailRoutes(config, accessTokens),
    returnPath: returnPaths && ((mailId) => returnPaths.of(mailId)),
  });
  const outbox: Outbox = new Outbox({
    instance,
    secrets: knownSecrets,
    db,
    clock,
    log,
    routes,
    observe,
    domain: sender(config).domain,
    listen: isEmbedded(db) ? undefined : (channel, heard) => new Listener({ url: config.database.url, channel, heard, log }),
    onRefused: (mailId, refused) => bounces.refused(mailId, refused),
    onTurnedAway: (route, words, refusesAll) => bounces.refusedElsewhere(route, words, { refusesAll }),
  });
  const drafts = { config, texts, clock };
  const alerts = new Alerts({
    db,
    clock,
    to: config.alerts.to,
    routes,
    outbox,
    observe,
    auditRows: (trx) => audit.reached(trx),
    enqueue: (trx, alert, recipient) => outbox.enqueue(trx, alertDraft(alert, recipient, drafts)),
  });
  const mailboxes = new Mailboxes({ db, clock, audit, announce, suspendAfter });
  const limits = new Limits({ db, clock, key: secrets.limits, observe });
  const mailLimits = new MailLimits({ limits, turns: new Turns({ clock, key: secrets.limits, observe }), rates: config.limits });
  const onFailed: BouncesDeps["onFailed"] = (mailId, because) => passcodes.refused(mailId, because);
  const bounces: Bounces = new Bounces({ db, log, outbox, alerts, observe, mailboxes, limits, onFailed });
  const invitations = new Invitations({
    db,
    clock,
    guests,
    audit,
    announce,
    key: secrets.invitations,
    origin: config.issuer,
    allowsDomain: async (application, domain) => allowsDomain(await settings.get(), application, domain),
    enqueue: async (trx, notice) => {
      const draft = invitationDraft(notice, drafts);
      // A delayed request would tell the sponsor about something long settled: it is sent now or not at all. Some time passes until the
      // turn is taken.
      const before = notice.kind === "sponsor-request" ? clock.now() + second : draft.expiresAt;
      const { kind, recipient } = draft;
      const turnAt = await mailLimits.turn(trx, { kind, recipient, clientId: notice.invitation.clientId, before });
      if (turnAt === undefined) return undefined;
      const id = randomUUID();
      return { id, at: turnAt, send: await outbox.enqueue(trx, { ...draft, id, turnAt }) };
    },
  });
  const admission = new Admission({ clock, guests, invitations, settings, passkeys: config.passkeys });
  const dueGuests = new DueGuests({ clock, guests, applications, settings });
  const logouts = new Logouts({ db, clock, log, audit, observe, deliver });
  const fetchWebhook = outboundFetch(config.allowedNetworks) as unknown as WebhooksDeps["fetch"];
  const webhooks = new Webhooks({ db, clock, log, audit, events, observe, vault: secrets.webhooks, fetch: fetchWebhook });
  const reminderSwitch = new ReminderSwitch({
    db,
    clock,
    audit,
    key: secrets.reminders,
    presentSub: async (sub) => (await guests.findBySub(sub))?.sub,
  });
  const reminders = new Reminders({
    db,
    clock,
    audit,
    enqueue: (trx, reminder) => outbox.enqueue(trx, reminderDraft(reminder, reminderSwitch.tokenOf(reminder.guest.sub), drafts)),
  });
  const sessions = new Sessions({
    db,
    clock,
    log,
    audit,
    guests,
    applications,
    admission,
    settings,
    logouts,
    reminders,
    forget: (trx, sub, clientId) => (clientId === undefined ? artifacts.forget(trx, [sub], []) : artifacts.forgetAt(trx, clientId, sub)),
  });
  const challenges = new Challenges({ clock, key: secrets.console });
  const provider =
    config.consoleProvider &&
    new Provider({
      clock,
      log,
      key: secrets.console,
      challenges,
      settings: config.consoleProvider,
      callback: `${console}/provider/callback`,
      fetch: askOperators,
    });
  const administrators = new Administrators({
    db,
    clock,
    audit,
    ceremonies: new Ceremonies({ challenges, issuer: config.issuer }),
    organisation: config.organisation,
    console,
    notify: (trx, notice) => outbox.enqueue(trx, administratorDraft(notice, drafts)),
  });
  const invitees = new Invitees({ db });
  const aliases = new Aliases({
    db,
    clock,
    audit,
    announce,
    invitationsTo: (trx, aliasId) => invitees.invitationsTo(trx, aliasId),
    key: secrets.reminders,
    notify: (trx, guest, recipient, own) => outbox.enqueue(trx, addressesChangedDraft(guest, recipient, own, drafts)),
  });
  const passkeys = new GuestPasskeys({
    db,
    clock,
    audit,
    // A challenge is bound to a sign-in, and can be answered as long as that goes on.
    ceremonies: new Ceremonies({
      challenges: new Challenges({ clock, key: secrets.passkeys, lasts: config.interaction.minutes * minute }),
      issuer: config.issuer,
    }),
    organisation: config.organisation,
    key: secrets.passkeys,
    hold: (trx, sub) => guests.hold(trx, sub),
    notify: (trx, notice) => outbox.enqueue(trx, passkeyDraft(notice, drafts)),
  });
  const upstreams = new Upstreams({
    db,
    clock,
    audit,
    vault: secrets.upstreams,
    issuer: config.issuer,
    fetch: askOthers(config.allowedNetworks),
  });
  const domainProofs = new DomainProofs({
    db,
    clock,
    log,
    issuer: config.issuer,
    resolveTxt: txtResolver(config.dnsServers),
    list: () => upstreams.list(),
  });
  const accounts = new Accounts({ db, clock, audit });
  const lifeCycle = new GuestLifeCycle({
    db,
    clock,
    audit,
    announce,
    tellAdministrators: (trx, guest) => administrators.tellOfErasure(trx, guest, config.alerts.to),
  });
  const jobs = new Jobs({
    db,
    clock,
    log,
    audit,
    guests,
    applications,
    invitations,
    dueGuests,
    mayStill: async (who, scope) => {
      const [, kind, id = ""] = /^(administrator|application):(.*)$/s.exec(who) ?? [];
      if (kind === "administrator") return administrators.hasScope(id, scope);
      if (kind === "application") return (await applications.read(id))?.policy.administrator ?? false;
      return true;
    },
    countMail: (clientId, address) => mailLimits.invitation(clientId, address),
  });
  const consequences = consequencesOf({
    sessions,
    consents,
    artifacts,
    invitations,
    invitees,
    passcodes,
    passkeys,
    accounts,
    outbox,
    idempotency,
    webhooks,
    reminderSwitch,
    jobs,
  });
  const knownBrowsers = new KnownBrowsers({ clock, key: secrets.networks });
  const rememberedAddresses = new RememberedAddresses({ clock, key: secrets.networks });
  const signInLimits = new SignInLimits({ limits, clock, key: secrets.networks, rates: config.limits });
  const newAddress = new NewAddress({
    db,
    clock,
    passcodes,
    aliases,
    guests,
    limits: signInLimits,
    audit,
    minutes: config.interaction.minutes,
    enqueue: (trx, mail) => outbox.enqueue(trx, newAddressDraft(mail, drafts)),
  });
  const access = new AccessExplainer({ clock, admission, guests, invitations, settings, limits: signInLimits });
  const passkeySignIn = new PasskeySignIn({
    passkeys,
    guests,
    admission,
    limits,
    marks: signInLimits,
    audit,
    observe,
    setting: config.passkeys,
    triesPerNetwork: config.limits.passkeyTriesPerNetwork,
  });
  const signIn = new SignIn({
    db,
    knownBrowsers,
    guests,
    passcodes,
    limits: signInLimits,
    invitations,
    admission,
    audit,
    observe,
    mayEnrol: (context, address) => passkeySignIn.mayEnrol(context, address),
    linkAccount: (trx, account, proof, by) => accounts.link(trx, account, proof, by),
    enqueue: (trx, mail) => outbox.enqueue(trx, signInDraft(mail, drafts)),
  });
  const useOnce = (name: string, until: number) => artifacts.useOnce(hash("sha256", `upstream\0${name}`, "base64url"), until);
  const upstreamSignIn = new UpstreamSignIn({
    db,
    clock,
    log,
    upstreams,
    domainProofs,
    accounts,
    guests,
    admission,
    limits,
    audit,
    observe,
    signIn,
    key: secrets.forms,
    useOnce,
    triesPerNetwork: config.limits.upstreamTriesPerNetwork,
  });
  const upstreamLogout = new UpstreamLogout({
    log,
    upstreams,
    accounts,
    sessions,
    begunWith: (provider, sid) => artifacts.sessionOf(upstreamSessionModel, upstreamSessionName({ provider, sid })),
    useOnce,
  });

  return {
    administrators,
    provider,
    audit,
    events,
    settings,
    guests,
    aliases,
    newAddress,
    lifeCycle,
    applications,
    trials,
    consents,
    refusals,
    passcodes,
    passkeys,
    upstreams,
    domainProofs,
    accounts,
    routes,
    returnPaths,
    outbox,
    bounces,
    mailboxes,
    alerts,
    invitations,
    jobs,
    admission,
    access,
    dueGuests,
    logouts,
    webhooks,
    reminders,
    reminderSwitch,
    sessions,
    signIn,
    passkeySignIn,
    upstreamSignIn,
    upstreamLogout,
    knownBrowsers,
    rememberedAddresses,
    limits,
    mailLimits,
  };
}
