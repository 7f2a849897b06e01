// What `npm start` runs: Guestpass in development mode with all its defaults, and the example application beside it.
import { join } from "node:path";
import { onceAskedToStop } from "../scripts/asked-to-stop.ts";
import type { App } from "../src/app.ts";
import { readConfig } from "../src/configuration/config.ts";
import { mailboxPath } from "../src/development/mailbox-page.ts";
import { InputError } from "../src/errors.ts";
import { startServer } from "../src/main.ts";
import { testClock } from "../src/testing/clock.ts";
import { createFileShare } from "./file-share/app.ts";
import { tryPath } from "./file-share/pages/try.ts";
import { listen } from "./file-share/server.ts";
import { registerFileShare } from "./register.ts";

await start().catch((error: unknown) => {
  console.error(error instanceof InputError ? error.message : error);
  process.exit(1);
});

async function start(): Promise<void> {
  const url = process.env["APP_URL"] ?? "http://localhost:4000";
  // People read this terminal: only what needs attention is logged, unless they ask for more.
  // The example hears about ended sessions over loopback, to which Guestpass connects only if allowed.
  // Sessions outlast the 14 days of the example's rule, so that the rule alone asks guests for a new code.
  const defaults = {
    GUESTPASS_LOG_LEVEL: "warn",
    GUESTPASS_ALLOWED_NETWORKS: "127.0.0.0/8,::1/128",
    GUESTPASS_SESSION_DAYS: "60",
  };
  const config = readConfig({ ...defaults, ...process.env, GUESTPASS_MODE: "development" });
  const listening = listen(Number(new URL(url).port || 80)).catch((cause: Error) => {
    throw new InputError(cause.message, { cause });
  });
  const [guestpass, fileShare] = await bothOrRefusals(startServer(config, { clock: testClock }), listening);
  const registered = await registerFileShare(guestpass.app, url, join(config.dataDirectory, "file-share.json"));
  const mailbox = config.issuer + mailboxPath;
  const trial = { mailbox, letDaysPass: (days: number) => testClock.advance({ days }) };
  const owner = { name: "Olivia Owner", email: "olivia@example.com" };
  fileShare.on("request", createFileShare({ url, issuer: config.issuer, ...registered, owner, trial }).callback());

  onceAskedToStop(async () => {
    fileShare.close();
    fileShare.closeAllConnections();
    await guestpass.close();
    process.exit(0);
  });

  const entrance = config.console === "off" ? undefined : await consoleLink(guestpass.app, config.issuer + config.console);
  console.log(`
Guestpass runs in development mode.

  What to try           ${url}${tryPath}
  Example application   ${url}
  Development mailbox   ${mailbox}
  Guestpass itself      ${config.issuer}${entrance === undefined ? "" : `\n  Console               ${entrance}`}

Begin with "What to try": share a file with a guest, follow her invitation, and sign in with the code that arrives
in the development mailbox. Ctrl-C stops everything.
`);
}

/** The console's address, with a link that enrols the developer's first passkey. */
async function consoleLink({ admin }: Pick<App, "admin">, address: string): Promise<string> {
  const developer = "developer@example.com";
  const { items } = (await admin("listAdministrators")).body as { items: { id: string; email: string }[] };
  const known = items.find(({ email }) => email === developer);
  if (!known) return String((await admin("addAdministrator", { body: { email: developer, role: "owner" } })).body["link"]);
  const { body } = await admin("readAdministrator", { params: { id: known.id } });
  if ((body["passkeys"] as unknown[]).length > 0) return address;
  return String((await admin("makeAdministratorLink", { params: { id: known.id }, body: {} })).body["link"]);
}

/** @throws InputError with every busy port, one line each */
async function bothOrRefusals<A, B>(...starting: [Promise<A>, Promise<B>]): Promise<[A, B]> {
  const refusals: string[] = [];
  for (const started of await Promise.allSettled(starting)) {
    if (started.status === "fulfilled") continue;
    if (!(started.reason instanceof InputError)) throw started.reason;
    refusals.push(started.reason.message);
  }
  if (refusals.length > 0) throw new InputError(refusals.join("\n"));
  return Promise.all(starting);
}
