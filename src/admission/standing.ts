import type { Invitation } from "../invitations/invitation.ts";
import type { Deadline, Rule } from "../reverification/deadline.ts";

/** Where a guest stands with an application. */
export type Standing =
  | Admitted
  /** In again once the mailbox behind the address is proven afresh. */
  | { outcome: "due"; rule: Rule; address: string }
  | { outcome: "refused" };

export interface GrantedInvitation {
  invitation: Invitation;
  deadline: Deadline;
}

export interface Admitted extends Right {
  outcome: "admitted";
  /** Of those whose mailboxes are proven; none where the application needs none. */
  invitations: GrantedInvitation[];
}

/** Proof of one address, and until when it is good. */
export interface Right {
  address: string;
  deadline: Deadline;
}

/** What lets a guest in, each with its own deadline: the invitations, or proof of a mailbox where none is needed. */
export function rightsOf({ deadline, address, invitations }: Admitted): Right[] {
  if (invitations.length === 0) return [{ address, deadline }];
  return invitations.map((each) => ({ address: each.invitation.address, deadline: each.deadline }));
}
