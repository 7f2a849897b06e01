/** Somebody's identity at a provider: never an address. */
export interface Account {
  provider: string;
  /** Empty if the provider has no tenants. */
  tenant: string;
  subject: string;
}

/** An account that was shown in a sign-in, and is linked once a code to the address comes back in it. */
export interface AccountToLink extends Account {
  address: string;
}

/** An account that a guest signs in with, of one mailbox. Times are milliseconds since the epoch. */
export interface LinkedAccount {
  /** The id by which it is listed and removed. */
  id: string;
  provider: string;
  /** What guests read. */
  label: string;
  sub: string;
  mailboxId: string;
  /** The mailbox's address. */
  address: string;
  /** When the mailbox was last proven; null if it is not, or no longer, proven. */
  provenAt: number | null;
  createdAt: number;
  lastUsedAt: number | null;
}
