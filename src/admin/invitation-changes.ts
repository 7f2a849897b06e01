import { z } from "zod";
import { type Caller, confinedTo } from "../api/caller.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { changedMeanwhile, notFound, Problem } from "../api/problem.ts";
import { type Address, parseAddress } from "../guests/address.ts";
import type { Invitation } from "../invitations/invitation.ts";
import { Identifier, Time } from "./fields.ts";
import { exampleInvitationMail } from "./invitation-mail.ts";
import { exampleInvitation, InvitationResult, showOne } from "./invitation-results.ts";
import { applicationFor, check, type InviteDeps, mailing } from "./invite.ts";

const common = { own: true, params: z.object({ id: Identifier }), result: InvitationResult, status: 200 };
const params = { id: exampleInvitation.id };
const revoked = { ...exampleInvitation, state: "revoked" as const, revoked_at: "2026-11-25T08:00:00.000Z" };

export function invitationChangeOperations(deps: InviteDeps): AnyOperation[] {
  const { clock, invitations, outbox } = deps;

  /** @throws Problem 404 for what the caller may not see or what does not exist; 412 if it is not the given version */
  async function read(caller: Caller, id: string, ifMatch?: number): Promise<Invitation> {
    const invitation = await invitations.find(id);
    const own = confinedTo(caller);
    if (!invitation || (own !== undefined && invitation.clientId !== own)) throw notFound("invitation");
    if (ifMatch !== undefined && ifMatch !== invitation.updatedAt) throw changedMeanwhile();
    return invitation;
  }

  async function shown(caller: Caller, id: string) {
    const invitation = await read(caller, id);
    return {
      status: 200,
      body: await showOne(outbox, caller, invitation, clock.now()),
      version: invitation.updatedAt,
    };
  }

  return [
    operation({
      ...common,
      id: "readInvitation",
      method: "get",
      path: "/invitations/:id",
      summary: "Read an invitation",
      scope: "invitations:read",
      example: { params, result: { ...exampleInvitation, mail: exampleInvitationMail } },
      run: ({ caller, params: { id } }) => shown(caller, id),
    }),
    operation({
      ...common,
      id: "extendInvitation",
      method: "patch",
      path: "/invitations/:id",
      summary: "Change how long an invitation can be redeemed, or when access ends",
      scope: "invitations:write",
      versioned: true,
      body: z.strictObject({ redeem_by: Time.optional(), access_ends_at: Time.nullable().optional().describe("null means never") }),
      example: {
        params,
        body: { access_ends_at: "2027-06-30T00:00:00Z" },
        result: { ...exampleInvitation, access_ends_at: "2027-06-30T00:00:00.000Z" },
      },
      run: async ({ caller, params: { id }, body, ifMatch }) => {
        const invitation = await read(caller, id, ifMatch);
        if (invitation.revokedAt !== null) throw new Problem(409, "Revoked", "The invitation is revoked. Invite the address again.");
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
      summary: "Send an invitation's mail again, with the same link",
      scope: "invitations:write",
      narrower: "invitations:resend",
      creates: true,
      example: { params, result: exampleInvitation },
      run: async ({ caller, params: { id } }) => {
        const invitation = await read(caller, id);
        const application = await applicationFor(deps, caller, invitation.clientId);
        const address = parseAddress(invitation.address) as Address;
        await check(deps, { application, address, targetUrl: null, discreet: confinedTo(caller) !== undefined });
        await mailing(deps, invitation.clientId, invitation.address, async () => {
          if (!(await invitations.resend(invitation, caller.actor)))
            throw new Problem(409, "Over", "The invitation is revoked or expired. Extend it, or invite the address again.");
        });
        return shown(caller, id);
      },
    }),
    operation({
      ...common,
      id: "revokeInvitation",
      method: "post",
      path: "/invitations/:id/revoke",
      summary: "Revoke an invitation at once; the guest's other invitations stay",
      scope: "invitations:write",
      example: { params, result: revoked },
      run: async ({ caller, params: { id } }) => {
        await invitations.revoke(await read(caller, id), caller.actor);
        return shown(caller, id);
      },
    }),
  ];
}
