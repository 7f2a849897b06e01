import type { en } from "./en.ts";

/** The plural categories of CLDR, as Intl.PluralRules answers them. */
type PluralForm = "zero" | "one" | "two" | "few" | "many" | "other";

type EnglishKey = keyof typeof en;
type CountedKey = EnglishKey extends infer Key ? (Key extends `${infer Base}_${PluralForm}` ? Base : never) : never;
type PlainKey = Exclude<EnglishKey, `${string}_${PluralForm}`>;

/** A key without its plural form: what a view asks for. */
export type TextKey = PlainKey | CountedKey;

/** The texts of English in another language, which has these plural forms; the compiler wants every key and no other. */
export type Translation<Forms extends PluralForm> = Record<PlainKey | `${CountedKey}_${Forms}`, string>;
