// npm run dev: what npm start runs, started again whenever a source file changes. Every folder is watched by itself: of a whole
// tree, Node.js on Linux loses sight of a file once an editor has replaced it instead of writing into it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { type FSWatcher, readdirSync, watch } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { onceAskedToStop } from "./asked-to-stop.ts";

const roots = ["src", "interactions", "migrations", "config", "examples"];
/** Milliseconds in which the files of one change are written. */
const settling = 100;

let running = start();
onceAskedToStop(async () => {
  await stop();
  process.exit();
});
for (;;) {
  await sourceChanged();
  console.log("A source file changed: starting again.");
  await stop();
  running = start();
}

function start() {
  const child = spawn(process.execPath, ["examples/start.ts"], { stdio: "inherit" });
  return { child, ended: once(child, "close") };
}

async function stop(): Promise<void> {
  running.child.kill();
  await running.ended;
}

async function sourceChanged(): Promise<void> {
  const watchers: FSWatcher[] = [];
  await new Promise<void>((resolve) => {
    for (const folder of folders()) watchers.push(watch(folder, () => resolve()));
  });
  await wait(settling);
  for (const watcher of watchers) watcher.close();
}

function folders(): string[] {
  const within = (root: string) => readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isDirectory());
  return roots.flatMap((root) => [root, ...within(root).map((entry) => join(entry.parentPath, entry.name))]);
}
