// The one table of the effects that each change has elsewhere. Everything happens in the transaction of the change, in the order written
// here. A guest's sessions that are "rechecked" are checked within a second, and end if the guest is no longer admitted. Those at an
// application, or all, are checked in batches: the change itself costs the same, however many there are.
import type { Idempotency } from "../api/idempotency.ts";
import type { Consents } from "../consents/consents.ts";
import type { Db } from "../database/database.ts";
import type { Webhooks } from "../events/webhooks.ts";
import type { Invitations } from "../invitations/invitations.ts";
import type { Invitees } from "../invitations/invitees.ts";
import type { Jobs } from "../jobs/jobs.ts";
import type { Artifacts } from "../oidc/artifacts.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { Passcodes } from "../passcodes/passcodes.ts";
import type { GuestPasskeys } from "../passkeys/passkeys.ts";
import type { ReminderSwitch } from "../reverification/reminder-switch.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { Accounts } from "../upstream/accounts.ts";
import type { Consequences } from "./changes.ts";

export interface ConsequencesDeps {
  sessions: Sessions;
  consents: Consents;
  artifacts: Artifacts;
  invitations: Invitations;
  invitees: Invitees;
  passcodes: Passcodes;
  passkeys: GuestPasskeys;
  accounts: Accounts;
  outbox: Outbox;
  idempotency: Idempotency;
  webhooks: Webhooks;
  reminderSwitch: ReminderSwitch;
  jobs: Jobs;
}

export function consequencesOf(deps: ConsequencesDeps): Consequences {
  const {
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
  } = deps;
  /** The ways in that belong to a mailbox. */
  const forgetMailbox = async (trx: Db, sub: string, mailboxId: string) => {
    await passkeys.forgetMailbox(trx, sub, mailboxId);
    await accounts.forgetMailbox(trx, sub, mailboxId);
  };
  const forgetGuest = async (trx: Db, sub: string) => {
    await passkeys.forgetGuest(trx, sub);
    await accounts.forgetGuest(trx, sub);
  };
  return {
    "guest.updated": [(trx, { sub }) => sessions.recheck(trx, sub)],
    "guest.suspended": [(trx, { sub, by }) => sessions.endWithin(trx, sub, by), (trx, { sub }) => forgetGuest(trx, sub)],
    "guest.erased": [
      (trx, { subs }) => sessions.recheck(trx, ...subs),
      (trx, { subs, addresses }) => artifacts.forget(trx, subs, addresses),
      (trx, { addresses }) => passcodes.forget(trx, addresses),
      (trx, { addresses }) => invitations.forget(trx, addresses),
      (trx, { addresses }) => outbox.forget(trx, addresses),
      (trx, { subs, addresses }) => idempotency.forget(trx, subs, addresses),
      (trx, { addresses }) => jobs.forget(trx, addresses),
    ],
    "guest.merged": [
      (trx, { lost, sub }) => invitations.move(trx, lost, sub),
      (trx, { lost, sub }) => reminderSwitch.merge(trx, lost, sub),
      (trx, { lost }) => forgetGuest(trx, lost),
      (trx, { lost, sub }) => sessions.recheck(trx, lost, sub),
    ],
    "guest.left": [
      (trx, { sub, clientId }) => sessions.leave(trx, sub, clientId),
      (trx, { sub, clientId }) => consents.withdraw(trx, sub, clientId),
    ],
    "mailbox.given-up": [
      async (trx, { sub, mailboxId }) => {
        for (const clientId of await invitees.applicationsOf(trx, mailboxId)) await sessions.leave(trx, sub, clientId);
      },
      (trx, { sub, mailboxId }) => forgetMailbox(trx, sub, mailboxId),
    ],
    "mailbox.undeliverable": [(trx, { sub, mailboxId }) => forgetMailbox(trx, sub, mailboxId)],
    "aliases.changed": [(trx, { sub }) => sessions.recheck(trx, sub)],
    // Somebody else may have created them as well.
    "aliases.undone": [(trx, { sub, by }) => sessions.endWithin(trx, sub, by), (trx, { sub }) => forgetGuest(trx, sub)],
    "invitation.extended": [(trx, { sub }) => sessions.recheck(trx, sub)],
    "invitation.revoked": [(trx, { sub, clientId }) => sessions.leave(trx, sub, clientId)],
    "application.rules-changed": [(trx, { clientId }) => sessions.recheckAt(trx, clientId)],
    "application.added": [(trx, { clientId }) => artifacts.forgetAll(trx, clientId)],
    "application.removed": [
      (trx, { clientId }) => artifacts.applicationRemoved(trx, clientId),
      (trx, { clientId }) => webhooks.forget(trx, clientId),
      (trx, { clientId }) => sessions.recheckAt(trx, clientId),
    ],
    "settings.rules-changed": [(trx) => sessions.recheckAll(trx)],
  };
}
