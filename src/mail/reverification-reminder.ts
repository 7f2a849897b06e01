import { facts, linkButton, paragraph } from "./blocks.ts";
import { compose, type MailContent, wording } from "./mail.ts";
import type { MailSetting } from "./sender.ts";

export interface ReverificationReminder {
  /** The mailbox's address. */
  mailbox: string;
  /** How often it must be proven. Fractions of a day are given in hours. */
  days: number;
  /** Milliseconds since the epoch. */
  deadline: number;
  /** Where signing in begins. */
  link: string;
}

/** Announces in good time that a mailbox must be proven again, and why. */
export function reverificationReminderMail({ mailbox, days, deadline, link }: ReverificationReminder, setting: MailSetting): MailContent {
  const say = wording(setting);
  const { application, organisation, times } = setting;
  const why = Number.isInteger(days)
    ? say("mail.reminder.why", { organisation, application, count: days })
    : say("confirm.hours", { organisation, count: Math.max(1, Math.round(days * 24)) });
  return compose(setting, {
    subject: say("mail.reminder.subject", { application }),
    preheader: why,
    heading: say("mail.reminder.lead"),
    toGuest: true,
    blocks: [
      paragraph(why),
      facts(setting, [
        { label: say("mail.reminder.mailbox"), value: mailbox },
        { label: say("mail.reminder.due"), said: times.moment(deadline) },
      ]),
      paragraph(say("mail.reminder.how")),
      linkButton(setting, say("mail.reminder.confirm"), link, say("mail.link-hint")),
      paragraph(say("mail.reminder.late")),
      paragraph(say("mail.reminder.moving")),
    ],
  });
}
