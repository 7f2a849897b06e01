import { type Asked, askedFacts } from "./asked.ts";
import { paragraph } from "./blocks.ts";
import { compose, type MailContent, wording } from "./mail.ts";
import type { MailSetting } from "./sender.ts";

/** The mail to an address that is not admitted; it goes where the code would have gone. */
export function notAdmittedMail({ asked }: { asked: Asked }, setting: MailSetting): MailContent {
  const say = wording(setting);
  const { application } = setting;
  const lead = say("mail.not-admitted.lead", { application });
  return compose(setting, {
    subject: say("mail.not-admitted.subject", { application }),
    preheader: lead,
    heading: lead,
    blocks: [
      paragraph(say("mail.not-admitted.why")),
      paragraph(say("mail.not-admitted.what-now")),
      askedFacts(asked, setting),
      paragraph(say("mail.not-admitted.not-you")),
    ],
  });
}
