/** Scopes of the administration API. */
export const apiScopes = [
  "guests:read",
  "guests:write",
  "invitations:read",
  "invitations:write",
  "applications:read",
  "applications:write",
  "audit:read",
  "settings:read",
  "settings:write",
] as const;
export type ApiScope = (typeof apiScopes)[number];

/** What every application may hold for itself: it then sees and changes only invitations to itself and guests invited to it. */
export const ownApiScopes: readonly ApiScope[] = ["invitations:read", "invitations:write", "guests:read"];
