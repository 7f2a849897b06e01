import { facts, linkButton, paragraph } from "./blocks.ts";
import { compose, type MailContent, wording } from "./mail.ts";
import type { MailSetting } from "./sender.ts";

export interface SponsorRequest {
  /** The address that was invited. */
  guest: string;
  /** The subject of the invitation, in the application's words. */
  target: string | undefined;
  /** Why it no longer works, and since when (milliseconds since the epoch). */
  ended: { how: "expired" | "revoked"; at: number };
  /** Where the sponsor invites again. */
  link: string;
}

/**
 * A guest whose invitation no longer works asks the sponsor for a fresh one. It carries no words of the guest: whoever holds
 * an old link could use them to write to the sponsor in our name.
 */
export function sponsorRequestMail({ guest, target, ended, link }: SponsorRequest, setting: MailSetting): MailContent {
  const say = wording(setting);
  const { application, times } = setting;
  const lead = say("mail.sponsor-request.lead", { guest, application });
  const why = say("mail.sponsor-request.why");
  return compose(setting, {
    subject: say("mail.sponsor-request.subject", { guest, application }),
    preheader: why,
    heading: lead,
    blocks: [
      paragraph(why),
      facts(setting, [
        { label: say("mail.sponsor-request.guest"), value: guest },
        { label: say("mail.sponsor-request.target"), value: target },
        { label: say(`mail.sponsor-request.${ended.how}`), said: times.moment(ended.at) },
      ]),
      paragraph(say("mail.sponsor-request.check")),
      linkButton(setting, say("mail.sponsor-request.invite"), link, say("mail.link-hint")),
      paragraph(say("mail.sponsor-request.ignore")),
    ],
  });
}
