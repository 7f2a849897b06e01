// The site that the pages belong to: the content around every page, and the language that the reader chose there.
import type { Context, Middleware } from "koa";
import { findLanguage } from "../texts/texts.ts";

export interface Site {
  organisation: string;
  /** An address for help. */
  support: string | undefined;
  /** The address of the organisation's notice on privacy. */
  privacy: string | undefined;
  /** BCP 47 */
  languages: string[];
}

const parameter = "guest_language";
const cookieName = "guestpass_language";
/** Seconds. */
const keptFor = 365 * 24 * 60 * 60;

/** Puts the organisation's name on every page. */
export function ofSite(site: Site): Middleware {
  return (ctx, next) => {
    ctx.state["site"] = site;
    return next();
  };
}

/** A language chosen in the footer is kept in a cookie of this browser, which holds nothing else, and the page is shown again in it. */
export function switchLanguage(languages: string[]): Middleware {
  return async (ctx, next) => {
    const chosen = ctx.method === "GET" && ctx.search.includes(parameter) ? languageIn(languages, ctx.query[parameter]) : undefined;
    if (chosen === undefined) return next();
    ctx.cookies.set(cookieName, chosen, { path: "/", httpOnly: true, sameSite: "lax", signed: false, maxAge: keptFor * 1000 });
    ctx.status = 303;
    ctx.redirect(addressWithout(ctx));
  };
}

export function siteOf(ctx: Context): Site | undefined {
  return ctx.state["site"] as Site | undefined;
}

/** The language that the reader chose in the footer of a page in this browser. */
export function chosenLanguage(ctx: Context, languages: string[]): string | undefined {
  const value = ctx.cookies?.get(cookieName, { signed: false });
  return value === undefined ? undefined : languages.find((language) => language === value);
}

/** A page that says which language was chosen, for pages that cannot be shown again. */
export const languagePath = "/language";

/**
 * The current page in another language; undefined if it cannot be requested again by its path: it answers a form, or a query, which is
 * somebody else's text and is not repeated in a link.
 */
export function inLanguage(ctx: Context, language: string): string | undefined {
  // The path of a page that leads nowhere is somebody else's text too.
  if (ctx.method !== "GET" || ctx.status === 400 || ctx.status === 404) return undefined;
  const own = /^\/(interaction|invitations|reminders)\//.test(ctx.path);
  // What was just done, said on the guest's own page.
  const said = ctx.path === "/account" && /^done=[a-z-]+$/.test(ctx.querystring);
  if (said) return inLanguageOf(`${ctx.path}?${ctx.querystring}`, language);
  return own || ctx.querystring === "" ? inLanguageOf(pathOf(ctx), language) : undefined;
}

/** The address of a page of ours, which is then shown in that language. */
export function inLanguageOf(address: string, language: string): string {
  return `${address}${address.includes("?") ? "&" : "?"}${parameter}=${encodeURIComponent(language)}`;
}

function languageIn(languages: string[], wish: string | string[] | undefined): string | undefined {
  return typeof wish === "string" ? findLanguage(languages, [wish]) : undefined;
}

function addressWithout(ctx: Context): string {
  const query = new URLSearchParams(ctx.querystring);
  query.delete(parameter);
  const rest = query.toString();
  return rest === "" ? pathOf(ctx) : `${pathOf(ctx)}?${rest}`;
}

/** With one slash at its beginning: a browser would take two for another host. */
function pathOf(ctx: Context): string {
  return ctx.path.replace(/^[/\\]+/, "/");
}
