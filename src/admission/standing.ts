import type { Invitation } from "../invitations/invitation.ts";
import type { Deadline, Rule } from "../reverification/deadline.ts";

/** Where a guest stands with an application. */
export type Standing =
  | Admitted
  /** Admitted again once the mailbox behind the address is proven again, or for the first time. */
  | { outcome: "due"; rule: Rule; address: string; unproven: boolean }
  | { outcome: "refused" };

export interface LastingStanding {
  standing: Standing;
  /** When each invitation to the application lapses, or did (milliseconds since the epoch); none if none is needed. */
  lapses: number[];
}

export interface GrantedInvitation {
  invitation: Invitation;
  deadline: Deadline;
}

export interface Admitted extends Right {
  outcome: "admitted";
  /** Of those whose mailboxes are proven; none if the application needs none. */
  invitations: GrantedInvitation[];
}

/** Proof of one address, and until when it is good. */
export interface Right {
  address: string;
  deadline: Deadline;
}

/** The reasons to let a guest in, each with its own deadline: the invitations, or proof of a mailbox where none is needed. */
export function rightsOf({ deadline, address, invitations }: Admitted): Right[] {
  if (invitations.length === 0) return [{ address, deadline }];
  return invitations.map((each) => ({ address: each.invitation.address, deadline: each.deadline }));
}
