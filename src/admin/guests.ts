import { z } from "zod";
import type { Guest, GuestChange } from "../guests/guest.ts";
import type { GuestFilter, Guests } from "../guests/guests.ts";
import type { GuestLifeCycle } from "../guests/life-cycle.ts";
import type { Invitations } from "../invitations/invitations.ts";
import { confinedTo } from "./caller.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { isVisible, lookUp, presentGuest, readGuest, readVisibleGuest } from "./guest-access.ts";
import { type AnyOperation, operation } from "./operation.ts";
import { changedMeanwhile, Problem } from "./problem.ts";
import { AddressText, Days, GuestResult, Line, Locale, PageQuery, pageOf, Time, toGuestResult } from "./schemas.ts";

export interface GuestOperationDeps {
  guests: Guests;
  lifeCycle: GuestLifeCycle;
  invitations: Invitations;
}

const Sub = z.object({ sub: z.string().max(100) });
const Changeable = {
  name: Line.nullable().optional(),
  locale: Locale.nullable().optional(),
  external_id: Line.nullable().optional(),
  notes: z.string().max(4000).nullable().optional(),
  reverification_days: Days.nullable().optional(),
  expires_at: Time.nullable().optional(),
};
const NewGuest = z.strictObject({ email: AddressText, ...Changeable });
const GuestUpdate = z.strictObject(Changeable);
const ListQuery = PageQuery.extend({
  state: z.enum(["invited", "active", "suspended"]).optional(),
  search: z.string().min(1).max(200).optional(),
  domain: z.string().toLowerCase().max(253).optional(),
  client_id: z.string().max(200).optional(),
  sponsor_email: z.string().max(320).optional(),
  external_id: z.string().max(200).optional(),
  email: AddressText.optional(),
  verified_before: Time.optional(),
});

const exampleGuest = {
  sub: "1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11",
  state: "invited" as const,
  email: "ada@example.com",
  name: "Ada Lovelace",
  locale: "en",
  external_id: null,
  notes: null,
  suspended_reason: null,
  reverification_days: null,
  expires_at: null,
  verified_at: null,
  created_at: "2026-11-24T08:00:00.000Z",
  updated_at: "2026-11-24T08:00:00.000Z",
};
const exampleSub = { sub: exampleGuest.sub };

