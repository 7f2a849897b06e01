import type { Texts, Times, Translate } from "../texts.ts";

/** Who writes, and in which language. */
export interface Sender {
  translate: Translate;
  times: Times;
  /** BCP 47 */
  language: string;
  organisation: string;
  /** An address to ask for help at. */
  support: string | undefined;
}

export interface MailSetting extends Sender {
  /** The relying application's name. */
  application: string;
}

/** The operator as the sender of mails in one language. */
export function senderIn(language: string, texts: Texts, config: { organisation: string; mail: { support?: string | undefined } }): Sender {
  return {
    translate: texts.in(language),
    times: texts.times(language),
    language,
    organisation: config.organisation,
    support: config.mail.support,
  };
}
