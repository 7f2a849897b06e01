import type { ApiScope } from "../applications/api-scopes.ts";
import type { Application } from "../applications/application.ts";
import type { Actor } from "../audit/audit.ts";
import { notAllowed } from "./problem.ts";

/** The client behind an access token for the administration API. */
export interface Caller {
  application: Application;
  scopes: ReadonlySet<string>;
  actor: Actor;
}

/** The application that the caller is confined to, or undefined for an administrator's client. */
export function confinedTo(caller: Caller): string | undefined {
  return caller.application.policy.administrator ? undefined : caller.application.clientId;
}

/** @throws Problem 403 where the token does not carry the scope, or the operation is an administrator's */
export function authorize(caller: Caller, access: { scope: ApiScope; own: boolean }): void {
  if (!caller.scopes.has(access.scope)) throw notAllowed(`The access token needs the scope ${access.scope}.`);
  if (!access.own && confinedTo(caller) !== undefined)
    throw notAllowed("This is for an administrator's client: an application may only invite, and read guests that are invited to it.");
}
