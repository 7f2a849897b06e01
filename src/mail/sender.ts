import type { Texts, Times, Translate } from "../texts/texts.ts";

/** The sender, and the language. */
export interface Sender {
  translate: Translate;
  times: Times;
  /** BCP 47 */
  language: string;
  organisation: string;
  /** An address to ask for help at. */
  support: string | undefined;
  /** The address of the guests' own page. */
  account: string;
  /** The relying application's name, and its colour, such as #0b57d0. */
  application?: string;
  colour?: string | undefined;
}

export interface MailSetting extends Sender {
  application: string;
}

/** The operator as the sender of mails in one language. */
export function senderIn(
  language: string,
  texts: Texts,
  config: { issuer: string; organisation: string; mail: { support?: string | undefined } },
): Sender {
  return {
    translate: texts.in(language),
    times: texts.times(language),
    language,
    organisation: config.organisation,
    support: config.mail.support,
    account: `${config.issuer}/account`,
  };
}
