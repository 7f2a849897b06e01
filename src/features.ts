// The features, wired: what src/app.ts puts the web and the protocol around.
import type { Knex } from "knex";
import type { Idempotency } from "./admin/idempotency.ts";
import { Admission } from "./admission/admission.ts";
import { DueGuests } from "./admission/due-guests.ts";
import { Alerts } from "./alerts/alerts.ts";
import { Applications } from "./applications/applications.ts";
import { type Actor, Audit } from "./audit/audit.ts";
import { Bounces } from "./bounces/bounces.ts";
import { refusalInReply } from "./bounces/refusal.ts";
import { ReturnPaths } from "./bounces/return-path.ts";
import type { Clock } from "./clock.ts";
import type { Config } from "./config.ts";
import { type Db, isEmbedded } from "./database.ts";
import { addressesChangedDraft, alertDraft, invitationDraft, reminderDraft, signInDraft } from "./drafts.ts";
import { Aliases } from "./guests/aliases.ts";
import { Guests } from "./guests/guests.ts";
import { GuestLifeCycle } from "./guests/life-cycle.ts";
import { Mailboxes } from "./guests/mailboxes.ts";
import { Invitations } from "./invitations/invitations.ts";
import { Invitees } from "./invitations/invitees.ts";
import { Limits } from "./limits/limits.ts";
import { Listener } from "./listener.ts";
import type { Logger } from "./log.ts";
import { mailRoutes, sender } from "./mail-routes.ts";
import type { Observe } from "./observations.ts";
import type { Artifacts } from "./oidc/artifacts.ts";
import { Outbox } from "./outbox/outbox.ts";
import { Routes } from "./outbox/routes.ts";
import { Passcodes } from "./passcodes/passcodes.ts";
import { Reminders } from "./reverification/reminders.ts";
import type { Secrets } from "./secrets.ts";
import { Logouts, type LogoutsDeps } from "./sessions/logouts.ts";
import { Sessions } from "./sessions/sessions.ts";
import { SettingsService } from "./settings/settings.ts";
import { SignIn } from "./sign-in/sign-in.ts";
import { SignInLimits } from "./sign-in/sign-in-limits.ts";
import type { Texts } from "./texts.ts";

export interface FeatureDeps {
  config: Config;
  db: Knex;
  clock: Clock;
  log: Logger;
  secrets: Secrets;
  texts: Texts;
  artifacts: Artifacts;
  idempotency: Idempotency;
  observe: Observe;
  /** Posts one logout token to an application. */
  deliver: LogoutsDeps["deliver"];
}

export type Features = ReturnType<typeof wireFeatures>;

