// What guests read, in their language. Texts live in config/texts/, one file a language.
import { createInstance } from "i18next";
import { texts } from "../config/texts/index.ts";

type Plural<Key extends string> = Key extends `${infer Base}_${"zero" | "one" | "two" | "few" | "many" | "other"}` ? Base : Key;
type TextKey = Plural<keyof (typeof texts)["en"]>;

/** @throws where the language has no such text; the keys are checked by the compiler */
export type Translate = (key: TextKey, values?: Record<string, string | number>) => string;

export interface Texts {
  /** BCP 47 tags of the languages there are texts in. */
  languages: string[];
  in(language: string): Translate;
}

const rightToLeft = new Set(["ar", "fa", "he", "ur"]);

export function directionOf(language: string): "ltr" | "rtl" {
  return rightToLeft.has(language.split("-")[0] as string) ? "rtl" : "ltr";
}

/** The first of the preferred languages (BCP 47, in order) that there are texts in, by its whole tag or its primary subtag. */
export function chooseLanguage(languages: string[], preferred: string[]): string {
  for (const tag of preferred) {
    const found =
      languages.find((language) => language === tag.toLowerCase()) ??
      languages.find((language) => language === tag.toLowerCase().split("-")[0]);
    if (found) return found;
  }
  return "en";
}

export function loadTexts(): Texts {
  const i18n = createInstance();
  void i18n.init({
    resources: Object.fromEntries(Object.entries(texts).map(([language, translation]) => [language, { translation }])),
    fallbackLng: "en",
    keySeparator: false,
    nsSeparator: false,
    initAsync: false,
    // Values are escaped where they are put into HTML, not here: mails are plain text as well.
    interpolation: { escapeValue: false },
  });
  return {
    languages: Object.keys(texts),
    in(language) {
      const translate = i18n.getFixedT(language);
      return (key, values) => translate(key, values ?? {});
    },
  };
}
