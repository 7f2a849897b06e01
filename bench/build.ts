// Benchmarks measure the shipped JavaScript, as `npm pack` compiles it, without the types that Node.js would strip at every start.
import { execFileSync } from "node:child_process";
import { copyFileSync, realpathSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Programs {
  /** Guestpass's command line. */
  guestpass: string;
  floor: string;
}

const root = fileURLToPath(new URL("..", import.meta.url));

/** Compiles both into a directory, which whoever made it removes. */
export function build(directory: string): Programs {
  symlinkSync(join(root, "node_modules"), join(directory, "node_modules"));
  copyFileSync(join(root, "package.json"), join(directory, "package.json"));
  compile("-p", join(root, "tsconfig.build.json"), "--outDir", join(directory, "dist"));
  const options = ["--ignoreConfig", "--module", "nodenext", "--target", "es2023", "--skipLibCheck", "--types", "node"];
  compile(fileURLToPath(new URL("./sign-in/floor.ts", import.meta.url)), ...options, "--outDir", join(directory, "floor"));
  return { guestpass: join(directory, "dist/src/cli/main.js"), floor: join(directory, "floor/floor.js") };
}

function compile(...args: string[]): void {
  execFileSync(process.execPath, [realpathSync(join(root, "node_modules/.bin/tsc")), ...args], { cwd: root, stdio: "inherit" });
}
