import type { Credential } from "./ceremonies.ts";

/** A passkey of a guest, of one mailbox. Times are milliseconds since the epoch. */
export interface Passkey {
  /** The id by which it is listed and removed; never the credential's. */
  id: string;
  sub: string;
  mailboxId: string;
  /** The mailbox's address. */
  address: string;
  /** When a code last came back from it. */
  provenAt: number;
  /** The host that it was made for: it works at no other. */
  host: string;
  /** The User-Agent header of the browser that it was made in. */
  device: string | null;
  createdAt: number;
  lastUsedAt: number | null;
}

export interface StoredPasskey extends Passkey {
  credential: Credential;
}

/** A mailbox that can have one. */
export interface PasskeyMailbox {
  mailboxId: string;
  sub: string;
  /** The mailbox's address, as it was recorded. */
  address: string;
  name: string | null;
  locale: string | null;
}
