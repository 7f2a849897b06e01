import { notAllowed } from "./problem.ts";

/** The client behind an access token for an API. */
export interface Caller {
  clientId: string;
  /** May call every operation, for every application; others call their own operations, for themselves. */
  administrator: boolean;
  scopes: ReadonlySet<string>;
  /** How the audit trail names the caller. */
  actor: { who: string; channel: "api" | "console" | "cli"; network: string | null };
}

/** The application that the caller is confined to, or undefined for an administrator's client. */
export function confinedTo({ administrator, clientId }: Caller): string | undefined {
  return administrator ? undefined : clientId;
}

/** @throws Problem 403 if the token does not carry the scope, or the operation is an administrator's */
export function authorize(caller: Caller, access: { scope: string; narrower?: string; own: boolean }): void {
  const allowed = caller.scopes.has(access.scope) || (access.narrower !== undefined && caller.scopes.has(access.narrower));
  if (!allowed) throw notAllowed(`The access token needs the scope ${access.scope}.`);
  if (!access.own && confinedTo(caller) !== undefined)
    throw notAllowed(
      "This is for an administrator's client. An application may only invite, read the guests invited to it, and follow their events.",
    );
}
