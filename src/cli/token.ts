import { Command } from "commander";
import { findApplication } from "./lookups.ts";
import { collect, jsonOption } from "./options.ts";
import { type Format, printJson } from "./output.ts";
import { withApp } from "./with-app.ts";

export function tokenCommand(): Command {
  return new Command("token")
    .description("make an access token for the administration API, as the application would get it; valid for 10 minutes")
    .argument("<client id>", "a registered application with a secret or key: an administrator's, or one that acts for itself")
    .option("--scope <scope>", "a scope such as guests:read (all that the application may have); repeatable", collect)
    .addOption(jsonOption())
    .addHelpText(
      "after",
      `
Example:
  curl -H "Authorization: Bearer $(guestpass token console --scope guests:read)" https://guests.example.com/admin/guests`,
    )
    .action(mint);
}

async function mint(clientId: string, options: Format & { scope?: string[] }): Promise<void> {
  await withApp(async (app) => {
    const application = await findApplication(app, clientId);
    const { token, expiresIn, scopes } = await app.mintToken(application, options.scope ?? []);
    if (options.json) printJson({ access_token: token, token_type: "Bearer", expires_in: expiresIn, scope: scopes.join(" ") });
    else console.log(token);
  });
}
