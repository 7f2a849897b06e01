import { loadTexts } from "../../src/texts.ts";

/** What a guest who reads English reads: tests name a text by its key, so that its wording can be changed. */
export const say = loadTexts().in("en");
