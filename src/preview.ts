// What guests will see of an application: every screen and mail with its look, with made-up content. The views are those of a sign-in.
// Each document is self-contained: it includes its style, fetches nothing but logos, and has no working links.
import type { NewApplication } from "./applications/application.ts";
import type { Config } from "./configuration/config.ts";
import { settingOf } from "./drafts.ts";
import { accentSheet } from "./http/accent.ts";
import { assets } from "./http/assets.ts";
import { Html, html } from "./http/html.ts";
import { logosOf, type Page, pageHtml } from "./http/page.ts";
import { imageSources } from "./http/security-headers.ts";
import { applicationMails } from "./mail/samples.ts";
import { senderIn } from "./mail/sender.ts";
import { sender } from "./outbox/configured-routes.ts";
import type { Texts, Times, Translate } from "./texts/texts.ts";

export type Scheme = "light" | "dark";

export interface Preview {
  kind: "screen" | "mail";
  name: string;
  /** Of the screen, or the mail's subject. */
  title: string;
  html: string;
  /** The mail as plain text. */
  text?: string;
}

export interface PreviewDeps {
  config: Config;
  texts: Texts;
  /** Those of interactions/, by their names. */
  screens(application: NewApplication, setting: SampleSetting): Record<string, Page>;
  now: number;
}

/** The language of the made-up content. */
export interface SampleSetting {
  translate: Translate;
  times: Times;
  organisation: string;
  support: string | undefined;
  /** The address that mails come from. */
  sender: string;
  /** Of a code. */
  digits: number;
  /** Milliseconds since the epoch. */
  now: number;
}

/** @param application as it is, or as it would be @param language one that has texts */
export function previewsOf(
  application: NewApplication,
  { language, scheme }: { language: string; scheme: Scheme },
  { config, texts, screens, now }: PreviewDeps,
): Preview[] {
  const { organisation, privacyUrl: privacy } = config;
  const { support } = config.mail;
  const translate = texts.in(language);
  const site = { organisation, support, privacy, languages: texts.languages };
  const setting = {
    translate,
    times: texts.times(language),
    organisation,
    support,
    sender: sender(config).address,
    digits: config.passcode.digits,
    now,
  };
  const ofScreen = ([name, page]: [string, Page]): Preview => {
    const document = pageHtml({ translate, language }, page, { site, head: headOf(page), inLanguage: () => "#" });
    // A frame within another page does not take the focus.
    return { kind: "screen", name, title: page.title, html: inScheme(document.replaceAll(" autofocus", ""), scheme) };
  };
  const { name, supportAddress, colour } = { ...application.policy, name: application.name };
  const mails = applicationMails(settingOf(senderIn(language, texts, config), name, supportAddress, colour));
  return [
    ...Object.entries(screens(application, setting)).map(ofScreen),
    ...mails.map(
      ({ name, subject, text, html }): Preview => ({
        kind: "mail",
        name: `mail-${name}`,
        title: subject,
        html: inScheme(html, scheme),
        text,
      }),
    ),
  ];
}

function headOf(page: Page): Html {
  const logos = imageSources(logosOf(page));
  const colour = page.brand?.colour;
  return html`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data: ${logos}; form-action 'none'">
<base target="_blank">
<style>${new Html(assets.style.content)}</style>
${colour !== undefined && html`<style>${new Html(accentSheet(colour))}</style>`}`;
}

/** Shows one colour scheme, whatever scheme the reader of the preview has chosen. */
function inScheme(document: string, scheme: Scheme): string {
  return document
    .replaceAll(/\(prefers-color-scheme: ?dark\)/g, scheme === "dark" ? "all" : "not all")
    .replaceAll(/(color-schemes?" content="|color-schemes?:)light dark/g, `$1${scheme}`);
}
