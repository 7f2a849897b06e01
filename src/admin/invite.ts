// Inviting for a caller: the allowed input, the application and the outcome. Single invitations, bulk requests and imports share it.
import { z } from "zod";
import { type Caller, confinedTo } from "../api/caller.ts";
import { notAllowed, Problem, tooMany } from "../api/problem.ts";
import type { Application } from "../applications/application.ts";
import type { Applications } from "../applications/applications.ts";
import { type Clock, day, second } from "../clock.ts";
import type { Invitation, InviteRequest } from "../invitations/invitation.ts";
import type { Invitations, InviteQuestion, InviteRefusal } from "../invitations/invitations.ts";
import type { Counting } from "../limits/limits.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { SettingsService } from "../settings/settings.ts";
import { AddressText, Days, Identifier, Line, Locale, plainText, Time, WebUrl } from "./fields.ts";

export interface InviteDeps {
  clock: Clock;
  invitations: Invitations;
  applications: Applications;
  settings: SettingsService;
  outbox: Pick<Outbox, "records">;
  /** Counts an invitation mail of the application to the address. */
  throttleMail(clientId: string, address: string): Promise<Counting>;
}

export const NewInvitation = z
  .strictObject({
    email: AddressText.describe("The address to invite; any address of a known guest invites that guest"),
    client_id: Identifier.optional().describe(
      "The application, required from an administrator's client; an application invites only to itself",
    ),
    target_url: WebUrl.nullable().optional().describe("Where the link leads; it must lie under an origin that the application registered"),
    label: Line.nullable()
      .optional()
      .describe(
        "What the invitation is for, in your words. If you invite again, for this and the next four fields: null removes, and leaving it out keeps it",
      ),
    sponsor_name: Line.nullable().optional().describe("Who invites"),
    sponsor_email: AddressText.nullable().optional().describe("Where the guest can ask for a fresh invitation"),
    message: plainText(2000).nullable().optional().describe("Plain text, quoted as the sponsor's words"),
    name: Line.nullable().optional().describe("The guest's name, if the guest is new"),
    given_name: Line.nullable().optional().describe("If the guest is new"),
    family_name: Line.nullable().optional().describe("If the guest is new"),
    locale: Locale.nullable().optional().describe("The guest's language, if the guest is new"),
    reverification_days: Days.nullable()
      .optional()
      .describe("How often the mailbox must be proven again for this invitation; the strictest rule wins"),
    redeem_by: Time.optional().describe("Until when it can be redeemed; the default is in the settings"),
    access_ends_at: Time.nullable()
      .optional()
      .describe("When access ends, redeemed or not; null means never. If you invite again without it, a future end stays as it is"),
    send_mail: z.boolean().default(true).describe("false: no mail is sent, and the answer has the link for your own mail"),
  })
  .meta({ id: "NewInvitation" });
export type NewInvitationInput = z.output<typeof NewInvitation>;

/** Replaces the link in a stored answer: anyone with the link can open the invitation, and it can be made again from the id. */
export const keptLink = "";

/** @param kept an answer, or a part of one, about an invitation */
export function withLink<Kept extends { id?: string | undefined; link?: string | undefined }>(
  kept: Kept,
  invitations: { link(id: string): string },
): Kept {
  return kept.link === keptLink && kept.id !== undefined ? { ...kept, link: invitations.link(kept.id) } : kept;
}

export interface Invited {
  invitation: Invitation;
  link: string;
  created: boolean;
  /** When the mail is sent, milliseconds since the epoch; null for no mail. */
  mailAt: number | null;
}

/** @throws Problem if it cannot be made */
export async function invite(deps: InviteDeps, caller: Caller, application: Application, input: NewInvitationInput): Promise<Invited> {
  const request = await toRequest(deps, caller, application, input);
  const inviting = async () => {
    const result = await deps.invitations.invite(request, caller.actor);
    if (result.outcome !== "invited") throw refusal(result);
    return result;
  };
  if (!request.sendMail) return inviting();
  // A mail that cannot be sent must not count.
  await check(deps, request);
  return mailing(deps, application.clientId, input.email.key, inviting);
}

