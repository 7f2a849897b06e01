import { z } from "zod";
import { type Address, parseAddress } from "../guests/address.ts";
import type { Invitation } from "../invitations/invitation.ts";
import { type Caller, confinedTo } from "./caller.ts";
import { Identifier, Time } from "./fields.ts";
import { exampleInvitation, InvitationResult, showInvitation } from "./invitation-results.ts";
import { applicationFor, check, type InviteDeps } from "./invite.ts";
import { type AnyOperation, operation } from "./operation.ts";
import { changedMeanwhile, notFound, Problem } from "./problem.ts";
import { tooMany } from "./throttle.ts";

const common = { own: true, params: z.object({ id: Identifier }), result: InvitationResult, status: 200 };
const params = { id: exampleInvitation.id };
const revoked = { ...exampleInvitation, state: "revoked" as const, revoked_at: "2026-11-25T08:00:00.000Z" };

export function invitationChangeOperations(deps: InviteDeps): AnyOperation[] {
  const { clock, invitations } = deps;

  /** @throws Problem 404 for what the caller may not see, as for what is not there; 412 where it is not the given version */
  async function read(caller: Caller, id: string, ifMatch?: number): Promise<Invitation> {
    const invitation = await invitations.find(id);
    const own = confinedTo(caller);
    if (!invitation || (own !== undefined && invitation.clientId !== own)) throw notFound("invitation");
    if (ifMatch !== undefined && ifMatch !== invitation.updatedAt) throw changedMeanwhile();
    return invitation;
  }

  async function shown(caller: Caller, id: string) {
    const invitation = await read(caller, id);
    return { status: 200, body: showInvitation(caller, invitation, clock.now()), version: invitation.updatedAt };
  }

  return [
    operation({
      ...common,
      id: "readInvitation",
      method: "get",
      path: "/invitations/:id",
      summary: "Read an invitation",
      scope: "invitations:read",
      example: { params, result: exampleInvitation },
      run: ({ caller, params: { id } }) => shown(caller, id),
    }),
    operation({
      ...common,
      id: "extendInvitation",
      method: "patch",
      path: "/invitations/:id",
      summary: "Move the date until which it can be redeemed, or the end of access",
      scope: "invitations:write",
      versioned: true,
      body: z.strictObject({ redeem_by: Time.optional(), access_ends_at: Time.nullable().optional().describe("null is never") }),
      example: {
        params,
        body: { access_ends_at: "2027-06-30T00:00:00Z" },
        result: { ...exampleInvitation, access_ends_at: "2027-06-30T00:00:00.000Z" },
      },
      run: async ({ caller, params: { id }, body, ifMatch }) => {
        const invitation = await read(caller, id, ifMatch);
        if (invitation.revokedAt !== null) throw new Problem(409, "Revoked", "It is revoked. Invite the address again.");
        const { redeem_by: redeemBy = invitation.redeemBy, access_ends_at: accessEndsAt = invitation.accessEndsAt } = body;
        if (!(await invitations.extend(invitation, { redeemBy, accessEndsAt }, caller.actor))) throw changedMeanwhile();
        return shown(caller, id);
      },
    }),
    operation({
      ...common,
      id: "resendInvitation",
      method: "post",
      path: "/invitations/:id/resend",
      summary: "Send the mail again, with the same link",
      scope: "invitations:write",
      creates: true,
      example: { params, result: exampleInvitation },
      run: async ({ caller, params: { id } }) => {
        const invitation = await read(caller, id);
        const application = await applicationFor(deps, caller, invitation.clientId);
        const address = parseAddress(invitation.address) as Address;
        await check(deps, { application, address, targetUrl: null, discreet: confinedTo(caller) !== undefined });
        const wait = await deps.throttleMail(invitation.clientId, invitation.address);
        if (wait !== undefined) throw tooMany(wait, "The application sent many invitations to this address already.");
        if (!(await invitations.resend(invitation, caller.actor)))
          throw new Problem(409, "Over", "It is revoked or expired. Extend it, or invite the address again.");
        return shown(caller, id);
      },
    }),
    operation({
      ...common,
      id: "revokeInvitation",
      method: "post",
      path: "/invitations/:id/revoke",
      summary: "Take the right away at once; the guest's other invitations stay",
      scope: "invitations:write",
      example: { params, result: revoked },
      run: async ({ caller, params: { id } }) => {
        await invitations.revoke(await read(caller, id), caller.actor);
        return shown(caller, id);
      },
    }),
  ];
}
