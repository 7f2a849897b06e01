import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { readConfig } from "../configuration/config.ts";
import { InputError } from "../errors.ts";
import { html } from "../http/html.ts";
import { type SampleMail, sampleMails } from "../mail/samples.ts";
import { readTextOverrides } from "../texts/overrides.ts";
import { loadTexts } from "../texts/texts.ts";

export function previewCommand(): Command {
  return new Command("preview")
    .description("write every mail in every language as HTML and text, including your own texts, to look at")
    .argument("[directory]", "where to; it is made", "mail-preview")
    .addHelpText("after", "\nExample:\n  guestpass mail preview /tmp/mails   and open /tmp/mails/index.html")
    .action(preview);
}

function preview(directory: string): void {
  const config = readConfig();
  const mails = sampleMails(loadTexts(readTextOverrides(config.texts)), config);
  try {
    for (const mail of mails) write(directory, mail);
    writeFileSync(join(directory, "index.html"), index(mails));
  } catch (cause) {
    throw new InputError(`The mails cannot be written to ${directory}: ${(cause as Error).message}`, { cause });
  }
  console.log(`${mails.length} mails written. Open ${join(directory, "index.html")}`);
}

function write(directory: string, mail: SampleMail): void {
  mkdirSync(join(directory, mail.language), { recursive: true });
  writeFileSync(join(directory, `${path(mail)}.html`), mail.html);
  writeFileSync(join(directory, `${path(mail)}.txt`), `Subject: ${mail.subject}\n\n${mail.text}`);
}

function index(mails: SampleMail[]): string {
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mails of Guestpass</title></head>
<body>
<h1>Mails of Guestpass</h1>
<ul>
${mails.map((mail) => html`<li><a href="${path(mail)}.html">${path(mail)}</a> (<a href="${path(mail)}.txt">text</a>): <bdi>${mail.subject}</bdi></li>\n`)}</ul>
</body>
</html>
`.toString();
}

function path({ language, name }: SampleMail): string {
  return `${language}/${name}`;
}
