import type { GuestState } from "../guests/guest.ts";

/**
 * A guest as one application knows it: by the address that it invited, and by what a sign-in told it after an invitation was
 * redeemed. Before that, it is not revealed whether somebody else knows the guest too.
 */
export interface Invitee {
  sub: string;
  /** The invited address in canonical form; the primary one, as recorded, once an invitation was redeemed. */
  email: string;
  redeemed: boolean;
  /** A sign-in reveals these: "invited" and null until then. */
  state: GuestState;
  name: string | null;
  givenName: string | null;
  familyName: string | null;
  locale: string | null;
  /** The first invitation to this application, and its latest change: milliseconds since the epoch. */
  invitedAt: number;
  changedAt: number;
}

export interface InviteeFilter {
  /** Part of an invited address, in canonical form. */
  search?: string;
  /** The whole of one. */
  addressKey?: string;
  /** Of an invited address: A-label, lower case. */
  domain?: string;
  /** The canonical form of the sponsor's address. */
  sponsorKey?: string;
}
