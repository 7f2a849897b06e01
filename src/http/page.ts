// The frame of every page: plain, one column, no inline script or style.
import type { Context } from "koa";
import { directionOf, type Translate } from "../texts.ts";
import { accentPath } from "./accent.ts";
import { assets } from "./assets.ts";
import { type Html, html } from "./html.ts";

export interface Page {
  title: string;
  body: Html;
  /** A form on the page was filled in wrongly: the title says so too (WCAG 2.2, 3.3.1). */
  invalid?: boolean;
  /** For reading rather than for filling in: wider lines, room for tables and code. */
  wide?: boolean;
  /** How the application that the page is about looks. */
  brand?: Brand;
  /** Scripts of src/http/assets.ts that make the page quicker; it works without. */
  scripts?: (keyof typeof assets)[];
}

interface Brand {
  /** The address of an image, which the content security policy has to let in: security-headers.ts. */
  logo: string | undefined;
  /** Such as #0b57d0. */
  colour: string | undefined;
}

export interface Reader {
  translate: Translate;
  language: string;
}

export function sendPage(ctx: Context, reader: Reader, status: number, page: Page): void {
  ctx.status = status;
  ctx.type = "html";
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
${page.brand?.colour !== undefined && html`<link rel="stylesheet" href="${accentPath(page.brand.colour)}">`}
${(page.scripts ?? []).map((name) => html`<script type="module" src="${assets[name].path}"></script>`)}
</head>
<body>
<main${page.wide && html` class="wide"`}>
${page.brand?.logo !== undefined && html`<img class="logo" src="${page.brand.logo}" alt="">`}
<h1>${page.title}</h1>
${page.body}
</main>
</body>
</html>`;
}
