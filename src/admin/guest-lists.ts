import { z } from "zod";
import type { DueGuests } from "../admission/due-guests.ts";
import { type Caller, confinedTo } from "../api/caller.ts";
import { cursorAt, readCursor } from "../api/cursor.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { notAllowed } from "../api/problem.ts";
import type { Clock } from "../clock.ts";
import { searchable } from "../guests/address.ts";
import type { GuestFilter } from "../guests/guests.ts";
import type { InviteeFilter } from "../invitations/invitee.ts";
import { showDeadline } from "./deadlines.ts";
import { AddressText, Domain, Flag, Identifier, Line, PageBody, PageQuery, pageOf, shortPages, Time } from "./fields.ts";
import { type GuestAccessDeps, lookUp } from "./guest-access.ts";
import { exampleGuest, GuestResult, showGuest, showInvitee } from "./guest-results.ts";

const filters = {
  state: z.enum(["invited", "active", "suspended"]).optional(),
  domain: Domain.optional().describe("The domain of any of the guest's addresses"),
  client_id: Identifier.optional().describe("Invited to this application; with due_before, the application to check"),
  due_before: Time.optional().describe(
    "Guests who must prove a mailbox again before then, at an application that admits them; each has its earliest `deadline`",
  ),
  expires_before: Time.optional().describe("Guests whose record ends before then, and has not ended"),
  verified_before: Time.optional().describe("Guests whose primary mailbox was last proven before then, or never"),
};
const aboutUndeliverable = "true: guests with a mailbox that permanently refuses mail; false: guests without one";
const aboutErasure = "true: guests who asked to be erased; false: the others";
const ListQuery = PageQuery.extend({
  ...filters,
  undeliverable: Flag.optional().describe(aboutUndeliverable),
  erasure_asked: Flag.optional().describe(aboutErasure),
});
/** The filters for guests, in a body. */
export const GuestSearch = z.strictObject({
  ...filters,
  undeliverable: z.boolean().optional().describe(aboutUndeliverable),
  erasure_asked: z.boolean().optional().describe(aboutErasure),
  search: Line.optional().describe("Part of an address or a name, three letters or more; fewer match the beginning of an address"),
  email: AddressText.optional().describe("Any address of the guest"),
  sponsor_email: AddressText.optional().describe("Invited by this sponsor"),
  external_id: Line.optional(),
});
const SearchBody = z.strictObject({ ...PageBody.shape, ...GuestSearch.shape });
type Search = z.output<typeof SearchBody>;

const GuestPage = pageOf(GuestResult);
const exampleBulk = { guests: [{ address: "ada@example.com", sub: exampleGuest.sub }] };

export interface GuestListDeps extends GuestAccessDeps {
  clock: Clock;
  dueGuests: DueGuests;
}

export function guestListOperations(deps: GuestListDeps): AnyOperation[] {
  const list = (caller: Caller, query: Search) => {
    const clientId = confinedTo(caller);
    return clientId === undefined ? listAll(deps, query) : listInvitees(deps, clientId, query);
  };

  return [
    operation({
      id: "listGuests",
      method: "get",
      path: "/guests",
      summary: "List guests, newest first",
      details: `An application sees the guests invited to it, in no particular order, and may filter by domain only. ${shortPages}`,
      scope: "guests:read",
      own: true,
      query: ListQuery,
      result: GuestPage,
      status: 200,
      example: { query: { domain: "example.com" }, result: { items: [exampleGuest], next: null } },
      run: async ({ caller, query }) => ({ status: 200, body: await list(caller, query) }),
    }),
    operation({
      id: "searchGuests",
      method: "post",
      path: "/guests/search",
      summary: "Find guests by part of an address or name, by an address, a sponsor or your own identifier",
      details: `Addresses and names are sent in bodies, so that they appear in no URL or log. ${shortPages}`,
      scope: "guests:read",
      own: true,
      body: SearchBody,
      result: GuestPage,
      status: 200,
      example: { body: { search: "lovelace" }, result: { items: [exampleGuest], next: null } },
      run: async ({ caller, body }) => ({ status: 200, body: await list(caller, body) }),
    }),
    operation({
      id: "lookUpGuests",
      method: "post",
      path: "/guests/lookup",
      summary: "Look up the sub of each of up to 1,000 addresses, or null",
      details: "Any of a guest's addresses finds the guest. An application finds only addresses that were invited to it.",
      scope: "guests:read",
      own: true,
      body: z.strictObject({ addresses: z.array(z.string().max(1000)).min(1).max(1000) }),
      result: z.object({ guests: z.array(z.object({ address: z.string().describe("As you sent it"), sub: z.string().nullable() })) }),
      status: 200,
      example: { body: { addresses: ["ada@example.com"] }, result: exampleBulk },
      run: async ({ caller, body }) => ({ status: 200, body: { guests: await lookUp(deps, caller, body.addresses) } }),
    }),
  ];
}

