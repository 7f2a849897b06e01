import { facts, linkButton, paragraph } from "./blocks.ts";
import { compose, type MailContent, wording } from "./mail.ts";
import type { Sender } from "./sender.ts";

export type AdministratorAlert = {
  /** Since when, milliseconds since the epoch. */
  since: number;
  /** The mail server's reply code, or the name of the connection's error. */
  reply: string;
  /** Where the administrator sees more. */
  link: string;
} & (
  | { alert: "mailbox-dead" | "guest-suspended"; guest: string; mailbox: string }
  /** The server's name and port, without its password. */
  | { alert: "route-down"; server: string }
);

/** Something that an administrator has to look at. */
export function administratorAlertMail(data: AdministratorAlert, operator: Sender): MailContent {
  // Its reader is the one whom guests are told to ask.
  const sender = { ...operator, support: undefined };
  const say = wording(sender);
  const { alert, since, reply, link } = data;
  const subject = say(`mail.alert.${alert}.subject`);
  const lead = say(`mail.alert.${alert}.lead`);
  return compose(sender, {
    subject,
    preheader: lead,
    heading: subject,
    blocks: [
      paragraph(lead),
      facts(sender, [
        { label: say("mail.alert.guest"), value: "guest" in data ? data.guest : undefined },
        { label: say("mail.alert.mailbox"), value: "mailbox" in data ? data.mailbox : undefined },
        { label: say("mail.alert.server"), value: "server" in data ? data.server : undefined },
        { label: say("mail.alert.reply"), value: reply },
        { label: say("mail.alert.since"), said: sender.times.moment(since) },
      ]),
      paragraph(say(`mail.alert.${alert}.what-now`)),
      linkButton(say("mail.alert.open"), link, say("mail.link-hint")),
    ],
  });
}
