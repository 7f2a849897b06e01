// Mails a second: a process that is told how many to send, and says how long it took.
import { randomBytes } from "node:crypto";
import { createDatabase, type DatabaseKind } from "../databases.ts";
import { ask, startScript, stop } from "../processes.ts";
import type { Setting } from "../sign-in/servers.ts";

export type MailSystem = "raw" | DatabaseKind;

export interface MailSetting extends Setting {
  codesPort: number;
}

const warmUp = 200;

/** @returns mails a second */
export async function measureThroughput(system: MailSystem, { directory, smtpPort }: MailSetting, mails: number): Promise<number> {
  const database = system === "raw" ? undefined : await createDatabase(system, directory);
  const script = system === "raw" ? new URL("./raw-sender.ts", import.meta.url) : new URL("./outbox-sender.ts", import.meta.url);
  const sender = startScript(script, [`smtp://127.0.0.1:${smtpPort}`, database?.url ?? "", randomBytes(32).toString("base64url")]);
  try {
    await ask(sender, warmUp);
    await database?.analyze();
    const seconds = await ask<number>(sender, mails);
    return mails / seconds;
  } finally {
    await stop(sender);
    await database?.remove();
  }
}
