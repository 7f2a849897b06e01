import { createRequire } from "node:module";

/** The version of this Guestpass, such as "0.1.0" or "0.2.0-dev". */
export const { version } = createRequire(import.meta.url)("guestpass/package.json") as { version: string };
