import { type Block, facts } from "./blocks.ts";
import { browserName } from "./browser-name.ts";
import { wording } from "./mail.ts";
import type { Sender } from "./sender.ts";

/** The request that a mail answers, so that its reader can tell whether it was theirs. */
export interface Asked {
  /** Milliseconds since the epoch. */
  at: number;
  /** The User-Agent header of the browser; "" if it sent none. */
  userAgent: string;
  /** The country that it came from (ISO 3166-1 alpha-2), if known. */
  country?: string | undefined;
  /** The characters that the page and the mail share. */
  reference: string;
}

/** The time, the browser, the country and the reference. */
export function askedFacts({ at, userAgent, country, reference }: Asked, sender: Sender): Block {
  const say = wording(sender);
  return facts(sender, [
    { label: say("mail.asked.at"), said: sender.times.moment(at) },
    { label: say("mail.asked.browser"), said: browser(userAgent, sender) },
    { label: say("mail.asked.place"), said: countryName(country, sender.language) },
    { label: say("mail.asked.reference"), value: reference },
  ]);
}

function browser(userAgent: string, sender: Sender): string | undefined {
  const name = browserName(userAgent);
  if (!name?.system) return name?.browser;
  return wording(sender)("mail.browser", { browser: name.browser, system: name.system });
}

/** Proxies have codes of their own for addresses outside any country: these have no name. */
function countryName(country: string | undefined, language: string): string | undefined {
  return country && new Intl.DisplayNames([language], { type: "region", fallback: "none" }).of(country);
}
