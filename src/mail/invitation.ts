import { facts, linkButton, paragraph, quote } from "./blocks.ts";
import { compose, type MailContent, wording } from "./mail.ts";
import type { MailSetting } from "./sender.ts";

export interface InvitationMail {
  /** The sponsor's name, as the application gave it. */
  sponsor: string;
  /** Where the guest can ask them. */
  sponsorAddress: string | undefined;
  /** The name is a person's, and there is no address for checking it. */
  unchecked: boolean;
  /** The sponsor's own words; shown as theirs. */
  message: string | undefined;
  /** The subject of the invitation, in the application's words. */
  target: string | undefined;
  /** The invited address. */
  address: string;
  /** The invitation's link; opening it proves and changes nothing. */
  link: string;
  /** Until when it can be redeemed, unless it already was, and when access ends: milliseconds since the epoch. */
  redeemBy: number | undefined;
  accessUntil: number | undefined;
}

export function invitationMail(data: InvitationMail, setting: MailSetting): MailContent {
  const say = wording(setting);
  const { application, times } = setting;
  const { sponsor, sponsorAddress, unchecked, message, target, address, link, redeemBy, accessUntil } = data;
  const lead = unchecked
    ? say("mail.invitation.lead-says", { sponsor, application })
    : say("mail.invitation.lead", { sponsor, application });
  const how = say("mail.invitation.how", { address });
  return compose(setting, {
    subject: unchecked ? say("mail.invitation.subject-says", { application }) : say("mail.invitation.subject", { sponsor, application }),
    preheader: how,
    heading: lead,
    toGuest: true,
    blocks: [
      ...(message ? [quote(unchecked ? say("mail.invitation.message-says") : say("mail.invitation.message", { sponsor }), message)] : []),
      facts(setting, [
        { label: say("mail.invitation.sponsor"), value: sponsorAddress },
        { label: say("mail.invitation.target"), value: target },
        { label: say("mail.invitation.redeem-by"), said: redeemBy === undefined ? undefined : times.moment(redeemBy) },
        { label: say("mail.invitation.access-until"), said: accessUntil === undefined ? undefined : times.moment(accessUntil) },
      ]),
      linkButton(setting, say("mail.invitation.open"), link, say("mail.link-hint")),
      paragraph(how),
      paragraph(say("mail.invitation.not-you", { sponsor })),
    ],
  });
}
