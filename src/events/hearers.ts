// Decides which applications see which events, from the trail itself, which outlives invitations, sessions and guests.
import type { AuditAction } from "../audit/actions.ts";
import { readable } from "../audit/readable.ts";
import type { Db } from "../database/database.ts";
import { ofListed, ofOneApplication, toThoseWhoKnow, toThoseWhoMet } from "./event.ts";
import * as store from "./event-store.ts";

const met: readonly AuditAction[] = ["invitation.redeemed", "sign-in.passkey", "sign-in.proven", "sign-in.upstream", ...ofListed];
const known: readonly AuditAction[] = ["invitation.created", ...met];
const links: readonly AuditAction[] = [...known, "guest.merged"];

interface Acquaintance {
  clientId: string;
  met: boolean;
  /** Milliseconds since the epoch. */
  since: number;
}

/** @returns the applications that may see each row, by its id */
export async function hearersOf(db: Db, rows: store.TrailRow[]): Promise<Map<string, ReadonlySet<string>>> {
  const concerned = rows.filter(({ action }) => isAboutGuest(action)).flatMap((row) => subsIn(row));
  const { linksOf, withLost } = await linked(db, [...new Set(concerned)]);
  return new Map(rows.map((row) => [row.id, new Set(hearers(row))]));

  function hearers(row: store.TrailRow): string[] {
    if (isOneOf(ofOneApplication, row.action)) return row.clientId === null ? [] : [row.clientId];
    if (isOneOf(ofListed, row.action)) return applicationsIn(row.details);
    if (!isAboutGuest(row.action)) return [];
    const onlyMet = isOneOf(toThoseWhoMet, row.action);
    // A merge is news to those who have the sub that is lost.
    const subs = row.action === "guest.merged" ? [lostIn(row.details)] : subsIn(row);
    return withLost(subs)
      .flatMap(linksOf)
      .filter((each) => each.since <= row.at && (each.met || !onlyMet))
      .map(({ clientId }) => clientId);
  }
}

/** The trail's links of these guests, and of those who were merged into them, and so on. */
async function linked(db: Db, subs: string[]) {
  const acquaintances = new Map<string, Acquaintance[]>();
  const lost = new Map<string, string[]>();
  for (let wanted = subs; wanted.length > 0; ) {
    for (const sub of wanted) acquaintances.set(sub, []);
    const found = await store.linksOf(db, wanted, links);
    for (const link of found) {
      if (link.action === "guest.merged") lost.set(link.guestSub, [...(lost.get(link.guestSub) ?? []), lostIn(link.details)]);
      else acquaintances.get(link.guestSub)?.push(...acquaintancesIn(link));
    }
    wanted = [...lost.values()].flat().filter((sub) => !acquaintances.has(sub));
  }
  const withLost = (subs: string[]) => {
    const all = new Set(subs);
    for (const sub of all) for (const each of lost.get(sub) ?? []) all.add(each);
    return [...all];
  };
  return { linksOf: (sub: string) => acquaintances.get(sub) ?? [], withLost };
}

function acquaintancesIn({ action, clientId, details, at }: store.Link): Acquaintance[] {
  const clientIds = isOneOf(ofListed, action) ? applicationsIn(details) : clientId === null ? [] : [clientId];
  return clientIds.map((each) => ({ clientId: each, met: isOneOf(met, action), since: at }));
}

function isAboutGuest(action: string): boolean {
  return isOneOf(toThoseWhoMet, action) || isOneOf(toThoseWhoKnow, action);
}

function subsIn({ guestSub, action, details }: store.TrailRow): string[] {
  const sub = guestSub === null ? [] : [guestSub];
  return action === "guest.merged" ? [...sub, lostIn(details)] : sub;
}

function isOneOf(actions: readonly AuditAction[], action: string): boolean {
  return (actions as readonly string[]).includes(action);
}

function applicationsIn(details: string): string[] {
  return (readable(details) as { applications?: string[] }).applications ?? [];
}

function lostIn(details: string): string {
  return (readable(details) as { lost?: string }).lost ?? "";
}