export function wireFeatures({ config, db, clock, log, secrets, texts, artifacts, idempotency, observe, deliver }: FeatureDeps) {
  const audit = new Audit({ db, clock, key: secrets.audit });
  // A change looks at sessions again; sessions know what a change is about.
  const recheck = (trx: Db, sub: string) => sessions.recheck(trx, sub);
  const endSessions = async (trx: Db, sub: string, by: Actor) => void (await sessions.endWithin(trx, sub, by));
  const recheckAll = (trx: Db) => sessions.recheckAll(trx);
  const settings = new SettingsService({ db, clock, audit, recheckAll });
  const guests = new Guests({ db, clock, audit, recheck, endSessions });
  const applications = new Applications({ db, clock, audit, recheckAll, endTokens: (trx, id) => artifacts.forgetApplication(trx, id) });
  const passcodes = new Passcodes({ db, clock, key: secrets.passcodes, policy: config.passcode });
  const { domain, suspendAfter } = config.bounces;
  const returnPaths = domain === undefined ? undefined : new ReturnPaths({ key: secrets.returnPaths, domain });
  const routes = new Routes({ clock, routes: mailRoutes(config), returnPath: returnPaths && ((mailId) => returnPaths.of(mailId)) });
  const outbox: Outbox = new Outbox({
    db,
    clock,
    log,
    routes,
    observe,
    domain: sender(config).domain,
    listen: isEmbedded(db) ? undefined : (channel, heard) => new Listener({ url: config.database.url, channel, heard, log }),
    onRefused: async (mailId, reply) => {
      // The guest who waits is told first: how long the rest takes depends on whether the address is known.
      await passcodes.refused(mailId);
      const refusal = reply && refusalInReply(reply);
      if (refusal) await bounces.report(mailId, refusal);
    },
  });
  const drafts = { config, texts, secrets, clock };
  const alerts = new Alerts({
    db,
    clock,
    to: config.alerts.to,
    routes,
    outbox,
    observe,
    enqueue: (trx, alert, recipient) => outbox.enqueue(trx, alertDraft(alert, recipient, drafts)),
  });
  const mailboxes = new Mailboxes({ db, clock, audit, endSessions, suspendAfter });
  const limits = new Limits({ db, clock, key: secrets.limits, observe });
  const bounces = new Bounces({ db, log, outbox, alerts, observe, mailboxes, limits, onReturned: (mailId) => passcodes.refused(mailId) });
  const invitations: Invitations = new Invitations({
    db,
    clock,
    guests,
    audit,
    recheck,
    leave: (trx, sub, clientId) => sessions.leave(trx, sub, clientId),
    key: secrets.invitations,
    origin: config.issuer,
    allowsDomain: (application, domain) => admission.allowsInviting(application, domain),
    enqueue: (trx, notice) => outbox.enqueue(trx, invitationDraft(notice, drafts)),
  });
  const admission = new Admission({ clock, guests, invitations, settings });
  const dueGuests = new DueGuests({ clock, guests, applications, settings });
  const logouts: Logouts = new Logouts({ db, clock, log, audit, observe, deliver });
  const reminders = new Reminders({ db, clock, audit, enqueue: (trx, reminder) => outbox.enqueue(trx, reminderDraft(reminder, drafts)) });
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
    reminders,
    evict: () => artifacts.evict(),
    forget: (trx, sub, clientId) =>
      clientId === undefined ? artifacts.forget(trx, [sub], []) : artifacts.forgetApplication(trx, clientId, sub),
  });
  const invitees = new Invitees({ db });
  const aliases = new Aliases({
    db,
    clock,
    audit,
    recheck,
    leaveInvited: async (trx, sub, mailboxId) => {
      for (const clientId of await invitees.applicationsOf(trx, mailboxId)) await sessions.leave(trx, sub, clientId);
    },
    invitationsTo: (trx, aliasId) => invitees.invitationsTo(trx, aliasId),
    notify: (trx, guest, recipient) => outbox.enqueue(trx, addressesChangedDraft(guest, recipient, drafts)),
  });
  const lifeCycle = new GuestLifeCycle({
    db,
    clock,
    audit,
    forget: async (trx, subs, addresses) => {
      for (const sub of subs) await recheck(trx, sub);
      await artifacts.forget(trx, subs, addresses);
      await passcodes.forget(trx, addresses);
      await invitations.forget(trx, addresses);
      await outbox.forget(trx, addresses);
      await idempotency.forget(trx, subs, addresses);
    },
    move: async (trx, lostSub, sub) => {
      await invitations.move(trx, lostSub, sub);
      for (const each of [lostSub, sub]) await recheck(trx, each);
    },
  });
  const signIn = new SignIn({
    db,
    guests,
    passcodes,
    limits: new SignInLimits({ limits, clock, key: secrets.limits, rates: config.limits }),
    invitations,
    admission,
    audit,
    observe,
    enqueue: (trx, mail) => outbox.enqueue(trx, signInDraft(mail, drafts)),
  });

  return {
    audit,
    settings,
    guests,
    aliases,
    lifeCycle,
    applications,
    passcodes,
    routes,
    returnPaths,
    outbox,
    bounces,
    mailboxes,
    alerts,
    invitations,
    admission,
    dueGuests,
    logouts,
    reminders,
    sessions,
    signIn,
    limits,
  };
}
