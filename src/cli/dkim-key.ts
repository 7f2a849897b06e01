import { readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { InputError } from "../errors.ts";
import { type DkimKey, dkimRecord, newDkimKey, zoneLine } from "../outbox/dkim.ts";
import { jsonOption } from "./options.ts";
import { type Format, printJson } from "./output.ts";

interface KeyOptions extends Format {
  domain: string;
  selector: string;
}

export function dkimKeyCommand(): Command {
  return new Command("dkim-key")
    .description("make a DKIM key for a route and print the DNS record to publish; of a file that is there, print its record")
    .argument("<file>", "where the private key is kept (PEM); only its owner can read it")
    .requiredOption("--domain <domain>", "the domain of GUESTPASS_MAIL_FROM")
    .option("--selector <name>", "the name of this key among the domain's", "guestpass")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass mail dkim-key /etc/guestpass/dkim.pem --domain example.com")
    .action(dkimKey);
}

function dkimKey(keyFile: string, { domain, selector, json = false }: KeyOptions): void {
  const { privateKey, made } = madeOrRead(keyFile);
  const record = recordOf(keyFile, { domain, selector, privateKey });
  if (json) {
    printJson({ key_file: keyFile, made, name: record.name, type: "TXT", value: record.value });
    return;
  }
  console.log(`${made ? "The private key is in" : "The private key was already in"} ${keyFile}.\n`);
  console.log(`Publish this TXT record for ${record.name}:\n\n${record.value}\n`);
  console.log(`As a line of a zone file:\n\n${zoneLine(record)}\n`);
  const route = { domain, selector, keyFile };
  console.log(`When it is published, give the route in GUESTPASS_SMTP_ROUTES: "dkim": ${JSON.stringify(route)}`);
}

function recordOf(keyFile: string, key: DkimKey): { name: string; value: string } {
  try {
    return dkimRecord(key);
  } catch (cause) {
    throw new InputError(`${keyFile} is there and holds no private key: ${(cause as Error).message}`, { cause });
  }
}

function madeOrRead(keyFile: string): { privateKey: string; made: boolean } {
  const privateKey = newDkimKey();
  try {
    writeFileSync(keyFile, privateKey, { mode: 0o600, flag: "wx" });
    return { privateKey, made: true };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") return { privateKey: readFileSync(keyFile, "utf8"), made: false };
    throw new InputError(`The key cannot be written to ${keyFile}: ${message}`, { cause });
  }
}
