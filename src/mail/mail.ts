// Mails as data: (what it says, in which setting) => subject, text and HTML. Nothing here sends anything. Each mail is a list of
// blocks that know their text and their HTML. Names and messages come from strangers; plain.ts makes them harmless here, for all.
import type { Translate } from "../texts.ts";
import { type Block, heading, small } from "./blocks.ts";
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
  /** What a list of mails shows beside the subject. */
  preheader: string;
  heading: string;
  blocks: Block[];
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
  const { language, organisation, support } = sender;
  const body = [heading(letter.heading), ...letter.blocks];
  const foot = [...(support ? [say("mail.support", { support })] : []), say("mail.signature", { organisation })].map(small);
  const subject = subjectLine(letter.subject);
  return {
    subject,
    language,
    ...(support ? { replyTo: support } : {}),
    text: `${textOf(body, "\n\n")}\n\n-- \n${textOf(foot, "\n")}\n`,
    html: document({ language, subject, organisation: oneLine(organisation), preheader: oneLine(letter.preheader), body, foot }),
  };
}

function textOf(blocks: Block[], between: string): string {
  return blocks.map(({ text }) => text).join(between);
}
