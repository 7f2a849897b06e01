import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { InputError } from "../errors.ts";
import { html } from "../http/html.ts";

/** One thing to look at, in one or more files. */
export interface Previewed {
  name: string;
  title: string;
  /** Paths below the folder, by their names in the index. */
  files: { label: string; path: string; content: string }[];
}

/** @returns the page that links to all of them @throws InputError if it cannot be written */
export function writePreview(directory: string, heading: string, previewed: Previewed[]): string {
  const index = join(directory, "index.html");
  try {
    for (const { path, content } of previewed.flatMap(({ files }) => files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      writeFileSync(join(directory, path), content);
    }
    writeFileSync(index, indexOf(heading, previewed));
  } catch (cause) {
    throw new InputError(`The preview cannot be written to ${directory}: ${(cause as Error).message}`, { cause });
  }
  return index;
}

function indexOf(heading: string, previewed: Previewed[]): string {
  const item = ({ name, title, files }: Previewed) =>
    html`<li>${name}${files.map(({ label, path }) => html` <a href="${path}">${label}</a>`)}: <bdi>${title}</bdi></li>\n`;
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${heading}</title></head>
<body>
<h1>${heading}</h1>
<ul>
${previewed.map(item)}</ul>
</body>
</html>
`.toString();
}
