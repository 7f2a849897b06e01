// Part of `npm run check`: every text in config/texts/ is asked for by a screen or a mail. The compiler sees to the opposite, that every
// key that is asked for exists (TextKey), and to every language having the same keys.
import { globSync, readFileSync } from "node:fs";
import { en } from "../config/texts/en.ts";

const source = globSync("{src,interactions}/**/*.ts")
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");
/** Keys that are put together: `${kind}.title`. */
const templates = [...source.matchAll(/`([a-z.-]*)\$\{[^}]+\}([a-z.-]*)`/g)].map(([, before = "", after = ""]) => ({ before, after }));

const keys = new Set(Object.keys(en).map((key) => key.replace(/_(one|other)$/, "")));
const unused = [...keys].filter((key) => !isQuoted(key) && !isBuilt(key));
for (const key of unused) console.log(`The text ${key} is used by no screen and no mail: remove it from every file of config/texts/.`);
if (unused.length > 0) process.exit(1);

function isQuoted(text: string): boolean {
  return source.includes(`"${text}"`);
}

function isBuilt(key: string): boolean {
  return templates.some(
    ({ before, after }) => key.startsWith(before) && key.endsWith(after) && isQuoted(key.slice(before.length, key.length - after.length)),
  );
}
