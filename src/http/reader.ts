import type { Context } from "koa";
import { chooseLanguage, type Texts } from "../texts.ts";
import type { Reader } from "./page.ts";

/** @param uiLocales the application's wish (OpenID Connect Core 1.0, section 3.1.2.1); else the browser's Accept-Language */
export function readerOf(ctx: Context, texts: Texts, uiLocales?: string): Reader {
  const wished = uiLocales?.split(" ") ?? [];
  const language = chooseLanguage(texts.languages, [...wished, ...ctx.acceptsLanguages()]);
  return { language, translate: texts.in(language) };
}
