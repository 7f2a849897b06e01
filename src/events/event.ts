// The part of the audit trail that followers see: only identifiers, no personal data. An application gets events about its own guests,
// and nothing that it could not ask for (docs/decisions/042-events-are-the-sealed-trail.md).
import { type AuditAction, auditActions } from "../audit/actions.ts";

/** Not told to applications: somebody typed an address or a code, which says nothing about a guest; or an operator made a token. */
const untold: readonly AuditAction[] = ["sign-in.code-asked", "sign-in.code-refused", "token.minted"];

export const eventTypes = auditActions.filter((action) => !untold.includes(action));

/** Told to the application that the row names. */
export const ofOneApplication: readonly AuditAction[] = [
  "guest.left",
  "invitation.created",
  "invitation.extended",
  "invitation.fresh-asked",
  "invitation.redeemed",
  "invitation.resent",
  "invitation.revoked",
  "sign-in.passkey",
  "sign-in.proven",
  "sign-in.upstream",
];
/** Told to the applications that the row lists. */
export const ofListed: readonly AuditAction[] = ["session.ended", "session.over"];
/** Told to applications at which the guest has been. */
export const toThoseWhoMet: readonly AuditAction[] = ["guest.suspended", "guest.resumed"];
/** Told to applications that have the guest's sub: by an invitation, or because the guest has been there. */
export const toThoseWhoKnow: readonly AuditAction[] = ["guest.merged", "guest.erased"];

export const applicationEventTypes = [...ofOneApplication, ...ofListed, ...toThoseWhoMet, ...toThoseWhoKnow].sort();

export interface Event {
  id: string;
  type: AuditAction;
  /** Milliseconds since the epoch. */
  at: number;
  sub: string | null;
  clientId: string | null;
  invitation: string | null;
  /** The sub that was merged away. */
  lostSub: string | null;
  mail: string | null;
  /** The applications whose sessions are over. An application sees only itself. */
  applications: string[] | null;
}

/** The event as an application sees it: no other application is named. */
export function forApplication(event: Event, clientId: string): Event {
  return { ...event, clientId, mail: null, applications: null };
}