export function guestOperations(deps: GuestOperationDeps): AnyOperation[] {
  const { guests, lifeCycle } = deps;

  return [
    operation({
      id: "listGuests",
      method: "get",
      path: "/guests",
      summary:
        "List guests, the newest first; filter by state, domain, application, sponsor, address, or search by part of an address or name",
      scope: "guests:read",
      own: true,
      query: ListQuery,
      result: pageOf(GuestResult),
      status: 200,
      example: { query: { search: "lovelace" }, result: { items: [exampleGuest], next: null } },
      run: async ({ caller, query }) => {
        const { limit, cursor, email, ...filter } = query;
        if (email) {
          const found = await guests.findByAddress(email);
          const visible = found !== undefined && (await isVisible(deps, caller, found.guest));
          return { status: 200, body: { items: visible ? [presentGuest(caller, found.guest)] : [], next: null } };
        }
        const place = readCursor(cursor);
        const items = await guests.list(toFilter(filter, confinedTo(caller)), limit, place && { createdAt: place.at, sub: place.id });
        return { status: 200, body: { items: items.map((guest) => presentGuest(caller, guest)), next: nextOf(items, limit) } };
      },
    }),
    operation({
      id: "createGuest",
      method: "post",
      path: "/guests",
      summary: "Record a guest; an address that a guest has answers that guest",
      scope: "guests:write",
      own: false,
      body: NewGuest,
      result: GuestResult,
      status: 201,
      example: { body: { email: "ada@example.com", name: "Ada Lovelace" }, result: exampleGuest },
      run: async ({ caller, body }) => {
        const { email, name, locale, ...rest } = body;
        const { sub, created } = await guests.add(email, { name: name ?? null, locale: locale ?? null }, caller.actor);
        const guest = await readGuest(deps, sub);
        const change = toChange(rest);
        if (created && Object.keys(change).length > 0 && !(await guests.update(guest, change, caller.actor))) throw changedMeanwhile();
        const result = await readGuest(deps, sub);
        return { status: created ? 201 : 200, body: toGuestResult(result), version: result.updatedAt };
      },
    }),
    operation({
      id: "lookUpGuests",
      method: "post",
      path: "/guests/lookup",
      summary: "Look up to 1,000 addresses up at once: the sub of each, or null",
      scope: "guests:read",
      own: true,
      body: z.strictObject({ addresses: z.array(z.string().max(1000)).min(1).max(1000) }),
      result: z.object({ guests: z.array(z.object({ address: z.string(), sub: z.string().nullable() })) }),
      status: 200,
      example: { body: { addresses: ["ada@example.com"] }, result: { guests: [{ address: "ada@example.com", sub: exampleGuest.sub }] } },
      run: async ({ caller, body }) => ({ status: 200, body: { guests: await lookUp(deps, caller, body.addresses) } }),
    }),
    operation({
      id: "readGuest",
      method: "get",
      path: "/guests/:sub",
      summary: "Read a guest with every address; a merged-away sub answers with the survivor",
      scope: "guests:read",
      own: true,
      params: Sub,
      result: GuestResult,
      status: 200,
      example: {
        params: exampleSub,
        result: { ...exampleGuest, aliases: [{ address: "ada@example.com", primary: true, mailbox: "7d7a", verified_at: null }] },
      },
      run: async ({ caller, params }) => {
        const guest = await readVisibleGuest(deps, caller, params.sub);
        const body = confinedTo(caller) === undefined ? toGuestResult(guest, await guests.aliases(guest.sub)) : presentGuest(caller, guest);
        return { status: 200, body, version: guest.updatedAt };
      },
    }),
    operation({
      id: "updateGuest",
      method: "patch",
      path: "/guests/:sub",
      summary: "Change a guest; what is not given stays, null removes",
      scope: "guests:write",
      own: false,
      params: Sub,
      body: GuestUpdate,
      result: GuestResult,
      status: 200,
      example: { params: exampleSub, body: { notes: "met at the fair" }, result: { ...exampleGuest, notes: "met at the fair" } },
      run: async ({ caller, params, body, ifMatch }) => {
        const guest = await readGuest(deps, params.sub);
        if (ifMatch !== undefined && ifMatch !== guest.updatedAt) throw changedMeanwhile();
        if (!(await guests.update(guest, toChange(body), caller.actor))) throw changedMeanwhile();
        const after = await readGuest(deps, params.sub);
        return { status: 200, body: toGuestResult(after), version: after.updatedAt };
      },
    }),
    operation({
      id: "suspendGuest",
      method: "post",
      path: "/guests/:sub/suspend",
      summary: "Shut a guest out at once, with the reason",
      scope: "guests:write",
      own: false,
      params: Sub,
      body: z.strictObject({ reason: z.string().trim().min(1).max(1000) }),
      result: GuestResult,
      status: 200,
      example: {
        params: exampleSub,
        body: { reason: "left the partner company" },
        result: { ...exampleGuest, state: "suspended" as const, suspended_reason: "left the partner company" },
      },
      run: async ({ caller, params, body }) => {
        const { sub } = await readGuest(deps, params.sub);
        await guests.suspend(sub, body.reason, caller.actor);
        return { status: 200, body: toGuestResult(await readGuest(deps, sub)) };
      },
    }),
    operation({
      id: "resumeGuest",
      method: "post",
      path: "/guests/:sub/resume",
      summary: "Let a suspended guest in again",
      scope: "guests:write",
      own: false,
      params: Sub,
      result: GuestResult,
      status: 200,
      example: { params: exampleSub, result: exampleGuest },
      run: async ({ caller, params }) => {
        const { sub } = await readGuest(deps, params.sub);
        await guests.resume(sub, caller.actor);
        return { status: 200, body: toGuestResult(await readGuest(deps, sub)) };
      },
    }),
    operation({
      id: "mergeGuest",
      method: "post",
      path: "/guests/:sub/merge",
      summary: "Merge another guest into this one: this sub survives, the other answers with it",
      scope: "guests:write",
      own: false,
      params: Sub,
      body: z.strictObject({ lost_sub: z.string().max(100) }),
      result: GuestResult,
      status: 200,
      example: { params: exampleSub, body: { lost_sub: "6a5e0c52-30c7-4a43-8d0f-90a5a1d5b7c2" }, result: exampleGuest },
      run: async ({ caller, params, body }) => {
        const survivor = await readGuest(deps, params.sub);
        const lost = await readGuest(deps, body.lost_sub);
        if (lost.sub === survivor.sub) throw new Problem(409, "Same guest", "Both are the same guest.");
        await lifeCycle.merge(lost, survivor, caller.actor);
        const after = await readGuest(deps, survivor.sub);
        return { status: 200, body: toGuestResult(after, await guests.aliases(after.sub)), version: after.updatedAt };
      },
    }),
    operation({
      id: "eraseGuest",
      method: "delete",
      path: "/guests/:sub",
      summary: "Erase a guest: the personal data goes everywhere, the audit trail keeps the fact",
      scope: "guests:write",
      own: false,
      params: Sub,
      status: 204,
      example: { params: exampleSub },
      run: async ({ caller, params, ifMatch }) => {
        const guest = await readGuest(deps, params.sub);
        if (ifMatch !== undefined && ifMatch !== guest.updatedAt) throw changedMeanwhile();
        await lifeCycle.erase(guest, caller.actor);
        return { status: 204 };
      },
    }),
  ];
}

/** For an application: the guests invited to it, found by the addresses that were invited and by nothing an administrator noted. */
function toFilter(query: Omit<z.output<typeof ListQuery>, "limit" | "cursor" | "email">, own: string | undefined): GuestFilter {
  if (own !== undefined && query.client_id !== undefined && query.client_id !== own)
    throw new Problem(403, "Not allowed", "An application sees the guests invited to itself only: leave client_id out.");
  if (own !== undefined && query.external_id !== undefined)
    throw new Problem(403, "Not allowed", "external_id is for an administrator's client.");
  const clientId = own ?? query.client_id;
  return {
    ...(query.state === undefined ? {} : { state: query.state }),
    ...(query.search === undefined ? {} : { search: query.search }),
    ...(query.domain === undefined ? {} : { domain: query.domain }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(own === undefined ? {} : { searchOnlyInvitedBy: own }),
    ...(query.sponsor_email === undefined ? {} : { sponsorEmail: query.sponsor_email }),
    ...(query.external_id === undefined ? {} : { externalId: query.external_id }),
    ...(query.verified_before === undefined ? {} : { provenBefore: query.verified_before }),
  };
}

function toChange(
  body: Omit<z.output<typeof GuestUpdate>, "name" | "locale"> & { name?: string | null | undefined; locale?: string | null | undefined },
): GuestChange {
  const { name, locale, external_id: externalId, notes, reverification_days: reverificationDays, expires_at: expiresAt } = body;
  const given = { name, locale, externalId, notes, reverificationDays, expiresAt };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function nextOf(items: Guest[], limit: number): string | null {
  const last = items.at(-1);
  return last && items.length === limit ? writeCursor(last.createdAt, last.sub) : null;
}
