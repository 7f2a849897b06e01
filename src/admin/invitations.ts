import { z } from "zod";
import type { Applications } from "../applications/applications.ts";
import { type Clock, day } from "../clock.ts";
import type { Invitation } from "../invitations/invitation.ts";
import type { Invitations, InviteOutcome, InviteRequest } from "../invitations/invitations.ts";
import type { SettingsService } from "../settings/settings.ts";
import { type Caller, confinedTo } from "./caller.ts";
import { readCursor, writeCursor } from "./cursor.ts";
import { type AnyOperation, operation } from "./operation.ts";
import { changedMeanwhile, notFound, Problem } from "./problem.ts";
import { AddressText, Days, InvitationResult, Line, Locale, PageQuery, PlainText, pageOf, Time, toInvitationResult } from "./schemas.ts";

export interface InvitationOperationDeps {
  clock: Clock;
  invitations: Invitations;
  applications: Applications;
  settings: SettingsService;
}

export const NewInvitation = z.strictObject({
  email: AddressText,
  /** An administrator's client names the application; an application's own client invites to itself. */
  client_id: z.string().max(200).optional(),
  target_url: z
    .url({ protocol: /^https?$/ })
    .max(2000)
    .nullable()
    .default(null),
  label: Line.nullable().default(null),
  sponsor_name: Line.nullable().default(null),
  sponsor_email: AddressText.nullable().default(null),
  message: PlainText.nullable().default(null),
  name: Line.nullable().default(null),
  locale: Locale.nullable().default(null),
  reverification_days: Days.nullable().default(null),
  redeem_by: Time.optional(),
  access_ends_at: Time.nullable().default(null),
  send_mail: z.boolean().default(true),
});
export type NewInvitationInput = z.output<typeof NewInvitation>;

const Id = z.object({ id: z.string().max(100) });
const params = { id: "0d3c1f9e-1a55-4c5e-8a43-5c0f3c1f7f0e" };
export const exampleInvitation = {
  id: params.id,
  state: "pending" as const,
  client_id: "files",
  sub: "1f0b6f0c-6a0e-4a53-9d0c-8a5b0d9a2f11",
  email: "ada@example.com",
  target_url: "https://files.example.com/f/42",
  label: "Plan for the bridge",
  sponsor_name: "Charles",
  sponsor_email: "charles@example.org",
  message: "Have a look before Friday",
  reverification_days: null,
  created_at: "2026-11-24T08:00:00.000Z",
  redeem_by: "2026-12-08T08:00:00.000Z",
  access_ends_at: null,
  redeemed_at: null,
  revoked_at: null,
};