/**
 * Counts an invitation mail of the application to the address, then sends it. If sending fails, the mail is not counted.
 * @throws Problem 429 if the application sent too many
 */
export async function mailing<T>(deps: InviteDeps, clientId: string, address: string, send: () => Promise<T>): Promise<T> {
  const counting = await deps.throttleMail(clientId, address);
  if (counting.outcome === "refused")
    throw tooMany(Math.ceil(counting.wait / second), "The application has already sent many invitations to this address.");
  try {
    return await send();
  } catch (error) {
    await counting.giveBack();
    throw error;
  }
}

/** The result that inviting would have. @throws Problem if the invitation is not possible */
export async function rehearse(deps: InviteDeps, caller: Caller, application: Application, input: NewInvitationInput): Promise<void> {
  await check(deps, await toRequest(deps, caller, application, input));
}

/** An application's client invites to its own application, an administrator's names one. @throws Problem 400, 403, 404 */
export async function applicationFor({ applications }: InviteDeps, caller: Caller, named: string | undefined): Promise<Application> {
  const own = confinedTo(caller);
  if (own !== undefined && named !== undefined && named !== own)
    throw notAllowed("An application invites only to itself: leave client_id out.");
  const clientId = own ?? named;
  if (clientId === undefined) throw new Problem(400, "Bad request", "Give the application in client_id.");
  const application = await applications.find(clientId);
  if (!application) throw new Problem(404, "Not found", `There is no application ${clientId}.`);
  return application;
}

async function toRequest(deps: InviteDeps, caller: Caller, application: Application, input: NewInvitationInput): Promise<InviteRequest> {
  return {
    ...(await termsOf(deps, input)),
    application,
    address: input.email,
    name: input.name ?? null,
    givenName: input.given_name ?? null,
    familyName: input.family_name ?? null,
    locale: input.locale ?? null,
    sendMail: input.send_mail,
    discreet: confinedTo(caller) !== undefined,
  };
}

type Terms = Omit<NewInvitationInput, "email" | "client_id" | "name" | "given_name" | "family_name" | "locale" | "send_mail">;

/** The parts of an invitation that do not depend on the guest. @throws Problem 422 if it would already be over */
export async function termsOf({ clock, settings }: Pick<InviteDeps, "clock" | "settings">, input: Terms) {
  const now = clock.now();
  const redeemBy = input.redeem_by ?? now + Math.round((await settings.get()).invitationDays * day);
  for (const [field, at] of [
    ["redeem_by", redeemBy],
    ["access_ends_at", input.access_ends_at ?? Number.POSITIVE_INFINITY],
  ] as const)
    if (at <= now) throw new Problem(422, "Over already", `${field} must be in the future.`);
  return {
    targetUrl: input.target_url ?? null,
    label: input.label,
    sponsorName: input.sponsor_name,
    sponsorEmail: input.sponsor_email === null ? null : input.sponsor_email?.typed,
    message: input.message,
    reverificationDays: input.reverification_days,
    redeemBy,
    keepsLater: input.redeem_by === undefined,
    accessEndsAt: input.access_ends_at,
  };
}

/** @throws Problem if it could not be mailed */
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
        "The target URL is under none of the application's registered target origins. Register its origin first.",
      );
    case "domain-refused":
      return new Problem(
        422,
        "Domain refused",
        "Addresses at this domain may not be invited: the domain lists in the settings or of the application forbid it.",
      );
    case "guest-suspended":
      return new Problem(409, "Guest suspended", "The guest with this address is suspended. Resume the guest first.", { sub: result.sub });
    case "guest-expired":
      return new Problem(409, "Guest expired", "The guest with this address has expired. Move the guest's expires_at first.", {
        sub: result.sub,
      });
  }
}
