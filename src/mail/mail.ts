// Mails as data: (content, setting) => subject, text and HTML. Nothing here sends anything. Each mail is a list of
// blocks that know their text and their HTML. Names and messages come from strangers; plain.ts makes them harmless here, for all.

import { ownColour } from "../http/tokens.ts";
import type { Translate } from "../texts/texts.ts";
import { type Block, footLink, heading, small } from "./blocks.ts";
import { document } from "./document.ts";
import { oneLine, subjectLine } from "./plain.ts";
import type { Sender } from "./sender.ts";

export interface MailContent {
  subject: string;
  text: string;
  html: string;
  /** BCP 47, for the Content-Language header. */
  language: string;
  /** Where an answer goes. */
  replyTo?: string;
}

export interface Letter {
  subject: string;
  /** Shown beside the subject in a list of mails. */
  preheader: string;
  heading: string;
  blocks: Block[];
  /** It goes to a guest, and so ends with a link to the guests' own page. */
  toGuest?: true;
}

/** The sender's Translate, with every value made harmless. */
export function wording({ translate }: Sender): Translate {
  return (key, values = {}) =>
    translate(
      key,
      Object.fromEntries(Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? oneLine(value) : value])),
    );
}

export function compose(sender: Sender, letter: Letter): MailContent {
  const say = wording(sender);
  const { language, organisation, support, application = organisation, colour = ownColour } = sender;
  const body = [heading(letter.heading), ...letter.blocks];
  const foot = [
    ...(support ? [small(say("mail.support", { support }))] : []),
    small(say("mail.signature", { organisation })),
    ...(letter.toGuest ? [footLink(sender, say("mail.account"), sender.account)] : []),
  ];
  const subject = subjectLine(letter.subject);
  return {
    subject,
    language,
    ...(support ? { replyTo: support } : {}),
    text: `${textOf(body, "\n\n")}\n\n-- \n${textOf(foot, "\n")}\n`,
    html: document({
      language,
      subject,
      brand: oneLine(application),
      whose: say("header.whose", { organisation }),
      colour,
      preheader: oneLine(letter.preheader),
      body,
      foot,
    }),
  };
}

function textOf(blocks: Block[], between: string): string {
  return blocks.map(({ text }) => text).join(between);
}
