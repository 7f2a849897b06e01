// The frame of every page: the organisation above, the content, and help below. One column, no inline script or style.
import type { Context } from "koa";
import { directionOf, type Translate } from "../texts/texts.ts";
import { accentPath } from "./accent.ts";
import { assets } from "./assets.ts";
import { type Html, html } from "./html.ts";
import { inLanguage, inLanguageOf, languagePath, type Site, siteOf } from "./site.ts";

export interface Page {
  title: string;
  body: Html;
  /** A form on the page was filled in wrongly: the title says so too (WCAG 2.2, 3.3.1). */
  invalid?: boolean;
  /** What is wrong, for the title. */
  problem?: string | undefined;
  /** For reading rather than filling in: wider lines, and room for tables and code. */
  wide?: boolean;
  /** Its reader is, or was, signed in: the footer leads to the guests' own page. */
  signedIn?: boolean;
  /** The application that the page is about. */
  brand?: Brand | undefined;
  /** Scripts of src/http/assets.ts that make the page quicker; it works without them. */
  scripts?: (keyof typeof assets)[];
}

/** How an application looks, and whom its guests can ask for help. */
export interface Brand {
  name: string;
  /** Addresses of images, which sendPage allows in the content security policy. */
  logo: string | undefined;
  darkLogo: string | undefined;
  /** Such as #0b57d0. */
  colour: string | undefined;
  /** An address for help, in place of the organisation's. */
  support: string | undefined;
}

export interface Reader {
  translate: Translate;
  language: string;
}

/** The surroundings of a page. */
export interface Surroundings {
  site: Site | undefined;
  /** Its style sheets and scripts. */
  head: Html;
  /** The page's address in another language, where it has one. */
  inLanguage(language: string): string | undefined;
}

export function sendPage(ctx: Context, reader: Reader, status: number, page: Page): void {
  ctx.state["logos"] = logosOf(page);
  ctx.status = status;
  ctx.type = "html";
  ctx.body = pageHtml(reader, page, { site: siteOf(ctx), head: linked(page), inLanguage: (language) => inLanguage(ctx, language) });
}

export function logosOf({ brand }: Page): string[] {
  return [brand?.logo, brand?.darkLogo].filter((logo) => logo !== undefined);
}

function linked(page: Page): Html {
  return html`<link rel="stylesheet" href="${assets.style.path}">
${page.brand?.colour !== undefined && html`<link rel="stylesheet" href="${accentPath(page.brand.colour)}">`}
${(page.scripts ?? []).map((name) => html`<script type="module" src="${assets[name].path}"></script>`)}`;
}

export function pageHtml(reader: Reader, page: Page, surroundings: Surroundings): string {
  const { translate, language } = reader;
  const { site, head } = surroundings;
  return html`<!doctype html>
<html lang="${language}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${titleOf(site, translate, page)}</title>
${head}
</head>
<body>
<div class="frame${page.wide && " wide"}">
${header(site, translate, page)}
<main>
<h1>${page.title}</h1>
${page.body}
</main>
${footer(surroundings, reader, page)}
</div>
</body>
</html>`.toString();
}

/** Says whether something is wrong, what the page is for, and whose it is. Tabs and screen readers show nothing else. */
function titleOf(site: Site | undefined, translate: Translate, { title, invalid, problem, brand }: Page): string {
  const whose = brand?.name ?? site?.organisation ?? "";
  const named = whose === "" || title.includes(whose) ? title : `${title} – ${whose}`;
  if (problem !== undefined) return `${problem} – ${named}`;
  return invalid ? `${translate("error-summary")}: ${named}` : named;
}

/** The logo says no more than the name, which is shown if the logo cannot be loaded. */
function header(site: Site | undefined, translate: Translate, { brand }: Page): Html {
  const organisation = site?.organisation;
  const whose = brand ? organisation && translate("header.whose", { organisation }) : translate("front.title");
  const name = brand?.name ?? organisation;
  return html`<header class="top">
${logo(brand)}
<div>
${name !== undefined && html`<p class="name"><bdi>${name}</bdi></p>`}
${whose !== undefined && html`<p class="whose">${whose}</p>`}
</div>
</header>`;
}

function logo(brand: Brand | undefined): Html | undefined {
  const shown = brand?.logo ?? brand?.darkLogo;
  if (shown === undefined) return undefined;
  if (brand?.logo === undefined || brand.darkLogo === undefined) return html`<img class="logo plate" src="${shown}" alt="">`;
  return html`<picture><source media="(prefers-color-scheme: dark)" srcset="${brand.darkLogo}"><img class="logo" src="${shown}" alt=""></picture>`;
}

function footer({ site, inLanguage }: Surroundings, reader: Reader, { brand, wide, signedIn }: Page): Html | undefined {
  if (!site) return undefined;
  const { translate } = reader;
  const help = brand?.support ?? site.support;
  return html`<footer class="foot">
<span><bdi>${site.organisation}</bdi></span>
${signedIn && html`<a href="/account">${translate("account.title")}</a>`}
${help !== undefined && html`<a href="mailto:${encodeURI(help)}">${translate("footer.help")}</a>`}
${site.privacy !== undefined && html`<a href="${site.privacy}">${translate("footer.privacy")}</a>`}
${!wide && languages(inLanguage, reader, site.languages)}
</footer>`;
}

function languages(addressIn: Surroundings["inLanguage"], { translate, language }: Reader, all: string[]): Html | undefined {
  const others = all.flatMap((each) => {
    if (each === language) return [];
    const href = addressIn(each);
    const link = href === undefined ? html`href="${inLanguageOf(languagePath, each)}" target="_blank"` : html`href="${href}"`;
    return [html`<li><a ${link} lang="${each}" hreflang="${each}">${nameOf(each)}</a></li>`];
  });
  if (others.length === 0) return undefined;
  return html`<details class="languages"><summary><span class="hidden">${translate("footer.language")} </span>${nameOf(language)}</summary>
${addressIn(language) === undefined && html`<p>${translate("language.later")}</p>`}
<ul>${others}</ul></details>`;
}

const names = new Map<string, string>();

/** Its name in the language itself. */
export function nameOf(language: string): string {
  const known = names.get(language);
  if (known !== undefined) return known;
  const [first = "", ...rest] = new Intl.DisplayNames([language], { type: "language" }).of(language) ?? language;
  const name = `${first.toLocaleUpperCase(language)}${rest.join("")}`;
  names.set(language, name);
  return name;
}
