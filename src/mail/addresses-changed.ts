import { paragraph } from "./blocks.ts";
import { compose, type MailContent, wording } from "./mail.ts";
import type { Sender } from "./sender.ts";

/** ASVS 6.3.7: the old address hears that the addresses of its guest record were changed. */
export function addressesChangedMail(sender: Sender): MailContent {
  const say = wording(sender);
  const subject = say("mail.addresses-changed.subject");
  const lead = say("mail.addresses-changed.lead", { organisation: sender.organisation });
  return compose(sender, {
    subject,
    preheader: lead,
    heading: subject,
    blocks: [paragraph(lead), paragraph(say("mail.addresses-changed.what-now"))],
  });
}
