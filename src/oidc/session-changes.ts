// Merges changes to a session by two requests of one browser, or by a request and an ending, at the same time. oidc-provider saves the whole
// session; its changes are found by comparing with the state that it loaded.
import { isDeepStrictEqual } from "node:util";
import type { Artifact, LoadedSession } from "./artifact-store.ts";
import type { Logout } from "./logout-delivery.ts";

type Fields = Record<string, unknown>;
type Authorizations = Record<string, { sid?: string; grantId?: string }>;

/** Payloads of one session: as a request loaded it, as the request changed it, and as it is now; undefined if the request ended it, or it has ended. */
interface Versions {
  loaded: string;
  changed: string | undefined;
  now: string | undefined;
}

/**
 * Applies the request's changes to the session as it is now. At an application where another request has
 * ended or begun something meanwhile, that stands: its sid was announced as ended, or is a new one.
 * @returns the session, and the grants of the parts that do not come back
 */
export function rebase(versions: Versions): { payload: string; endedGrants: string[] } {
  const loaded = JSON.parse(versions.loaded) as Fields;
  const now = JSON.parse(versions.now ?? "{}") as Fields;
  if (versions.changed === undefined) return { payload: "{}", endedGrants: grantsOf(authorizationsOf(now)) };
  const changed = JSON.parse(versions.changed) as Fields;
  const own = authorizationsOf(changed);
  const before = authorizationsOf(loaded);
  const result = authorizationsOf(now);
  const endedGrants: string[] = [];
  for (const clientId of keysOf(before, own)) {
    const mine = own[clientId];
    const { sid, grantId } = result[clientId] ?? {};
    if (sid !== before[clientId]?.sid || versions.now === undefined) {
      if (mine?.grantId !== undefined && mine.grantId !== grantId) endedGrants.push(mine.grantId);
    } else if (mine) result[clientId] = mine;
    else delete result[clientId];
  }
  for (const field of keysOf(loaded, changed)) if (!isDeepStrictEqual(changed[field], loaded[field])) now[field] = changed[field];
  return { payload: JSON.stringify({ ...now, authorizations: result }), endedGrants };
}

/** The sessions at applications that the request ended: the guest signed out, of all or of one. */
export function endedBy(artifacts: Artifact[], { payload }: LoadedSession): Logout[] {
  const sessions = artifacts.filter(({ model }) => model === "Session");
  if (sessions.length === 0) return [];
  const { accountId, ...loaded } = JSON.parse(payload) as Fields;
  const kept = authorizationsOf(JSON.parse(sessions.find(({ uid }) => uid !== null)?.payload ?? "{}") as Fields);
  return Object.entries(authorizationsOf(loaded)).flatMap(([clientId, { sid }]) =>
    sid === undefined || kept[clientId]?.sid === sid ? [] : [{ clientId, sub: accountId as string, sid }],
  );
}

function grantsOf(authorizations: Authorizations): string[] {
  return Object.values(authorizations).flatMap(({ grantId }) => grantId ?? []);
}

function authorizationsOf({ authorizations }: Fields): Authorizations {
  return { ...(authorizations as Authorizations | undefined) };
}

function keysOf(one: Fields, other: Fields): Set<string> {
  return new Set([...Object.keys(one), ...Object.keys(other)]);
}
