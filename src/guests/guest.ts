export type GuestState = "invited" | "active" | "suspended";

/** A person in the guest directory. `sub` is opaque and stays the same for life. */
export interface Guest {
  sub: string;
  state: GuestState;
  name: string | null;
  locale: string | null;
  /** The primary alias, as typed. */
  email: string;
  /** When the primary alias's mailbox was last proven (milliseconds since the epoch), or null. */
  verifiedAt: number | null;
  updatedAt: number;
}

export interface Alias {
  address: string;
  primary: boolean;
  mailboxId: string;
  /** Proof belongs to the mailbox: milliseconds since the epoch, or null. */
  verifiedAt: number | null;
}
