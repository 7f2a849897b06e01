import { Command, Option } from "commander";
import { InputError } from "../errors.ts";
import { signingAlgorithms } from "../keys/signing-keys.ts";
import { confirm } from "./confirm.ts";
import { jsonOption, yesOption } from "./options.ts";
import { type Format, printJson, printRows, type Row } from "./output.ts";
import { withApp } from "./with-app.ts";

interface Rotated {
  alg: string;
  outcome: "rotated" | "too-early" | "overtaken";
  kid: string | null;
  ready_at: string | null;
}

const columns = ["kid", "alg", "state", "since", "ready_at", "ends_at"];

export function keysCommands(): Command {
  const keys = new Command("keys").description("the keys that sign ID tokens");
  keys
    .command("list")
    .description("list the keys and how long each has been in its state")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass keys list")
    .action(list);
  keys
    .command("rotate")
    .description("sign with the next keys from now on; everything signed with the present ones stays valid")
    .addOption(new Option("--alg <algorithm>", "only this algorithm").choices(signingAlgorithms))
    .addOption(jsonOption())
    .addHelpText("after", "\nExample:\n  guestpass keys rotate")
    .action(rotate);
  keys
    .command("revoke")
    .description("withdraw a key at once, for a key that may have leaked")
    .argument("<kid>")
    // A kid can begin with a dash, and with -h.
    .allowUnknownOption()
    .helpOption("--help", "display help for command")
    .addOption(yesOption())
    .addHelpText("after", "\nExample:\n  guestpass keys revoke NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
    .action(revoke);
  return keys;
}

async function list(format: Format): Promise<void> {
  await withApp(async ({ admin }) => {
    const items = (await admin("listSigningKeys")).body["items"] as Row[];
    printRows(items, columns, format, "There are no keys.");
  });
}

async function rotate({ json, ...body }: Format & { alg?: string }): Promise<void> {
  await withApp(async ({ admin }) => {
    const items = (await admin("rotateSigningKeys", { body })).body["items"] as Rotated[];
    if (json) printJson(items);
    else for (const each of items) if (each.outcome !== "too-early") console.log(told(each));
    const early = items.filter(({ outcome }) => outcome === "too-early");
    if (early.length > 0) throw new InputError(early.map(told).join("\n"));
  });
}

function told({ alg, outcome, kid, ready_at: readyAt }: Rotated): string {
  if (outcome === "rotated") return `${alg}: ${kid} signs now. Running servers use it within a second.`;
  if (outcome === "overtaken") return `${alg}: another rotation came first, and ${kid} signs now.`;
  return `${alg}: applications may not know the next key before ${readyAt}. Rotate then, or revoke the present key if it may have leaked.`;
}

async function revoke(kid: string, options: { yes: boolean }): Promise<void> {
  await withApp(async (app) => {
    const key = (await app.signingKeys.list()).find((each) => each.kid === kid);
    if (!key) throw new InputError(`There is no key ${kid}. guestpass keys list shows the keys.`);
    const broken =
      "ID tokens and logout tokens that it signed are refused: by applications once they have read the keys again (five minutes), as an id_token_hint at once.";
    const next = "The next key signs at once. Applications that do not know it yet refuse sign-ins until they have read the keys again.";
    const breaks = { next: "Nothing was signed with it.", current: `${broken} ${next}`, previous: broken };
    await confirm(`The ${key.alg} key ${kid} (${key.state}) will be withdrawn. ${breaks[key.state]}`, options);
    const { body } = await app.admin("revokeSigningKey", { params: { kid } });
    console.log(body["signs_now"] === null ? "Revoked." : `Revoked. ${body["signs_now"]} signs now.`);
  });
}
