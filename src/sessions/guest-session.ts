import type { StoredSession } from "./session-store.ts";

/** A session as administrators see it. */
export interface GuestSession {
  uid: string;
  sub: string;
  device: string | null;
  /** When the mailbox was proven, milliseconds since the epoch. */
  since: number;
  applications: string[];
}

export function toGuestSession({ uid, sub, device, loginTs, authorizations }: StoredSession): GuestSession {
  return { uid, sub, device, since: loginTs * 1000, applications: Object.keys(authorizations) };
}