async function listAll({ guests, dueGuests, clock }: GuestListDeps, query: Search) {
  const { limit, cursor, due_before: before } = query;
  const from = readCursor(cursor);
  const place = from && { createdAt: from.at, sub: from.id };
  const filter = toGuestFilter(query, clock.now());
  if (before === undefined) {
    const page = await guests.list(filter, limit, place);
    return { items: page.guests.map((guest) => showGuest(guest)), next: page.next && cursorAt(page.next.createdAt, page.next.sub) };
  }
  const { clientId, ...others } = filter;
  const page = await dueGuests.list({ before, ...(clientId === undefined ? {} : { clientId }) }, others, limit, place);
  const items = page.guests.map(({ guest, deadline }) => ({ ...showGuest(guest), deadline: showDeadline(deadline) }));
  return { items, next: page.next && cursorAt(page.next.createdAt, page.next.sub) };
}

async function listInvitees({ invitees }: GuestAccessDeps, clientId: string, query: Search) {
  const { limit, cursor } = query;
  const page = await invitees.list(clientId, toInviteeFilter(clientId, query), limit, readCursor(cursor)?.id);
  return { items: page.invitees.map(showInvitee), next: page.next && cursorAt(0, page.next) };
}

export function toGuestFilter(
  {
    state,
    domain,
    client_id: clientId,
    expires_before: endsBefore,
    verified_before: provenBefore,
    undeliverable,
    erasure_asked: erasureAsked,
    search,
    email,
    sponsor_email: sponsor,
    external_id: externalId,
  }: z.output<typeof GuestSearch>,
  now: number,
): GuestFilter {
  return {
    ...(state === undefined ? {} : { state }),
    ...(domain === undefined ? {} : { domain }),
    ...(clientId === undefined ? {} : { clientId }),
    ...(endsBefore === undefined ? {} : { ends: { after: now, before: endsBefore } }),
    ...(provenBefore === undefined ? {} : { provenBefore }),
    ...(undeliverable === undefined ? {} : { undeliverable }),
    ...(erasureAsked === undefined ? {} : { erasureAsked }),
    ...(search === undefined ? {} : { search }),
    ...(email === undefined ? {} : { addressKey: email.key }),
    ...(sponsor === undefined ? {} : { sponsorKey: sponsor.key }),
    ...(externalId === undefined ? {} : { externalId }),
  };
}

/** @throws Problem 403 for filters that would reveal what only administrators may know */
function toInviteeFilter(own: string, query: Search): InviteeFilter {
  const {
    state,
    client_id: clientId,
    verified_before: provenBefore,
    due_before: dueBefore,
    expires_before: endsBefore,
    undeliverable,
    erasure_asked: erasureAsked,
    external_id: externalId,
    search,
    email,
    domain,
    sponsor_email: sponsor,
  } = query;
  if (clientId !== undefined && clientId !== own)
    throw notAllowed("An application sees only the guests invited to it: leave client_id out.");
  if ([state, provenBefore, dueBefore, endsBefore, undeliverable, erasureAsked, externalId].some((given) => given !== undefined))
    throw notAllowed(
      "Only an administrator's client may filter by state, verified_before, due_before, expires_before, undeliverable, erasure_asked or external_id.",
    );
  return {
    ...(search === undefined ? {} : { search: searchable(search) }),
    ...(email === undefined ? {} : { addressKey: email.key }),
    ...(domain === undefined ? {} : { domain }),
    ...(sponsor === undefined ? {} : { sponsorKey: sponsor.key }),
  };
}
