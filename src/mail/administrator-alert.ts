import { facts, paragraph } from "./blocks.ts";
import { compose, type MailContent, wording } from "./mail.ts";
import type { Sender } from "./sender.ts";

export type AdministratorAlert = {
  /** Since when, milliseconds since the epoch. */
  since: number;
  /** The mail server's answer or its code, the name of the connection's error, or somebody's own words. */
  reply: string;
  /** The command that shows the administrator more, on the server. */
  command: string;
} & (
  | { alert: "mailbox-dead" | "guest-suspended"; guest: string; mailbox: string }
  /** The server's name and port, without its password. */
  | { alert: "route-down"; server: string }
  | { alert: "mails-parked"; mails: number }
  /** The host that refused, or the name of the route. */
  | { alert: "mails-refused"; server: string; mails?: number }
  | { alert: "mail-complaint"; mailbox: string }
  | { alert: "postmaster-mail" }
);

/** `auditRows` is the highest number that the audit trail has ever reached: comparing it with the mail shows a trail that was put back later. */
export type MailedAlert = AdministratorAlert & { auditRows: number };

/** Something that needs an administrator's attention. */
export function administratorAlertMail(data: MailedAlert, operator: Sender): MailContent {
  // Its reader is the person whom guests are told to ask.
  const sender = { ...operator, support: undefined };
  const say = wording(sender);
  const { alert, since, reply, command, auditRows } = data;
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
        { label: say("mail.alert.mails"), value: "mails" in data && data.mails !== undefined ? String(data.mails) : undefined },
        { label: say("mail.alert.reply"), value: reply },
        { label: say("mail.alert.since"), said: sender.times.moment(since) },
        { label: say("mail.alert.open"), value: command },
        { label: say("mail.alert.audit-rows"), value: String(auditRows) },
      ]),
      paragraph(say(`mail.alert.${alert}.what-now`)),
    ],
  });
}
