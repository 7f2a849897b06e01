import { facts, linkButton, paragraph } from "./blocks.ts";
import { deviceName } from "./browser-name.ts";
import { compose, type MailContent, wording } from "./mail.ts";
import type { Sender } from "./sender.ts";

export interface PasskeyChanged {
  /** The User-Agent header of the browser that it was made in. */
  device: string | null;
  /** Milliseconds since the epoch. */
  at: number;
  /** Where it can be removed, if it was added. */
  link: string | undefined;
}

/** The mailbox hears of each passkey that is made or removed, whoever did it. */
export function passkeyChangedMail({ device, at, link }: PasskeyChanged, sender: Sender): MailContent {
  const say = wording(sender);
  const { organisation } = sender;
  const subject = say(link === undefined ? "mail.passkey-removed.subject" : "mail.passkey-added.subject");
  const lead = say(link === undefined ? "mail.passkey-removed.lead" : "mail.passkey-added.lead", { organisation });
  return compose(sender, {
    subject,
    preheader: lead,
    heading: subject,
    toGuest: true,
    blocks: [
      paragraph(lead),
      facts(sender, [
        { label: say("mail.asked.browser"), value: deviceName(device ?? "") },
        { label: say("mail.asked.at"), said: sender.times.moment(at) },
      ]),
      ...(link === undefined ? [] : [linkButton(sender, say("passkey.remove.do"), link, say("mail.passkey-added.not-you"))]),
    ],
  });
}
