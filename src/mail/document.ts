// The frame of every mail's HTML, for Outlook's, Gmail's and Apple Mail's engines: tables, inline style, nothing fetched.
import { type Html, html } from "../http/html.ts";
import { directionOf } from "../texts.ts";
import type { Block } from "./blocks.ts";

export interface MailDocument {
  language: string;
  subject: string;
  preheader: string;
  organisation: string;
  body: Block[];
  foot: Block[];
}

/** Outlook on Windows takes only the first name that it knows; Apple and Android find theirs further on. */
const fonts = "font-family:Segoe UI,-apple-system,BlinkMacSystemFont,Roboto,Noto Sans,Hiragino Sans,Tahoma,Arial,sans-serif";

const dark: Record<string, string> = {
  page: "background:#16161a",
  card: "background:#1e1e22",
  text: "color:#e6e6ea",
  quiet: "color:#b4b4be",
  box: "background:#2b2b31",
  line: "border-color:#44444d",
  link: "color:#a8c7fa",
  button: "background:#a8c7fa",
  "on-button": "color:#062e6f",
};

/** The same rules twice, in two sheets: Gmail drops a whole sheet for one selector that it does not know. */
const rules = (before: string) =>
  Object.entries(dark)
    .map(([name, style]) => `${before}.${name}{${style}!important}`)
    .join("");
const darkSheet = `:root{color-scheme:light dark;supported-color-schemes:light dark}@media (prefers-color-scheme:dark){${rules("")}}`;
const outlookDarkSheet = rules("[data-ogsc] ");

/** Keeps the first words of the body from following the preheader in a list of mails. */
const filler = "\u034f\u00a0".repeat(60);

export function document({ language, subject, preheader, organisation, body, foot }: MailDocument): string {
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
<style>${darkSheet}</style>
<style>${outlookDarkSheet}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f4f4f6">
<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">${preheader}${filler}</div>
<table ${table} width="100%" class="page" bgcolor="#f4f4f6" style="background:#f4f4f6"><tr><td align="center" style="padding:16px 8px">
<!--[if mso]><table role="presentation" width="560"><tr><td><![endif]-->
<table ${table} width="100%" class="card" bgcolor="#ffffff" style="max-width:560px;background:#ffffff;border-radius:12px">
<tr><td lang="${language}" dir="${direction}" align="${align}" class="text" style="padding:24px 20px;text-align:${align};color:#1b1b1f;overflow-wrap:anywhere;word-break:break-word;${fonts}">
<p class="quiet" style="margin:0 0 12px;font-size:14px;line-height:20px;color:#55555e"><bdi>${organisation}</bdi></p>
${htmlOf(body)}
<table ${table} width="100%"><tr><td class="line" style="border-top:1px solid #d5d5dc;font-size:0;line-height:0;padding:0 0 12px">&nbsp;</td></tr></table>
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
