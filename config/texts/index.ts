// One file a language, named by its BCP 47 tag. English is the one that the others are measured by.
import { ar } from "./ar.ts";
import { de } from "./de.ts";
import { en } from "./en.ts";
import { es } from "./es.ts";
import { fr } from "./fr.ts";
import { ja } from "./ja.ts";
import { pt } from "./pt.ts";

export const texts = { en, de, fr, es, pt, ja, ar };
