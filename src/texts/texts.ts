// The texts that guests read, in their language. They are in config/texts/, one file per language; an operator's file overrides them.
import { createInstance } from "i18next";
import { texts as builtIn } from "../../config/texts/index.ts";
import type { TextKey } from "../../config/texts/translation.ts";
import { hour, minute, second } from "../clock.ts";

/**
 * One text in one language. A value that reads in the other direction is isolated (UAX #9, 6.3), so it cannot turn
 * the text around it.
 */
export type Translate = (key: TextKey, values?: Record<string, string | number>) => string;

/** Moments for people, in UTC and labelled so, and lengths of time. `at` is milliseconds since the epoch. */
export interface Times {
  /** "24 November 2026 at 07:16 UTC" */
  moment(at: number): string;
  /** "07:16 UTC" */
  clock(at: number): string;
  /** How long (milliseconds) something takes, rounded up: "30 seconds", "15 minutes", "24 hours" */
  span(length: number): string;
}

export interface Texts {
  /** BCP 47 tags of the languages with texts. */
  languages: string[];
  in(language: string): Translate;
  times(language: string): Times;
}

/** Language -> key -> text, as the files of config/texts/ are. */
export type TextTable = Record<string, Record<string, string>>;

const fallback = "en";
const rightToLeft = new Set(["ar", "fa", "he", "ur"]);

export function directionOf(language: string): "ltr" | "rtl" {
  return rightToLeft.has(language.split("-")[0] as string) ? "rtl" : "ltr";
}

/**
 * The first of the preferred languages (BCP 47, in order) with texts: each by its whole tag, then without its last
 * subtag, and so on (RFC 4647, 3.4). A browser can send anything, so their number and length are limited.
 */
export function findLanguage(languages: string[], preferred: string[]): string | undefined {
  for (const wished of preferred.slice(0, 20)) {
    for (let tag = wished.slice(0, 35).toLowerCase(); tag !== ""; tag = tag.slice(0, Math.max(0, tag.lastIndexOf("-")))) {
      const found = languages.find((language) => language.toLowerCase() === tag);
      if (found) return found;
    }
  }
  return undefined;
}

/** As findLanguage, and English if there is none. */
export function chooseLanguage(languages: string[], preferred: string[]): string {
  return findLanguage(languages, preferred) ?? fallback;
}

/** @param overrides texts that an operator changed or added (src/texts/overrides.ts) */
export function loadTexts(overrides: TextTable = {}): Texts {
  const table = overlay(overrides);
  const i18n = createInstance();
  void i18n.init({
    resources: Object.fromEntries(Object.entries(table).map(([language, translation]) => [language, { translation }])),
    fallbackLng: fallback,
    keySeparator: false,
    nsSeparator: false,
    initAsync: false,
    // Values are escaped where they are put into HTML, not here: mails are plain text as well.
    interpolation: { escapeValue: false },
  });
  return {
    languages: Object.keys(table),
    in: remember((language: string) => {
      const translate = i18n.getFixedT(language);
      const direction = directionOf(language);
      // i18next is slow: it is asked once for each text, and again only if a number decides its form.
      const written = remember((key: TextKey) => translate(key, { nest: false, skipInterpolation: true }));
      return (key, values = {}) => {
        const text = "count" in values ? translate(key, { count: values["count"], nest: false, skipInterpolation: true }) : written(key);
        return fillIn(text, isolated(values, direction));
      };
    }),
    times: remember(timesIn),
  };
}

/** The built-in texts, overridden by the operator's. */
function overlay(overrides: TextTable): TextTable {
  const table: TextTable = { ...builtIn };
  for (const [language, texts] of Object.entries(overrides)) table[language] = { ...table[language], ...texts };
  return table;
}

/** Removes the characters that change the direction of text (UAX #9, 2). */
export function withoutTurns(text: string): string {
  return text.replace(turns, "");
}

/** Keeps a value from changing the direction of the text around it, if the two read in different directions. */
export function isolate(value: string, direction: "ltr" | "rtl"): string {
  const plain = withoutTurns(value);
  return direction === "rtl" || rightToLeftLetter.test(plain) ? `\u2068${plain}\u2069` : plain;
}

const turns = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const rightToLeftLetter = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}]/u;

function isolated(values: Record<string, string | number>, direction: "ltr" | "rtl"): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === "string" ? isolate(value, direction) : value]),
  );
}

function fillIn(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{\{(\w+)\}\}/g, (placeholder, name: string) => String(values[name] ?? placeholder));
}

function timesIn(language: string): Times {
  const clock = {
    // A code is typed in these digits too.
    numberingSystem: "latn",
    timeZone: "UTC",
    timeZoneName: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  } as const;
  const region = language === "en" ? "en-GB" : language;
  const format = new Intl.DateTimeFormat(region, { ...clock, calendar: "gregory", day: "numeric", month: "long", year: "numeric" });
  const short = new Intl.DateTimeFormat(region, clock);
  const said = (text: string) => text.replace(/ UTC$/, "\u00a0UTC");
  return { moment: (at) => said(format.format(at)), clock: (at) => said(short.format(at)), span: (length) => spanIn(language, length) };
}

/** Seconds by tens: nobody waits to the second. */
function spanIn(language: string, length: number): string {
  const [unit, number] =
    length <= minute
      ? ["second", Math.ceil(length / (10 * second)) * 10]
      : length <= hour
        ? ["minute", Math.ceil(length / minute)]
        : ["hour", Math.ceil(length / hour)];
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "long", numberingSystem: "latn" }).format(number);
}

/** Makes the value of a language once: the objects of Intl and i18next are expensive. */
function remember<Name, T>(make: (name: Name) => T): (name: Name) => T {
  const made = new Map<Name, T>();
  return (name) => {
    const value = made.get(name) ?? make(name);
    made.set(name, value);
    return value;
  };
}
