// An operator's own texts: a JSON file such as {"de": {"mail.passcode.subject": "Ihr Code"}}, which override the built-in ones. A
// language that is not built in must be complete. Errors are reported at startup, never to a guest.
import { readFileSync } from "node:fs";
import { z } from "zod";
import { texts as builtIn } from "../../config/texts/index.ts";
import { InputError } from "../errors.ts";
import type { TextTable } from "./texts.ts";

const most = 2000;
const Table = z.record(z.string(), z.record(z.string(), z.string()));
const counted = /_(zero|one|two|few|many|other)$/;

/** @throws InputError one message that names everything that is wrong */
export function readTextOverrides(path: string | undefined): TextTable {
  if (path === undefined) return {};
  const table = parse(path);
  const problems = Object.entries(table).flatMap(([language, texts]) => problemsWith(language, texts));
  if (problems.length === 0) return table;
  throw new InputError(`The texts in ${path} (GUESTPASS_TEXTS) are not valid:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
}

/** The problems of one language's texts, each in a sentence. A language that is not built in must have every text. */
export function problemsWith(language: string, texts: Record<string, string>): string[] {
  if (!isLanguageTag(language)) return [`"${language}" is not a language tag (BCP 47) such as de or pt-BR`];
  const wanted = wantedKeys(language);
  const missing = language in builtIn ? [] : [...wanted.keys()].filter((key) => !(key in texts));
  return [
    ...(missing.length > 0 ? [`${language}: a language that is not built in needs every text; missing: ${missing.join(", ")}`] : []),
    ...Object.entries(texts).flatMap(([key, text]) => {
      const english = wanted.get(key);
      if (english === undefined) return [`${language}: there is no text ${key}`];
      return problemsWithText(text, english, !counted.test(key)).map((problem) => `${language}: ${key} ${problem}`);
    }),
  ];
}

/** Every key that a language needs, with the English text: counted ones in each plural form of the language. */
export function wantedKeys(language: string): Map<string, string> {
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
  const wanted = new Map<string, string>();
  for (const [key, english] of Object.entries(builtIn.en)) {
    if (!counted.test(key)) wanted.set(key, english);
    else if (key.endsWith("_other")) for (const form of forms) wanted.set(key.replace(counted, `_${form}`), english);
  }
  return wanted;
}

/** @param everyCount whether {{count}} must be there: a plural form may say "one" or "two" in a word */
function problemsWithText(text: string, english: string, everyCount: boolean): string[] {
  if (text.trim() === "") return ["is empty"];
  if (text.length > most) return [`is longer than ${most} characters`];
  const needed = placeholders(english);
  const used = placeholders(text);
  return [
    ...[...needed].filter((name) => !used.has(name) && (everyCount || name !== "count")).map((name) => `must contain {{${name}}}`),
    ...[...used].filter((name) => !needed.has(name)).map((name) => `must not contain {{${name}}}`),
  ];
}

function placeholders(text: string): Set<string> {
  return new Set([...text.matchAll(/\{\{(.*?)\}\}/g)].map(([, name]) => (name as string).trim()));
}

function isLanguageTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag)[0] === tag;
  } catch {
    return false;
  }
}

function parse(path: string): TextTable {
  try {
    return Table.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? 'it must look like {"de": {"mail.passcode.subject": "..."}}' : (cause as Error).message;
    throw new InputError(`GUESTPASS_TEXTS names ${path}, which cannot be read as texts: ${why}`, { cause });
  }
}
