// The frame of every mail's HTML, for Outlook's, Gmail's and Apple Mail's engines: tables, inline style, nothing fetched.
import { type Accent, accentsOf } from "../http/accent.ts";
import { type Html, html } from "../http/html.ts";
import { dark, light } from "../http/tokens.ts";
import { directionOf } from "../texts/texts.ts";
import { type Block, rich } from "./blocks.ts";

export interface MailDocument {
  language: string;
  subject: string;
  preheader: string;
  /** Above the heading: the application, or the organisation if the mail is about none. */
  brand: string;
  /** Below it, in small type: whose sign-in this is. */
  whose: string;
  colour: string;
  body: Block[];
  foot: Block[];
}

/** Outlook on Windows uses only the first font that it knows; Apple and Android find theirs further on. */
const fonts = "font-family:Segoe UI,-apple-system,BlinkMacSystemFont,Roboto,Noto Sans,Hiragino Sans,Tahoma,Arial,sans-serif";

const inTheDark = (accent: Accent): Record<string, string> => ({
  page: `background:${dark.page}`,
  card: `background:${dark.card}`,
  text: `color:${dark.text}`,
  quiet: `color:${dark.quiet}`,
  box: `background:${dark.soft}`,
  line: `border-color:${dark.edge}`,
  link: `color:${accent.link}`,
  band: `border-color:${accent.edge}`,
  button: `background:${accent.button}`,
  "on-button": `color:${accent.on}`,
});

/** The same rules twice, in two sheets: Gmail drops a whole sheet for one selector that it does not know. */
const rules = (accent: Accent, before: string) =>
  Object.entries(inTheDark(accent))
    .map(([name, style]) => `${before}.${name}{${style}!important}`)
    .join("");
const darkSheet = (accent: Accent) =>
  `:root{color-scheme:light dark;supported-color-schemes:light dark}@media (prefers-color-scheme:dark){${rules(accent, "")}}`;

/** Keeps the first words of the body from following the preheader in a list of mails. */
const filler = "\u034f\u00a0".repeat(60);

export function document({ language, subject, preheader, brand, whose, colour, body, foot }: MailDocument): string {
  const accents = accentsOf(colour);
  const direction = directionOf(language);
  const align = direction === "rtl" ? "right" : "left";
  const table = html`role="presentation" cellpadding="0" cellspacing="0" border="0"`;
  return html`<!doctype html>
<html lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<meta name="format-detection" content="telephone=no,date=no,address=no,email=no">
<title>${subject}</title>
<style>${darkSheet(accents.dark)}</style>
<style>${rules(accents.dark, "[data-ogsc] ")}</style>
</head>
<body class="page" style="margin:0;padding:0;background:${light.page}">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${preheader}${filler}</div>
<table ${table} width="100%" class="page" bgcolor="${light.page}" style="background:${light.page}"><tr><td align="center" style="padding:16px 8px">
<!--[if mso]><table role="presentation" width="560"><tr><td><![endif]-->
<table ${table} width="100%" class="card band" bgcolor="${light.card}" style="max-width:560px;background:${light.card};border-radius:12px;border-top:4px solid ${accents.light.edge}">
<tr><td lang="${language}" dir="${direction}" align="${align}" class="text" style="padding:24px 20px;text-align:${align};color:${light.text};overflow-wrap:anywhere;word-break:break-word;${fonts}">
<p class="text" style="margin:0;font-size:16px;line-height:20px;font-weight:600"><bdi>${brand}</bdi></p>
<p class="quiet" style="margin:0 0 20px;font-size:13px;line-height:20px;color:${light.quiet}">${rich(whose)}</p>
${htmlOf(body)}
<table ${table} width="100%"><tr><td class="line" style="border-top:1px solid ${light.edge};font-size:0;line-height:0;padding:0 0 12px">&nbsp;</td></tr></table>
${htmlOf(foot)}
</td></tr></table>
<!--[if mso]></td></tr></table><![endif]-->
</td></tr></table>
</body>
</html>
`.toString();
}

function htmlOf(blocks: Block[]): Html[] {
  return blocks.map((block) => html`${block.html}\n`);
}
