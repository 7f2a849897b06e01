// Inviting for a caller: what a request may say, for which application it is, and what comes of it. One by one, many at once
// and imports share it.
import { z } from "zod";
import type { Application } from "../applications/application.ts";
import type { Applications } from "../applications/applications.ts";
import { type Clock, day } from "../clock.ts";
import type { Invitation } from "../invitations/invitation.ts";
import type { Invitations, InviteQuestion, InviteRefusal, InviteRequest } from "../invitations/invitations.ts";
import type { SettingsService } from "../settings/settings.ts";
import { type Caller, confinedTo } from "./caller.ts";
import { AddressText, Days, Identifier, Line, Locale, plainText, Time, WebUrl } from "./fields.ts";
import { notAllowed, Problem } from "./problem.ts";
import { tooMany } from "./throttle.ts";

export interface InviteDeps {
  clock: Clock;
  invitations: Invitations;
  applications: Applications;
  settings: SettingsService;
  /** Counts an invitation mail of the application to the address. @returns the seconds to wait where it sent too many */
  throttleMail(clientId: string, address: string): Promise<number | undefined>;
}

export const NewInvitation = z
  .strictObject({
    email: AddressText.describe("Whom to invite; any address of a known guest invites that guest"),
    client_id: Identifier.optional().describe("The application, where an administrator's client asks; an application invites to itself"),
    target_url: WebUrl.nullable()
      .default(null)
      .describe("Where the link leads; it must lie under an origin that the application registered"),
    label: Line.nullable().default(null).describe("What the invitation is to, in your words"),
    sponsor_name: Line.nullable().default(null).describe("Who invites"),
    sponsor_email: AddressText.nullable().default(null).describe("Where the guest can ask for a fresh invitation"),
    message: plainText(2000).nullable().default(null).describe("Plain text, shown quoted as the sponsor's words"),
    name: Line.nullable().default(null).describe("The guest's name, where the guest is new"),
    locale: Locale.nullable().default(null).describe("The guest's language, where the guest is new"),
    reverification_days: Days.nullable()
      .default(null)
      .describe("How often the mailbox has to be proven again for this; the strictest rule wins"),
    redeem_by: Time.optional().describe("Until when it can be redeemed; the settings say how long otherwise"),
    access_ends_at: Time.nullable()
      .optional()
      .describe("When access ends, redeemed or not; null is never. Inviting again without it leaves an end that is to come as it is"),
    send_mail: z.boolean().default(true).describe("false: no mail is sent, and the answer has the link for your own"),
  })
  .meta({ id: "NewInvitation" });
export type NewInvitationInput = z.output<typeof NewInvitation>;

export interface Invited {
  invitation: Invitation;
  link: string;
  created: boolean;
}

/** @throws Problem where it cannot be made */
export async function invite(deps: InviteDeps, caller: Caller, application: Application, input: NewInvitationInput): Promise<Invited> {
  const request = await toRequest(deps, caller, application, input);
  if (request.sendMail) {
    // What cannot be sent must not count.
    await check(deps, request);
    const wait = await deps.throttleMail(application.clientId, input.email.key);
    if (wait !== undefined) throw tooMany(wait, "The application sent many invitations to this address already.");
  }
  const result = await deps.invitations.invite(request, caller.actor);
  if (result.outcome !== "invited") throw refusal(result);
  return result;
}

/** What inviting would come to. @throws Problem where it could not be done */
export async function rehearse(deps: InviteDeps, caller: Caller, application: Application, input: NewInvitationInput): Promise<void> {
  await check(deps, await toRequest(deps, caller, application, input));
}

/** An application's client invites to its own application, an administrator's names one. @throws Problem 400, 403, 404 */
export async function applicationFor({ applications }: InviteDeps, caller: Caller, named: string | undefined): Promise<Application> {
  const own = confinedTo(caller);
  if (own !== undefined && named !== undefined && named !== own)
    throw notAllowed("An application invites to itself only: leave client_id out.");
  const clientId = own ?? named;
  if (clientId === undefined) throw new Problem(400, "Bad request", "Say which application it is for, in client_id.");
  const application = await applications.find(clientId);
  if (!application) throw new Problem(404, "Not found", `There is no application ${clientId}.`);
  return application;
}

async function toRequest(deps: InviteDeps, caller: Caller, application: Application, input: NewInvitationInput): Promise<InviteRequest> {
  const now = deps.clock.now();
  const redeemBy = input.redeem_by ?? now + Math.round((await deps.settings.get()).invitationDays * day);
  for (const [field, at] of [
    ["redeem_by", redeemBy],
    ["access_ends_at", input.access_ends_at ?? Number.POSITIVE_INFINITY],
  ] as const)
    if (at <= now) throw new Problem(422, "Over already", `${field} must be a time to come.`);
  return {
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
    redeemBy,
    keepsLater: input.redeem_by === undefined,
    accessEndsAt: input.access_ends_at,
    sendMail: input.send_mail,
    discreet: confinedTo(caller) !== undefined,
  };
}

/** @throws Problem where it could not be mailed */
export async function check({ invitations }: Pick<InviteDeps, "invitations">, request: InviteQuestion): Promise<void> {
  const refused = await invitations.check(request);
  if (refused) throw refusal(refused);
}

function refusal(result: InviteRefusal): Problem {
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
    case "guest-expired":
      return new Problem(409, "Guest expired", "The guest with this address has expired. Move the guest's expires_at first.", {
        sub: result.sub,
      });
  }
}
