// The example on its own, with any OpenID Connect provider: README.md says what to set.
import { createFileShare } from "./app.ts";
import { listen } from "./server.ts";
import { readSettings } from "./settings.ts";

const settings = readSettings(process.env);
const port = Number(process.env["PORT"] || new URL(settings.url).port || 4000);
const server = await listen(port);
server.on("request", createFileShare(settings).callback());
console.log(`File share: ${settings.url}`);
