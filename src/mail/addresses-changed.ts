import { facts, linkButton, paragraph } from "./blocks.ts";
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
    toGuest: true,
    blocks: [paragraph(lead), paragraph(say("mail.addresses-changed.what-now"))],
  });
}

/** The same if the guest made the change. A removed address gets no link that undoes it. */
export function ownAddressesChangedMail(
  {
    kind,
    address,
    undo,
  }: { kind: "added" | "made-primary" | "removed" | "undone"; address: string; undo?: { link: string; until: number } | undefined },
  sender: Sender,
): MailContent {
  const say = wording(sender);
  const subject = say("mail.addresses-changed.subject");
  const lead = say(`mail.addresses-changed.${kind}`, { organisation: sender.organisation });
  return compose(sender, {
    subject,
    preheader: lead,
    heading: subject,
    toGuest: true,
    blocks: [
      paragraph(lead),
      facts(sender, [{ label: say("mail.addresses-changed.address"), value: address }]),
      ...(undo
        ? [
            paragraph(say("mail.addresses-changed.not-you")),
            linkButton(
              sender,
              say("mail.addresses-changed.undo"),
              undo.link,
              say("mail.addresses-changed.until", { until: sender.times.moment(undo.until) }),
            ),
          ]
        : [paragraph(say("mail.addresses-changed.what-now"))]),
    ],
  });
}
