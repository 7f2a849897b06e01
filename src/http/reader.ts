import type { Context } from "koa";
import { chooseLanguage, findLanguage, type Texts } from "../texts/texts.ts";
import type { Reader } from "./page.ts";
import { chosenLanguage } from "./site.ts";

/** The language that an application asked for with ui_locales (OpenID Connect Core 1.0, section 3.1.2.1), if there are texts in it. */
export function applicationLanguage(texts: Texts, uiLocales: string | undefined): string | undefined {
  return findLanguage(texts.languages, uiLocales?.split(" ") ?? []);
}

/** The reader's choice, else the application's, else the browser's (Accept-Language, RFC 9110, 12.5.4), else English. */
export function readerOf(ctx: Context, texts: Texts, uiLocales?: string): Reader {
  const asked = chosenLanguage(ctx, texts.languages) ?? applicationLanguage(texts, uiLocales);
  const language = asked ?? chooseLanguage(texts.languages, ctx.acceptsLanguages());
  return { language, translate: texts.in(language) };
}
