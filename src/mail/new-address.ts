import { type Asked, askedFacts } from "./asked.ts";
import { code, paragraph } from "./blocks.ts";
import { compose, type MailContent, wording } from "./mail.ts";
import type { Sender } from "./sender.ts";

/** A code to an address that somebody wants to add to a guest record. It has no link: the code is typed where it was asked for. */
export function newAddressMail(data: { code: string; minutes: number; asked: Asked }, sender: Sender): MailContent {
  const say = wording(sender);
  const { organisation } = sender;
  return compose(sender, {
    subject: say("mail.new-address.subject", { organisation }),
    preheader: say("mail.passcode.preheader", { code: data.code }),
    heading: say("mail.new-address.lead", { organisation }),
    blocks: [
      code(data.code),
      paragraph(say("mail.passcode.minutes", { count: data.minutes })),
      askedFacts(data.asked, sender),
      paragraph(say("mail.passcode.reference", { reference: data.asked.reference })),
      paragraph(say("mail.new-address.not-you")),
    ],
  });
}
