import { type AliasOperationDeps, aliasOperations } from "./aliases.ts";
import { type GuestOperationDeps, guestOperations } from "./guests.ts";
import { type InvitationOperationDeps, invitationOperations } from "./invitations.ts";
import type { AnyOperation } from "./operation.ts";

export type AdminDeps = GuestOperationDeps & AliasOperationDeps & InvitationOperationDeps;

/** Every operation of the administration API: the routes and the OpenAPI document are made from this list. */
export function adminOperations(deps: AdminDeps): AnyOperation[] {
  return [...guestOperations(deps), ...aliasOperations(deps), ...invitationOperations(deps)];
}
