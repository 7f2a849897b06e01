// The frame of the console's pages.
import type { Context } from "koa";
import { type Html, html } from "../http/html.ts";
import { assetPath, type ConsoleScript } from "./assets.ts";

export interface ConsolePage {
  title: string;
  /** One sentence below the title. */
  lead?: Html | string | false;
  /** The primary action, on the right of the title. */
  action?: Html | false;
  body: Html;
  scripts?: ConsoleScript[];
  /** Something was filled in wrongly, which the title says too (WCAG 2.2, 3.3.1). */
  invalid?: boolean;
  /** Something is under way: without script, the page reloads by itself. */
  refresh?: boolean;
}

export interface NavigationEntry {
  path: string;
  name: string;
  count?: number;
}

export interface Frame {
  base: string;
  organisation: string;
  zoneCookie: string;
}

/** @param me the person who is signed in, and the pages they may open */
export function consoleHtml(
  { base, organisation, zoneCookie }: Frame,
  page: ConsolePage,
  me?: { name: string; role: string; here: string; entries: NavigationEntry[]; token: string },
): string {
  const { title, lead, action, body, scripts = [], invalid, refresh } = page;
  const main = html`<header class="title"><div><h1>${title}</h1>${lead !== undefined && lead !== false && html`<p class="lead">${lead}</p>`}</div>${action}</header>
${body}`;
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
${refresh && html`<noscript><meta http-equiv="refresh" content="2"></noscript>`}
<title>${invalid && "Error: "}${title} – ${organisation} guests</title>
<link rel="stylesheet" href="${assetPath(base, "style")}">
${[...(me ? (["console"] as const) : []), ...scripts].map((name) => html`<script type="module" src="${assetPath(base, name)}"></script>`)}
</head>
<body data-base="${base}" data-zone-cookie="${zoneCookie}"${!me && html` class="narrow"`}>
${
  me
    ? html`<a class="skip" href="#main">To the content</a><div class="shell">
<header class="side"><p class="whose">${organisation}<small>Guest access</small></p>
<button type="button" class="find" data-palette aria-keyshortcuts="/ Control+K" hidden>Go to … <kbd>/</kbd></button>
<nav aria-label="Console"><ul>${me.entries.map(
        ({ path, name, count }) =>
          html`<li><a href="${base}${path}"${isHere(path, me.here) && html` aria-current="page"`}>${name}${count ? html` <span class="count">${count}</span>` : ""}</a></li>`,
      )}</ul></nav>
<div class="me"><a href="${base}/me">${me.name}</a><br>${me.role}
<form method="post" action="${base}/sign-out"><input type="hidden" name="token" value="${me.token}"><button class="quietly">Sign out</button></form></div></header>
<main id="main">${main}</main></div>
<dialog class="palette" aria-label="Find a guest, an application or a page"><form method="post" action="${base}/find"><input type="hidden" name="token" value="${me.token}">
<input name="find" role="combobox" aria-label="Guest, application or page" aria-autocomplete="list" aria-expanded="true" aria-controls="found-list" placeholder="Guest, application or page" autocomplete="off"></form>
<ul role="listbox" id="found-list" aria-label="Found"></ul><p class="unseen" role="status"></p></dialog>`
    : html`<main id="main">${main}</main>`
}
</body>
</html>`.toString();
}

export function sendHtml(ctx: Context, status: number, text: string): void {
  ctx.status = status;
  ctx.type = "html";
  ctx.body = text;
}

function isHere(path: string, here: string): boolean {
  return path === "" ? here === "" || here === "/" : here === path || here.startsWith(`${path}/`);
}
