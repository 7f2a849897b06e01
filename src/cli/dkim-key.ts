import { writeFileSync } from "node:fs";
import { Command } from "commander";
import { InputError } from "../errors.ts";
import { type DkimKey, dkimRecord, newDkimKey, readDkimKey, zoneLine } from "../outbox/dkim.ts";
import { jsonOption, toHostname } from "./options.ts";
import { type Format, printJson } from "./output.ts";

interface KeyOptions extends Format {
  domain: string;
  selector: string;
}

export function dkimKeyCommand(): Command {
  return new Command("dkim-key")
    .description("make a DKIM key for a route and print the DNS record to publish; if the file exists, only print its record")
    .argument("<file>", "where the private key is kept (PEM); only its owner can read it")
    .requiredOption("--domain <domain>", "the domain of GUESTPASS_MAIL_FROM", toHostname)
    .option("--selector <name>", "the name of this key within the domain", toHostname, "guestpass")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass mail dkim-key /etc/guestpass/dkim.pem --domain example.com")
    .action(dkimKey);
}

function dkimKey(keyFile: string, { domain, selector, json = false }: KeyOptions): void {
  const made = make(keyFile);
  const record = recordOf(keyFile, { domain, selector });
  if (json) {
    printJson({ key_file: keyFile, made, name: record.name, type: "TXT", value: record.value });
    return;
  }
  console.log(`${made ? "The private key is in" : "The private key was already in"} ${keyFile}.\n`);
  console.log(`Publish this TXT record for ${record.name}:\n\n${record.value}\n`);
  console.log(`As a line of a zone file:\n\n${zoneLine(record)}\n`);
  const route = { domain, selector, keyFile };
  console.log(`When it is published, add this to the route in GUESTPASS_SMTP_ROUTES: "dkim": ${JSON.stringify(route)}`);
}

/** @returns false if the file exists: it stays as it is */
function make(keyFile: string): boolean {
  try {
    writeFileSync(keyFile, newDkimKey(), { mode: 0o600, flag: "wx" });
    return true;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    throw new InputError(`The key cannot be written to ${keyFile}: ${message}`, { cause });
  }
}

function recordOf(keyFile: string, key: Omit<DkimKey, "privateKey">): { name: string; value: string } {
  try {
    return dkimRecord({ ...key, privateKey: readDkimKey(keyFile) });
  } catch (cause) {
    throw new InputError(`${keyFile} exists but does not hold a private key: ${(cause as Error).message}`, { cause });
  }
}
