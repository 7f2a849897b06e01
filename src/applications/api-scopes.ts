/** Scopes of the administration API. */
export const apiScopes = [
  "guests:read",
  "guests:write",
  "invitations:read",
  "invitations:write",
  "invitations:resend",
  "sessions:write",
  "applications:read",
  "applications:write",
  "events:read",
  "audit:read",
  "settings:read",
  "settings:write",
  "mail:read",
  "mail:write",
  "administrators:read",
  "administrators:write",
  "keys:read",
  "keys:write",
] as const;
export type ApiScope = (typeof apiScopes)[number];

/** Scopes that every application may hold: it then sees and changes only invitations to itself, guests invited to it and what happened to them. */
export const ownApiScopes: readonly ApiScope[] = ["invitations:read", "invitations:write", "guests:read", "events:read"];
