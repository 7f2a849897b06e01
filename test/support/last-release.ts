// The last release, as its package has it: test/releases/ keeps what runs of it. Its libraries are those of this repository.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Release {
  /** Its command line. */
  script: string;
  remove(): void;
}

/** Unpacks it where Node.js finds the libraries. */
export function unpackLastRelease(): Release {
  const releases = join(root, "test", "releases");
  const [tarball, ...others] = readdirSync(releases);
  if (tarball === undefined || others.length > 0) throw new Error("test/releases/ has to hold the last release and no other");
  mkdirSync(join(root, "artifacts"), { recursive: true });
  const folder = mkdtempSync(join(root, "artifacts", "release-"));
  execFileSync("tar", ["--extract", "--gzip", "--file", join(releases, tarball), "--directory", folder]);
  return {
    script: join(folder, "package", "dist", "src", "cli", "main.js"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
