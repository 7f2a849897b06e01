import { Command } from "commander";
import { readConfig } from "../configuration/config.ts";
import { type SampleMail, sampleMails } from "../mail/samples.ts";
import { readTextOverrides } from "../texts/overrides.ts";
import { loadTexts } from "../texts/texts.ts";
import { type Previewed, writePreview } from "./preview-folder.ts";

export function previewCommand(): Command {
  return new Command("preview")
    .description("write every mail in every language as HTML and text, including your own texts, to look at")
    .argument("[directory]", "the folder to write to; it is created if missing", "mail-preview")
    .addHelpText("after", "\nExample:\n  guestpass mail preview /tmp/mails   and open /tmp/mails/index.html")
    .action(preview);
}

function preview(directory: string): void {
  const config = readConfig();
  const mails = sampleMails(loadTexts(readTextOverrides(config.texts)), config);
  const index = writePreview(directory, "Mails of Guestpass", mails.map(previewed));
  console.log(`${mails.length} mails written. Open ${index}`);
}

function previewed({ language, name, subject, text, html }: SampleMail): Previewed {
  const path = `${language}/${name}`;
  const files = [
    { label: "HTML", path: `${path}.html`, content: html },
    { label: "text", path: `${path}.txt`, content: `Subject: ${subject}\n\n${text}` },
  ];
  return { name: path, title: subject, files };
}
