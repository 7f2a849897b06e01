import type { AnyOperation } from "../api/operation.ts";
import { type AccessOperationDeps, accessOperations } from "./access.ts";
import { type AccountOperationDeps, accountOperations } from "./accounts.ts";
import { type AdministratorOperationDeps, administratorOperations } from "./administrators.ts";
import { type AliasOperationDeps, aliasOperations } from "./aliases.ts";
import { type ApplicationOperationDeps, applicationOperations } from "./applications.ts";
import { type AuditOperationDeps, auditOperations } from "./audit.ts";
import { bulkOperations } from "./bulk.ts";
import { type EventOperationDeps, eventOperations } from "./events.ts";
import { type GuestListDeps, guestListOperations } from "./guest-lists.ts";
import { guestStateOperations } from "./guest-states.ts";
import { type GuestOperationDeps, guestOperations } from "./guests.ts";
import { invitationChangeOperations } from "./invitation-changes.ts";
import { invitationOperations } from "./invitations.ts";
import type { InviteDeps } from "./invite.ts";
import { type JobOperationDeps, jobOperations } from "./jobs.ts";
import { type KeyOperationDeps, keyOperations } from "./keys.ts";
import { type LogoutOperationDeps, logoutOperations } from "./logouts.ts";
import { type MailOperationDeps, mailOperations } from "./mail.ts";
import { type PasskeyOperationDeps, passkeyOperations } from "./passkeys.ts";
import { type PolicyOperationDeps, policyOperations } from "./policy.ts";
import { type PreviewOperationDeps, previewOperations } from "./previews.ts";
import { type RefusalOperationDeps, refusalOperations } from "./refusals.ts";
import { type SessionOperationDeps, sessionOperations } from "./sessions.ts";
import { type SettingsOperationDeps, settingsOperations } from "./settings.ts";
import { sharePointOperations } from "./sharepoint.ts";
import { type StatisticsOperationDeps, statisticsOperations } from "./statistics.ts";
import { type TrialOperationDeps, trialOperations } from "./trials.ts";
import { type UpstreamOperationDeps, upstreamOperations } from "./upstreams.ts";
import { type WebhookOperationDeps, webhookOperations } from "./webhooks.ts";

export type AdminDeps = AccessOperationDeps &
  GuestOperationDeps &
  GuestListDeps &
  AliasOperationDeps &
  InviteDeps &
  ApplicationOperationDeps &
  AuditOperationDeps &
  SettingsOperationDeps &
  MailOperationDeps &
  PasskeyOperationDeps &
  PolicyOperationDeps &
  SessionOperationDeps &
  LogoutOperationDeps &
  PreviewOperationDeps &
  RefusalOperationDeps &
  EventOperationDeps &
  AdministratorOperationDeps &
  KeyOperationDeps &
  JobOperationDeps &
  StatisticsOperationDeps &
  TrialOperationDeps &
  UpstreamOperationDeps &
  AccountOperationDeps &
  WebhookOperationDeps;

/** Every operation of the administration API: the routes and the OpenAPI document are made from this list. */
export function adminOperations(deps: AdminDeps): AnyOperation[] {
  return [
    ...guestListOperations(deps),
    ...guestOperations(deps),
    ...guestStateOperations(deps),
    ...accessOperations(deps),
    ...sessionOperations(deps),
    ...passkeyOperations(deps),
    ...accountOperations(deps),
    ...aliasOperations(deps),
    ...jobOperations(deps),
    ...invitationOperations(deps),
    ...bulkOperations(deps),
    ...sharePointOperations(deps),
    ...invitationChangeOperations(deps),
    ...applicationOperations(deps),
    ...previewOperations(deps),
    ...trialOperations(deps),
    ...webhookOperations(deps),
    ...logoutOperations(deps),
    ...refusalOperations(deps),
    ...eventOperations(deps),
    ...auditOperations(deps),
    ...statisticsOperations(deps),
    ...settingsOperations(deps),
    ...policyOperations(deps),
    ...upstreamOperations(deps),
    ...mailOperations(deps),
    ...administratorOperations(deps),
    ...keyOperations(deps),
  ];
}
