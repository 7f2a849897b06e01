import { z } from "zod";
import { confinedTo } from "../api/caller.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { changedMeanwhile, notFound } from "../api/problem.ts";
import type { Clock } from "../clock.ts";
import type { Aliases } from "../guests/aliases.ts";
import type { GuestChange } from "../guests/guest.ts";
import type { GuestLifeCycle } from "../guests/life-cycle.ts";
import type { Invitations } from "../invitations/invitations.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { AddressText, Days, Line, Locale, plainText, Time } from "./fields.ts";
import { type GuestAccessDeps, readGuest, subParam } from "./guest-access.ts";
import { exampleAliases, exampleGuest, exampleLookAlikes, GuestResult, showGuest, showInvitee } from "./guest-results.ts";
import { exampleInvitation, showInvitations } from "./invitation-results.ts";

export interface GuestOperationDeps extends GuestAccessDeps {
  lifeCycle: GuestLifeCycle;
  aliases: Aliases;
  invitations: Pick<Invitations, "list">;
  outbox: Pick<Outbox, "records">;
  clock: Clock;
}

const mostInvitations = 20;

const Sub = z.object({ sub: subParam });
const changeable = {
  name: Line.nullable().optional().describe("The full name"),
  given_name: Line.nullable().optional(),
  family_name: Line.nullable().optional(),
  locale: Locale.nullable().optional(),
  external_id: Line.nullable().optional().describe("The guest's identifier in your own directory"),
  notes: plainText(4000).nullable().optional().describe("For administrators only"),
  reverification_days: Days.nullable().optional().describe("How often this guest proves the mailbox again; the strictest rule wins"),
  expires_at: Time.nullable().optional().describe("From then on the guest is treated as suspended"),
};
const NewGuest = z.strictObject({ email: AddressText, ...changeable });
const GuestUpdate = z.strictObject(changeable);

const exampleSub = { sub: exampleGuest.sub };

export function guestOperations(deps: GuestOperationDeps): AnyOperation[] {
  const { aliases, clock, guests, invitations, invitees, lifeCycle, outbox } = deps;

  return [
    operation({
      id: "createGuest",
      method: "post",
      path: "/guests",
      summary: "Record a guest",
      details: "If a guest already has the address, the answer is that guest (200), unchanged. An invitation also records its guest.",
      scope: "guests:write",
      own: false,
      creates: true,
      body: NewGuest,
      result: GuestResult,
      location: ({ sub }) => `/guests/${sub}`,
      status: 201,
      example: { body: { email: "ada@example.com", name: "Ada Lovelace" }, result: exampleGuest },
      run: async ({ caller, body }) => {
        const { email, ...details } = body;
        const { sub, created } = await guests.add(email, toChange(details), caller.actor);
        const result = await readGuest(deps, sub);
        return { status: created ? 201 : 200, body: showGuest(result), version: result.updatedAt };
      },
    }),
    operation({
      id: "readGuest",
      method: "get",
      path: "/guests/:sub",
      summary: "Read a guest and all its addresses",
      details:
        "The sub of a guest that was merged into another reads the other guest. An application can read the guests invited to it. Until a guest redeems an invitation, it sees the invited address only.",
      scope: "guests:read",
      own: true,
      params: Sub,
      result: GuestResult,
      status: 200,
      example: {
        params: exampleSub,
        result: { ...exampleGuest, ...exampleAliases, ...exampleLookAlikes, invitations: [exampleInvitation] },
      },
      run: async ({ caller, params: { sub } }) => {
        const clientId = confinedTo(caller);
        if (clientId !== undefined) {
          const invitee = await invitees.find(clientId, sub);
          if (!invitee) throw notFound("guest");
          return { status: 200, body: showInvitee(invitee) };
        }
        const guest = await readGuest(deps, sub);
        const listed = await guests.aliases(guest.sub);
        const alike = await aliases.lookAlikes(guest.sub, listed);
        const page = await invitations.list({ guestSub: guest.sub }, mostInvitations);
        const shown = await showInvitations(outbox, caller, page.invitations, clock.now());
        const body = { ...showGuest(guest, listed), look_alikes: alike, invitations: shown };
        return { status: 200, body, version: guest.updatedAt };
      },
    }),
    operation({
      id: "updateGuest",
      method: "patch",
      path: "/guests/:sub",
      summary: "Change a guest; fields left out stay as they are, null removes",
      scope: "guests:write",
      own: false,
      versioned: true,
      params: Sub,
      body: GuestUpdate,
      result: GuestResult,
      status: 200,
      example: { params: exampleSub, body: { notes: "met at the fair" }, result: { ...exampleGuest, notes: "met at the fair" } },
      run: async ({ caller, params, body, ifMatch }) => {
        const guest = await readGuest(deps, params.sub, ifMatch);
        if (!(await guests.update(guest, toChange(body), caller.actor))) throw changedMeanwhile();
        const after = await readGuest(deps, params.sub);
        return { status: 200, body: showGuest(after), version: after.updatedAt };
      },
    }),
    operation({
      id: "eraseGuest",
      method: "delete",
      path: "/guests/:sub",
      summary: "Erase a guest's personal data everywhere; the audit trail keeps only the fact",
      scope: "guests:write",
      own: false,
      versioned: true,
      params: Sub,
      status: 204,
      example: { params: exampleSub },
      run: async ({ caller, params, ifMatch }) => {
        const guest = await readGuest(deps, params.sub, ifMatch);
        if (!(await lifeCycle.erase(guest, caller.actor, ifMatch))) throw changedMeanwhile();
        return { status: 204 };
      },
    }),
  ];
}

function toChange({
  given_name: givenName,
  family_name: familyName,
  external_id: externalId,
  reverification_days: reverificationDays,
  expires_at: expiresAt,
  ...same
}: z.output<typeof GuestUpdate>): GuestChange {
  const given = { ...same, givenName, familyName, externalId, reverificationDays, expiresAt };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
