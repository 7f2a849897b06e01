// npm run bench -- NAME [options]: one benchmark. Each says what it measured, how often and against what; nothing leaves this machine.
import { changes } from "./changes.ts";
import { consolePagesTimed } from "./console.ts";
import { directory } from "./directory.ts";
import { endurance } from "./endurance.ts";
import { enumeration } from "./enumeration.ts";
import { mail } from "./mail.ts";
import { signIn } from "./sign-in.ts";

const benchmarks: Record<string, (args: string[]) => Promise<void>> = {
  changes,
  console: consolePagesTimed,
  directory,
  "sign-in": signIn,
  mail,
  endurance,
  enumeration,
};

const [name = "", ...args] = process.argv.slice(2);
const benchmark = benchmarks[name];
if (!benchmark) {
  console.error(
    `npm run bench -- NAME [options], where NAME is one of: ${Object.keys(benchmarks).join(", ")}. --help after it tells more.`,
  );
  process.exit(2);
}
await benchmark(args);
