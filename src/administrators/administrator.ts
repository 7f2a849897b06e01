import type { Credential } from "../passkeys/ceremonies.ts";

/** An administrator's role in the console: roles.ts says which scopes each has. */
export const roles = ["owner", "manager", "helpdesk", "auditor"] as const;
export type Role = (typeof roles)[number];

/** Somebody who administers Guestpass. Not a guest, though both may have the same address. */
export interface Administrator {
  id: string;
  /** As it was given. */
  email: string;
  name: string | null;
  role: Role;
  /** The person at the organisation's own OpenID provider; without one they have passkeys. */
  upstream: { issuer: string; subject: string } | null;
  createdAt: number;
}

export interface AdministratorPasskey extends Credential {
  administratorId: string;
  label: string;
  createdAt: number;
  lastUsedAt: number | null;
}

export interface AdministratorSession {
  id: string;
  administratorId: string;
  /** The browser's name for itself. */
  device: string | null;
  network: string | null;
  startedAt: number;
  lastSeenAt: number;
  /** When the person last proved their presence, with a passkey or at the organisation's provider. */
  confirmedAt: number;
}
