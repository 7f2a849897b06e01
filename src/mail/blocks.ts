// The building blocks of mails. Each renders itself as text and as HTML. Styles are inline and plain, because mail programs drop
// or misread the rest; the classes are only for dark mode (document.ts).
import { type Accent, accentsOf } from "../http/accent.ts";
import { type Html, html } from "../http/html.ts";
import { light, ownColour } from "../http/tokens.ts";
import { directionOf, isolate } from "../texts/texts.ts";
import { messageLines, oneLine } from "./plain.ts";
import type { Sender } from "./sender.ts";

export interface Block {
  text: string;
  html: Html;
}

/** A label and its content: somebody else's words in `value`, our own in `said`. An undefined one leaves the line out. */
export type Fact = { label: string } & ({ value: string | undefined } | { said: string | undefined });

const paragraphStyle = "margin:0 0 16px;font-size:16px;line-height:24px";
const factStyle = "padding:2px 0;font-size:14px;line-height:20px";
const boxStyle = `border-radius:8px;background:${light.soft}`;

export function heading(text: string): Block {
  return { text, html: html`<h1 class="text" style="margin:0 0 16px;font-size:22px;line-height:28px;font-weight:600">${rich(text)}</h1>` };
}

export function paragraph(text: string): Block {
  return { text, html: html`<p class="text" style="${paragraphStyle}">${rich(text)}</p>` };
}

export function small(text: string): Block {
  return {
    text,
    html: html`<p class="quiet" style="margin:0 0 12px;font-size:13px;line-height:20px;color:${light.quiet}">${rich(text)}</p>`,
  };
}

/** The code, alone on its line: a double click, or one tap where the program allows it, selects it and nothing else. */
export function code(digits: string): Block {
  return {
    text: digits,
    html: html`<p class="text" style="margin:0 0 16px;font-size:36px;line-height:44px;font-weight:700"><bdi dir="ltr" style="font-family:Consolas,ui-monospace,Menlo,monospace;letter-spacing:6px;-webkit-user-select:all;user-select:all">${digits}</bdi></p>`,
  };
}

/**
 * One thing to do, large enough for a thumb, and the host that it leads to.
 * @param link an http(s) URL
 * @param hint a sentence below it
 */
export function button(sender: Sender, label: string, link: string, hint: string): Block {
  const href = webAddress(link);
  const leadsTo = sender.translate("mail.leads-to", { host: isolate(new URL(href).host, directionOf(sender.language)) });
  return { text: `${label}\n${href}\n${hint}`, html: html`${buttonTable(sender, label, href)}${small(leadsTo).html}${small(hint).html}` };
}

/** Like button, with the address spelled out below for a program that shows no button. */
export function linkButton(sender: Sender, label: string, link: string, hint: string): Block {
  const { link: colour } = accentOf(sender);
  const href = webAddress(link);
  return {
    text: `${label}\n${href}`,
    html: html`${buttonTable(sender, label, href)}
<p class="quiet" style="margin:0 0 16px;font-size:13px;line-height:20px;color:${light.quiet}">${hint}<br><a class="link" href="${href}" style="color:${colour};word-break:break-all"><bdi dir="ltr">${href}</bdi></a></p>`,
  };
}

/** A small line that ends in a link. @param link an http(s) URL */
export function footLink(sender: Sender, words: string, link: string): Block {
  const href = webAddress(link);
  return {
    text: `${words} ${href}`,
    html: html`<p class="quiet" style="margin:0 0 12px;font-size:13px;line-height:20px;color:${light.quiet}">${words}<br><a class="link" href="${href}" style="color:${accentOf(sender).link};word-break:break-all"><bdi dir="ltr">${href}</bdi></a></p>`,
  };
}

export function facts({ translate, language }: Sender, list: Fact[]): Block {
  const known = list.flatMap((fact) => {
    const words = "said" in fact ? fact.said : fact.value && isolate(oneLine(fact.value), directionOf(language));
    return words ? [{ label: fact.label, words }] : [];
  });
  return {
    text: known.map(({ label, words }) => `${label}${translate("mail.colon")}${words}`).join("\n"),
    html: html`<table role="presentation" cellpadding="0" cellspacing="0" border="0" width="100%" class="box" style="margin:0 0 16px;${boxStyle}">
<tr><td style="padding:12px 16px"><table role="presentation" cellpadding="0" cellspacing="0" border="0">
${known.map(({ label, words }) => html`<tr><td class="quiet" style="${factStyle};color:${light.quiet};overflow-wrap:normal;word-break:keep-all" valign="top">${label}&nbsp;&nbsp;</td><td class="text" style="${factStyle}" valign="top">${rich(words)}</td></tr>\n`)}</table></td></tr></table>`,
  };
}

/** Somebody else's words, set apart and attributed. */
export function quote(label: string, message: string): Block {
  const lines = messageLines(message);
  return {
    text: `${label}\n${lines.map((line) => `> ${line}`.trimEnd()).join("\n")}`,
    html: html`<p class="text" style="margin:0 0 8px;font-size:16px;line-height:24px">${rich(label)}</p>
<table role="presentation" cellpadding="0" cellspacing="0" border="0" width="100%" class="box" style="margin:0 0 16px;${boxStyle}">
<tr><td class="text" dir="auto" style="padding:12px 16px;text-align:start;font-size:16px;line-height:24px">${lines.map((line, index) => html`${index > 0 && html`<br>`}${line}`)}</td></tr></table>`,
  };
}

function buttonTable(sender: Sender, label: string, href: string): Html {
  const { button: colour, edge, on } = accentOf(sender);
  return html`<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:0 0 12px"><tr>
<td class="button" bgcolor="${colour}" style="border-radius:8px;background:${colour};border:1px solid ${edge};mso-padding-alt:14px 24px"><a class="on-button" href="${href}" style="display:inline-block;padding:14px 24px;font-size:16px;line-height:24px;font-weight:600;color:${on};text-decoration:none">${label}</a></td>
</tr></table>`;
}

function accentOf({ colour }: Sender): Accent {
  return accentsOf(colour ?? ownColour).light;
}

/** @throws unless it is an http(s) address: mails link to nothing else */
function webAddress(link: string): string {
  const { protocol, href } = new URL(link);
  if (protocol !== "https:" && protocol !== "http:") throw new Error(`a mail cannot link to ${protocol}`);
  return href;
}

/** Isolated parts of a text (texts.ts) become a bdi, which mail programs support better than the characters. */
export function rich(text: string): Html[] {
  return text.split(/\u2068([^\u2069]*)\u2069/).map((part, index) => (index % 2 === 1 ? html`<bdi>${part}</bdi>` : html`${part}`));
}
