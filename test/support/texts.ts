import { loadTexts } from "../../src/texts/texts.ts";

/** What a guest who reads English reads: tests name a text by its key, so that its wording can be changed. */
const texts = loadTexts();
export const say = texts.in("en");
/** What a guest reads in another language. */
export const sayIn = (language: string) => texts.in(language);
export const times = texts.times("en");
