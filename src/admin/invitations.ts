import { z } from "zod";
import { type Caller, confinedTo } from "../api/caller.ts";
import { cursorAt, readCursor } from "../api/cursor.ts";
import { type AnyOperation, operation } from "../api/operation.ts";
import { notAllowed } from "../api/problem.ts";
import { AddressText, Identifier, PageBody, PageQuery, pageOf, shortPages, Time } from "./fields.ts";
import { exampleInvitationMail, mailTroubles } from "./invitation-mail.ts";
import { exampleInvitation, InvitationResult, invitationStates, showInvitations, showOne } from "./invitation-results.ts";
import { applicationFor, type InviteDeps, invite, keptLink, NewInvitation, withLink } from "./invite.ts";

const filters = {
  client_id: Identifier.optional().describe("To this application"),
  sub: Identifier.optional().describe("Of this guest"),
  state: invitationStates.optional(),
  mail: mailTroubles.optional(),
  ends_before: Time.optional().describe("Live invitations that can no longer be redeemed, or whose access ends, from before then on"),
};
const SearchBody = z.strictObject({
  ...PageBody.shape,
  ...filters,
  email: AddressText.optional().describe("To this address"),
  sponsor_email: AddressText.optional().describe("By this sponsor"),
});
const InvitationPage = pageOf(InvitationResult);

export function invitationOperations(deps: InviteDeps): AnyOperation[] {
  const { clock, invitations, outbox } = deps;

  async function list(caller: Caller, query: z.output<typeof SearchBody>) {
    const own = confinedTo(caller);
    const { limit, cursor, client_id: named, sub, state, mail, ends_before: endsBefore, email, sponsor_email: sponsor } = query;
    if (own !== undefined && named !== undefined && named !== own)
      throw notAllowed("An application sees only the invitations to itself: leave client_id out.");
    const clientId = own ?? named;
    const filter = {
      ...(clientId === undefined ? {} : { clientId }),
      ...(sub === undefined ? {} : { guestSub: sub }),
      ...(state === undefined ? {} : { state }),
      ...(mail === undefined ? {} : { mail }),
      ...(endsBefore === undefined ? {} : { endsBefore }),
      ...(email === undefined ? {} : { addressKey: email.key }),
      ...(sponsor === undefined ? {} : { sponsorKey: sponsor.key }),
    };
    const place = readCursor(cursor);
    const page = await invitations.list(filter, limit, place && { createdAt: place.at, id: place.id });
    return {
      items: await showInvitations(outbox, caller, page.invitations, clock.now()),
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
        "The guest is recorded at once, so the answer has the `sub` before the first sign-in. Inviting the same address to the same application and target again extends the invitation and sends it again (200).",
      scope: "invitations:write",
      own: true,
      creates: true,
      body: NewInvitation,
      result: InvitationResult,
      location: ({ id }) => `/invitations/${id}`,
      restore: (kept) => withLink(kept, invitations),
      status: 201,
      problems: [404],
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
        const shown = await showOne(outbox, caller, invitation, clock.now());
        const answer = (link: string) => ({ ...shown, ...(body.send_mail ? {} : { link }) });
        return { status: created ? 201 : 200, body: answer(link), kept: answer(keptLink), version: invitation.updatedAt };
      },
    }),
    operation({
      id: "listInvitations",
      method: "get",
      path: "/invitations",
      summary: "List invitations, newest first",
      details: `An application sees the invitations to itself. ${shortPages}`,
      scope: "invitations:read",
      own: true,
      query: PageQuery.extend(filters),
      result: InvitationPage,
      status: 200,
      example: { query: { mail: "bounced" }, result: { items: [{ ...exampleInvitation, mail: exampleInvitationMail }], next: null } },
      run: async ({ caller, query }) => ({ status: 200, body: await list(caller, query) }),
    }),
    operation({
      id: "searchInvitations",
      method: "post",
      path: "/invitations/search",
      summary: "Find invitations by address or sponsor",
      details: `Addresses are sent in bodies, so that they appear in no URL or log. ${shortPages}`,
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
