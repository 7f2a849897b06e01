import type { Context } from "koa";
import { chooseLanguage, findLanguage, type Texts } from "../texts.ts";
import type { Reader } from "./page.ts";

/** The language that an application asked for with ui_locales (OpenID Connect Core 1.0, section 3.1.2.1), where there are texts in it. */
export function applicationLanguage(texts: Texts, uiLocales: string | undefined): string | undefined {
  return findLanguage(texts.languages, uiLocales?.split(" ") ?? []);
}

/** The application's wish, else the browser's (Accept-Language, RFC 9110, 12.5.4), else English. */
export function readerOf(ctx: Context, texts: Texts, uiLocales?: string): Reader {
  const language = applicationLanguage(texts, uiLocales) ?? chooseLanguage(texts.languages, ctx.acceptsLanguages());
  return { language, translate: texts.in(language) };
}
