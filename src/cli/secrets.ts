import { Command } from "commander";
import { operator } from "../audit/audit.ts";
import { InputError } from "../errors.ts";
import { withApp } from "./with-app.ts";

export function secretsCommands(): Command {
  const secrets = new Command("secrets").description("the secret that protects the database");
  secrets
    .command("rotate")
    .description("change to a new GUESTPASS_SECRET; run it once every instance has the old one in GUESTPASS_SECRET_PREVIOUS")
    .option("--force", "rotate even if a running server lacks the new secret; it answers 503 from then on", false)
    .addHelpText("after", "\nExample:\n  guestpass secrets rotate")
    .action(rotate);
  return secrets;
}

async function rotate({ force }: { force: boolean }): Promise<void> {
  await withApp(async ({ masterKeys, audit, outbox }) => {
    if (!force && (await outbox.anyServerWithout(masterKeys.knownNames[0])))
      throw new InputError(
        "A running server does not know the new secret. Restart every server with it as GUESTPASS_SECRET and the present one as GUESTPASS_SECRET_PREVIOUS, then try again. (--force changes it all the same: a server without it answers 503.)",
      );
    const { outcome } = await masterKeys.rotate(operator, audit);
    console.log(
      outcome === "rotated"
        ? "GUESTPASS_SECRET is now in use, and everything is sealed under it. Running servers follow within a second. Remove GUESTPASS_SECRET_PREVIOUS from every instance."
        : "GUESTPASS_SECRET is already in use, and everything is sealed under it.",
    );
  });
}
