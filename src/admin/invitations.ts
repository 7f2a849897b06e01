import { z } from "zod";
import { type Caller, confinedTo } from "./caller.ts";
import { cursorAt, readCursor } from "./cursor.ts";
import { AddressText, Identifier, PageBody, PageQuery, pageOf, shortPages } from "./fields.ts";
import { exampleInvitation, InvitationResult, invitationStates, showInvitation } from "./invitation-results.ts";
import { applicationFor, type InviteDeps, invite, NewInvitation } from "./invite.ts";
import { type AnyOperation, operation } from "./operation.ts";
import { notAllowed } from "./problem.ts";

const filters = {
  client_id: Identifier.optional().describe("To this application"),
  sub: Identifier.optional().describe("Of this guest"),
  state: invitationStates.optional(),
};
const SearchBody = z.strictObject({
  ...PageBody.shape,
  ...filters,
  email: AddressText.optional().describe("To this address"),
  sponsor_email: AddressText.optional().describe("By this sponsor"),
});
const InvitationPage = pageOf(InvitationResult);

export function invitationOperations(deps: InviteDeps): AnyOperation[] {
  const { clock, invitations } = deps;

  async function list(caller: Caller, query: z.output<typeof SearchBody>) {
    const own = confinedTo(caller);
    const { limit, cursor, client_id: named, sub, state, email, sponsor_email: sponsor } = query;
    if (own !== undefined && named !== undefined && named !== own)
      throw notAllowed("An application sees the invitations to itself only: leave client_id out.");
    const clientId = own ?? named;
    const filter = {
      ...(clientId === undefined ? {} : { clientId }),
      ...(sub === undefined ? {} : { guestSub: sub }),
      ...(state === undefined ? {} : { state }),
      ...(email === undefined ? {} : { addressKey: email.key }),
      ...(sponsor === undefined ? {} : { sponsorKey: sponsor.key }),
    };
    const place = readCursor(cursor);
    const page = await invitations.list(filter, limit, place && { createdAt: place.at, id: place.id });
    return {
      items: page.invitations.map((invitation) => showInvitation(caller, invitation, clock.now())),
      next: page.next && cursorAt(page.next.createdAt, page.next.id),
    };
  }

  return [
    operation({
      id: "createInvitation",
      method: "post",
      path: "/invitations",
      summary: "Invite an address to an application",
      details:
        "The guest is recorded at once, so that the answer has the `sub` before the first sign-in. Inviting the same address to the same application and target again extends and resends it (200).",
      scope: "invitations:write",
      own: true,
      creates: true,
      body: NewInvitation,
      result: InvitationResult,
      status: 201,
      example: {
        body: {
          email: "ada@example.com",
          target_url: "https://files.example.com/f/42",
          label: "Plan for the bridge",
          sponsor_name: "Charles",
          sponsor_email: "charles@example.org",
          message: "Have a look before Friday",
        },
        result: exampleInvitation,
      },
      run: async ({ caller, body }) => {
        const application = await applicationFor(deps, caller, body.client_id);
        const { invitation, link, created } = await invite(deps, caller, application, body);
        const shown = showInvitation(caller, invitation, clock.now());
        return {
          status: created ? 201 : 200,
          body: { ...shown, ...(body.send_mail ? {} : { link }) },
          version: invitation.updatedAt,
        };
      },
    }),
    operation({
      id: "listInvitations",
      method: "get",
      path: "/invitations",
      summary: "List invitations, the newest first",
      details: `An application sees the invitations to itself. ${shortPages}`,
      scope: "invitations:read",
      own: true,
      query: PageQuery.extend(filters),
      result: InvitationPage,
      status: 200,
      example: { query: { state: "pending" }, result: { items: [exampleInvitation], next: null } },
      run: async ({ caller, query }) => ({ status: 200, body: await list(caller, query) }),
    }),
    operation({
      id: "searchInvitations",
      method: "post",
      path: "/invitations/search",
      summary: "Find invitations by address or sponsor",
      details: `Addresses travel in bodies, so that no URL and no log holds them. ${shortPages}`,
      scope: "invitations:read",
      own: true,
      body: SearchBody,
      result: InvitationPage,
      status: 200,
      example: { body: { sponsor_email: "charles@example.org" }, result: { items: [exampleInvitation], next: null } },
      run: async ({ caller, body }) => ({ status: 200, body: await list(caller, body) }),
    }),
  ];
}
