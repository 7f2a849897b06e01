// What `npm start` runs: Guestpass in development mode with all its defaults, and the example application beside it.
import { join } from "node:path";
import { onceAskedToStop } from "../scripts/asked-to-stop.ts";
import { readConfig } from "../src/config.ts";
import { mailboxPath } from "../src/development/mailbox-page.ts";
import { InputError } from "../src/errors.ts";
import { startServer } from "../src/main.ts";
import { createFileShare } from "./file-share/app.ts";
import { listen } from "./file-share/server.ts";
import { registerFileShare } from "./register.ts";

await start().catch((error: unknown) => {
  console.error(error instanceof InputError ? error.message : error);
  process.exit(1);
});

async function start(): Promise<void> {
  const url = process.env["APP_URL"] ?? "http://localhost:4000";
  // People read this terminal: only what needs attention is logged, unless they ask for more.
  // The example is told of ended sessions over loopback, which Guestpass connects to only where it is allowed to.
  const defaults = { GUESTPASS_LOG_LEVEL: "warn", GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8,::1/128" };
  const config = readConfig({ ...defaults, ...process.env, GUESTPASS_MODE: "development" });
  const guestpass = await startServer(config);
  const registered = await registerFileShare(guestpass.app, url, join(config.dataDirectory, "file-share.json"));
  const mailbox = config.issuer + mailboxPath;
  const owner = { name: "Olivia Owner", email: "olivia@example.com" };
  const application = createFileShare({ url, issuer: config.issuer, ...registered, owner, mailbox });
  const fileShare = await listen(application, Number(new URL(url).port || 80)).catch((cause: Error) => {
    throw new InputError(cause.message, { cause });
  });

  onceAskedToStop(async () => {
    fileShare.close();
    fileShare.closeAllConnections();
    await guestpass.close();
    process.exit(0);
  });

  console.log(`
Guestpass runs in development mode.

  Example application   ${url}
  Development mailbox   ${mailbox}
  Guestpass itself      ${config.issuer}

Open the example and invite ada@example.com to Welcome.txt. Her invitation arrives in the development mailbox:
follow its link, ask for a code, and type the one that arrives. Ctrl-C stops everything.
`);
}