export function invitationOperations(deps: InvitationOperationDeps): AnyOperation[] {
  const { clock, invitations } = deps;
  const present = (invitation: Invitation) => toInvitationResult(invitation, clock.now());

  return [
    operation({
      id: "createInvitation",
      method: "post",
      path: "/invitations",
      summary: "Invite an address to an application; inviting it again to the same target extends and resends",
      scope: "invitations:write",
      own: true,
      body: NewInvitation,
      result: InvitationResult,
      status: 201,
      example: {
        body: {
          email: "ada@example.com",
          target_url: "https://files.example.com/f/42",
          label: "Plan for the bridge",
          sponsor_name: "Charles",
        },
        result: exampleInvitation,
      },
      run: async ({ caller, body }) => {
        const result = await invite(deps, caller, body);
        if (result.outcome !== "invited") throw refusal(result);
        // An application that sends its own mail gets the link back.
        const link = body.send_mail ? {} : { link: result.link };
        return {
          status: result.created ? 201 : 200,
          body: { ...present(result.invitation), ...link },
          version: result.invitation.updatedAt,
        };
      },
    }),
    operation({
      id: "listInvitations",
      method: "get",
      path: "/invitations",
      summary: "List invitations, the newest first",
      scope: "invitations:read",
      own: true,
      query: PageQuery.extend({
        client_id: z.string().max(200).optional(),
        sub: z.string().max(100).optional(),
        sponsor_email: z.string().max(320).optional(),
      }),
      result: pageOf(InvitationResult),
      status: 200,
      example: { query: { client_id: "files" }, result: { items: [exampleInvitation], next: null } },
      run: async ({ caller, query }) => {
        const own = confinedTo(caller);
        if (own !== undefined && query.client_id !== undefined && query.client_id !== own)
          throw new Problem(403, "Not allowed", "An application sees the invitations to itself only: leave client_id out.");
        const clientId = own ?? query.client_id;
        const place = readCursor(query.cursor);
        const filter = {
          ...(clientId === undefined ? {} : { clientId }),
          ...(query.sub === undefined ? {} : { guestSub: query.sub }),
          ...(query.sponsor_email === undefined ? {} : { sponsorEmail: query.sponsor_email }),
        };
        const items = await invitations.list(filter, query.limit, place && { createdAt: place.at, id: place.id });
        const last = items.at(-1);
        return {
          status: 200,
          body: { items: items.map(present), next: last && items.length === query.limit ? writeCursor(last.createdAt, last.id) : null },
        };
      },
    }),
    operation({
      id: "readInvitation",
      method: "get",
      path: "/invitations/:id",
      summary: "Read an invitation",
      scope: "invitations:read",
      own: true,
      params: Id,
      result: InvitationResult,
      status: 200,
      example: { params, result: exampleInvitation },
      run: async ({ caller, params: { id } }) => {
        const invitation = await read(deps, caller, id);
        return { status: 200, body: present(invitation), version: invitation.updatedAt };
      },
    }),
    operation({
      id: "extendInvitation",
      method: "patch",
      path: "/invitations/:id",
      summary: "Move the date until which it can be redeemed, or the end of access",
      scope: "invitations:write",
      own: true,
      params: Id,
      body: z.strictObject({ redeem_by: Time.optional(), access_ends_at: Time.nullable().optional() }),
      result: InvitationResult,
      status: 200,
      example: {
        params,
        body: { access_ends_at: "2027-06-30T00:00:00Z" },
        result: { ...exampleInvitation, access_ends_at: "2027-06-30T00:00:00.000Z" },
      },
      run: async ({ caller, params: { id }, body, ifMatch }) => {
        const invitation = await read(deps, caller, id);
        if (ifMatch !== undefined && ifMatch !== invitation.updatedAt) throw changedMeanwhile();
        if (invitation.revokedAt !== null) throw new Problem(409, "Revoked", "It is revoked. Invite the address again.");
        const { redeem_by: redeemBy = invitation.redeemBy, access_ends_at: accessEndsAt = invitation.accessEndsAt } = body;
        if (!(await invitations.extend(invitation, { redeemBy, accessEndsAt }, caller.actor))) throw changedMeanwhile();
        const after = await read(deps, caller, id);
        return { status: 200, body: present(after), version: after.updatedAt };
      },
    }),
    operation({
      id: "resendInvitation",
      method: "post",
      path: "/invitations/:id/resend",
      summary: "Send the mail again, with the same link",
      scope: "invitations:write",
      own: true,
      params: Id,
      result: InvitationResult,
      status: 200,
      example: { params, result: exampleInvitation },
      run: async ({ caller, params: { id } }) => {
        const invitation = await read(deps, caller, id);
        if (!(await invitations.resend(invitation, caller.actor)))
          throw new Problem(409, "Over", "It is revoked or expired. Extend it, or invite the address again.");
        return { status: 200, body: present(invitation) };
      },
    }),
    operation({
      id: "revokeInvitation",
      method: "post",
      path: "/invitations/:id/revoke",
      summary: "Take the right away at once; the guest's other invitations stay",
      scope: "invitations:write",
      own: true,
      params: Id,
      result: InvitationResult,
      status: 200,
      example: { params, result: { ...exampleInvitation, state: "revoked" as const, revoked_at: "2026-11-25T08:00:00.000Z" } },
      run: async ({ caller, params: { id } }) => {
        const invitation = await read(deps, caller, id);
        await invitations.revoke(invitation, caller.actor);
        return { status: 200, body: present(await read(deps, caller, id)) };
      },
    }),
  ];
}

/** Invites for the caller: to its own application, or as an administrator to the one that is named. */
export async function invite(deps: InvitationOperationDeps, caller: Caller, input: NewInvitationInput): Promise<InviteOutcome> {
  const application = await deps.applications.find(applicationFor(caller, input.client_id));
  if (!application) throw new Problem(404, "Not found", `There is no application ${input.client_id}.`);
  const { invitationDays } = await deps.settings.get();
  const request: InviteRequest = {
    application,
    address: input.email,
    targetUrl: input.target_url,
    label: input.label,
    sponsorName: input.sponsor_name,
    sponsorEmail: input.sponsor_email?.typed ?? null,
    message: input.message,
    name: input.name,
    locale: input.locale,
    reverificationDays: input.reverification_days,
    redeemBy: input.redeem_by ?? deps.clock.now() + invitationDays * day,
    accessEndsAt: input.access_ends_at,
    sendMail: input.send_mail,
  };
  return deps.invitations.invite(request, caller.actor);
}

export function refusal(result: Exclude<InviteOutcome, { outcome: "invited" }>): Problem {
  switch (result.outcome) {
    case "foreign-target":
      return new Problem(
        422,
        "Foreign target",
        "The target URL lies under none of the application's registered target origins. Register its origin first.",
      );
    case "domain-refused":
      return new Problem(
        422,
        "Domain refused",
        "Addresses of this domain may not be invited: the domain lists of the settings or of the application say so.",
      );
    case "guest-suspended":
      return new Problem(409, "Guest suspended", "The guest with this address is suspended. Resume the guest first.", { sub: result.sub });
  }
}

function applicationFor(caller: Caller, named: string | undefined): string {
  const own = confinedTo(caller);
  if (own !== undefined && named !== undefined && named !== own)
    throw new Problem(403, "Not allowed", "An application invites to itself only: leave client_id out.");
  const clientId = own ?? named;
  if (clientId === undefined) throw new Problem(400, "Bad request", "Say which application it is for, in client_id.");
  return clientId;
}

/** @throws Problem 404 for what the caller may not see, as for what is not there */
async function read({ invitations }: InvitationOperationDeps, caller: Caller, id: string): Promise<Invitation> {
  const invitation = await invitations.find(id);
  const own = confinedTo(caller);
  if (!invitation || (own !== undefined && invitation.clientId !== own)) throw notFound("invitation");
  return invitation;
}
