import type { Texts } from "../texts.ts";
import type { Sender } from "./mail.ts";

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
