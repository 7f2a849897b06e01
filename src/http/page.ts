// The frame of every page: plain, one column, no inline script or style.
import type { Context } from "koa";
import { directionOf, type Translate } from "../texts.ts";
import { assets } from "./assets.ts";
import { type Html, html } from "./html.ts";

export interface Page {
  title: string;
  body: Html;
  /** A form on the page was filled in wrongly: the title says so too (WCAG 2.2, 3.3.1). */
  invalid?: boolean;
  /** For reading rather than for filling in: wider lines, room for tables and code. */
  wide?: boolean;
  /** Scripts of src/http/assets.ts that make the page quicker; it works without. */
  scripts?: (keyof typeof assets)[];
}

export interface Reader {
  translate: Translate;
  language: string;
}

export function sendPage(ctx: Context, reader: Reader, status: number, page: Page): void {
  ctx.status = status;
  ctx.type = "html";
  ctx.set("Cache-Control", "no-store");
  ctx.body = layout(reader, page).toString();
}

function layout({ translate, language }: Reader, page: Page): Html {
  const title = page.invalid ? `${translate("error-summary")}: ${page.title}` : page.title;
  return html`<!doctype html>
<html lang="${language}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="${assets.style.path}">
${(page.scripts ?? []).map((name) => html`<script type="module" src="${assets[name].path}"></script>`)}
</head>
<body>
<main${page.wide && html` class="wide"`}>
<h1>${page.title}</h1>
${page.body}
</main>
</body>
</html>`;
}
