import { type Asked, askedFacts } from "./asked.ts";
import { button, code, paragraph } from "./blocks.ts";
import { compose, type MailContent, wording } from "./mail.ts";
import type { MailSetting } from "./sender.ts";

export interface PasscodeMail {
  code: string;
  /** How long the code is valid. */
  minutes: number;
  /** Fills the code in. */
  link: string;
  asked: Asked;
}

/**
 * The mail that carries a code. The code stands first, so that a notification shows it, and not in the subject, which mail
 * servers write into their logs.
 */
export function passcodeMail(data: PasscodeMail, setting: MailSetting): MailContent {
  const say = wording(setting);
  const { application } = setting;
  return compose(setting, {
    subject: say("mail.passcode.subject", { application }),
    preheader: say("mail.passcode.preheader", { code: data.code }),
    heading: say("mail.passcode.lead", { application }),
    toGuest: true,
    blocks: [
      code(data.code),
      paragraph(say("mail.passcode.minutes", { count: data.minutes })),
      button(setting, say("mail.passcode.fill-in"), data.link, say("mail.passcode.fill-in-hint")),
      askedFacts(data.asked, setting),
      paragraph(say("mail.passcode.reference", { reference: data.asked.reference })),
      paragraph(say("mail.passcode.not-you")),
    ],
  });
}
