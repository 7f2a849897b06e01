import { facts, linkButton, paragraph } from "./blocks.ts";
import { deviceName } from "./browser-name.ts";
import { compose, type MailContent } from "./mail.ts";
import { oneLine } from "./plain.ts";
import type { Sender } from "./sender.ts";

export type AdministratorNoticeData =
  | { about: "invited"; link: string; until: number }
  | { about: "new-device"; device: string | null; network: string | null; at: number }
  | { about: "passkey-added" | "passkey-removed"; label: string; at: number }
  | { about: "erasure-asked"; guest: string; address: string; link: string; at: number };

/** To an administrator of Guestpass, about their own sign-in or what awaits them. In English: their language is not known. */
export function administratorNoticeMail(data: AdministratorNoticeData, operator: Sender): MailContent {
  const sender = { ...operator, support: undefined };
  const { organisation } = sender;
  if (data.about === "invited") {
    const subject = `You can now administer ${organisation}'s guest access`;
    const lead = `You are an administrator of ${organisation}'s guest access. Make a passkey to sign in with, on your phone, your computer or a security key.`;
    const until = `The link works once, until ${sender.times.moment(data.until)}. If you did not expect this mail, do not use the link, and ask ${organisation}.`;
    return compose(sender, {
      subject,
      preheader: lead,
      heading: subject,
      blocks: [paragraph(lead), linkButton(sender, "Make a passkey", data.link, until)],
    });
  }
  if (data.about === "erasure-asked") {
    const subject = "A guest asks to be erased";
    const lead = `A guest of ${organisation} asked on their own page for everything about them to be erased. Nothing changes until somebody erases the guest or declines, with a reason that the guest reads.`;
    return compose(sender, {
      subject,
      preheader: lead,
      heading: subject,
      blocks: [
        paragraph(lead),
        facts(sender, [
          { label: "Guest", value: oneLine(data.guest) },
          { label: "Address", value: data.address },
          { label: "When", said: sender.times.moment(data.at) },
        ]),
        linkButton(sender, "Open the guest", data.link, "From a shell: guestpass guest erase, or guestpass guest decline-erasure."),
      ],
    });
  }
  const [subject, lead] = wordsFor(data.about, organisation);
  const when = { label: "When", said: sender.times.moment(data.at) };
  const what =
    data.about === "new-device"
      ? [
          { label: "Browser", value: data.device === null ? undefined : deviceName(data.device) },
          { label: "Network", value: data.network ?? undefined },
        ]
      : [{ label: "Passkey", value: oneLine(data.label) }];
  return compose(sender, {
    subject,
    preheader: lead,
    heading: subject,
    blocks: [
      paragraph(lead),
      facts(sender, [...what, when]),
      paragraph("Was this not you? Tell another owner at once: they can remove passkeys and end sessions under Administrators."),
    ],
  });
}

function wordsFor(about: "new-device" | "passkey-added" | "passkey-removed", organisation: string): [subject: string, lead: string] {
  const where = `${organisation}'s guest access console`;
  if (about === "new-device") return ["Signed in from a new browser", `You signed in to ${where} from a new browser.`];
  if (about === "passkey-added") return ["A passkey was added", `A new passkey lets you sign in to ${where}.`];
  return ["A passkey was removed", `One of your passkeys no longer lets you sign in to ${where}.`];
}
