import { type AliasOperationDeps, aliasOperations } from "./aliases.ts";
import { secretOperations } from "./application-secret.ts";
import { type ApplicationOperationDeps, applicationOperations } from "./applications.ts";
import { type AuditOperationDeps, auditOperations } from "./audit.ts";
import { bulkOperations } from "./bulk.ts";
import { type GuestListDeps, guestListOperations } from "./guest-lists.ts";
import { guestStateOperations } from "./guest-states.ts";
import { type GuestOperationDeps, guestOperations } from "./guests.ts";
import { invitationChangeOperations } from "./invitation-changes.ts";
import { invitationOperations } from "./invitations.ts";
import type { InviteDeps } from "./invite.ts";
import type { AnyOperation } from "./operation.ts";
import { type PolicyOperationDeps, policyOperations } from "./policy.ts";
import { type SessionOperationDeps, sessionOperations } from "./sessions.ts";
import { type SettingsOperationDeps, settingsOperations } from "./settings.ts";
import { sharePointOperations } from "./sharepoint.ts";

export type AdminDeps = GuestOperationDeps &
  GuestListDeps &
  AliasOperationDeps &
  InviteDeps &
  ApplicationOperationDeps &
  AuditOperationDeps &
  SettingsOperationDeps &
  PolicyOperationDeps &
  SessionOperationDeps;

/** Every operation of the administration API: the routes and the OpenAPI document are made from this list. */
export function adminOperations(deps: AdminDeps): AnyOperation[] {
  return [
    ...guestListOperations(deps),
    ...guestOperations(deps),
    ...guestStateOperations(deps),
    ...sessionOperations(deps),
    ...aliasOperations(deps),
    ...invitationOperations(deps),
    ...bulkOperations(deps),
    ...sharePointOperations(deps),
    ...invitationChangeOperations(deps),
    ...applicationOperations(deps),
    ...secretOperations(deps),
    ...auditOperations(deps),
    ...settingsOperations(deps),
    ...policyOperations(deps),
  ];
}
