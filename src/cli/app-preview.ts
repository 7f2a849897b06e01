import { Command } from "commander";
import type { Preview, Scheme } from "../preview.ts";
import { findApplication } from "./lookups.ts";
import { type Previewed, writePreview } from "./preview-folder.ts";
import { withApp } from "./with-app.ts";

export function appPreviewCommand(): Command {
  return new Command("preview")
    .description("write every screen and mail of an application as guests see them, light and dark, to look at")
    .argument("<client id>")
    .argument("[directory]", "the folder to write to; it is created if missing", "app-preview")
    .option("--language <tag>", "of the screens and mails", "en")
    .addHelpText("after", "\nExample:\n  guestpass app preview files /tmp/files --language de   and open /tmp/files/index.html")
    .action(preview);
}

async function preview(clientId: string, directory: string, { language }: { language: string }): Promise<void> {
  await withApp(
    async (app) => {
      const { name } = await findApplication(app, clientId);
      const shown = async (scheme: Scheme): Promise<Preview[]> => {
        const { body } = await app.admin("previewApplication", { params: { client_id: clientId }, body: { language, scheme } });
        return body["items"] as Preview[];
      };
      const [light, dark] = [await shown("light"), await shown("dark")];
      const index = writePreview(
        directory,
        `${name}, as guests see it`,
        light.map((each, at) => previewed(each, dark[at] as Preview)),
      );
      console.log(`${light.length} screens and mails written. Open ${index}`);
    },
    { language: "language" },
  );
}

function previewed(light: Preview, dark: Preview): Previewed {
  const { name, title, text } = light;
  const path = (folder: string, extension: string) => `${folder}/${name}.${extension}`;
  return {
    name,
    title,
    files: [
      { label: "light", path: path("light", "html"), content: light.html },
      { label: "dark", path: path("dark", "html"), content: dark.html },
      ...(text ? [{ label: "text", path: path("text", "txt"), content: `Subject: ${title}\n\n${text}` }] : []),
    ],
  };
}
