// Installs the packages of the lock file if they are missing or out of date, and reports its progress. It runs on whatever Node.js
// the machine has. `node scripts/install.mjs` installs what running needs, `node scripts/install.mjs all` what tests and checks need too.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const { engines } = readJson("package.json");
const lock = readJson("package-lock.json").packages;
const there = existsSync("node_modules/.package-lock.json") ? readJson("node_modules/.package-lock.json").packages : {};

// If the packages for tests are installed, they stay installed when others change.
const all = process.argv[2] === "all" || "node_modules/mocha" in there;
const wanted = Object.entries(lock)
  .filter(
    ([path, { dev, optional, devOptional, link }]) => path.includes("node_modules/") && (all || !dev) && !optional && !devOptional && !link,
  )
  .map(([path]) => path);
const required = engines.node.replace(">=", "");
const [major, minor] = process.versions.node.split(".").map(Number);
const tooOld = required
  .split(".")
  .some((part, place, parts) => [major, minor][place] < part && (place === 0 || major === Number(parts[0])));
const { version: nodeVersion } = lock["node_modules/node"];
// The part of the package node, which the tests use, for one system. npm would leave out node itself, which is for development.
const node = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const bringsNode = !all && (tooOld || `node_modules/${node}` in there);
const complete = wanted.every((path) => there[path]?.version === lock[path].version);
if (!complete || (bringsNode && there[`node_modules/${node}`]?.version !== nodeVersion)) await install();

async function install() {
  const started = Date.now();
  console.log(
    `Installing ${wanted.length} packages, this once: ${all ? "what tests and checks need too" : "what running Guestpass needs"}.`,
  );
  if (bringsNode)
    console.log(`Node.js ${nodeVersion} comes with them: Guestpass needs ${required} or later, and this machine has an older one.`);
  const spaced = /\s/.test(process.cwd())
    ? `The path of this folder has a space: SQLite's driver cannot be compiled here, where there is no ready-made one for this system. If the installation fails, move ${process.cwd()}.`
    : undefined;
  if (spaced) console.log(spaced);
  const progress = reportProgress();
  const quietly = ["--no-audit", "--no-fund", "--loglevel=error", ...(all ? [] : ["--omit=dev", "--omit=optional"])];
  let status = await npm(["ci", ...quietly]);
  if (status === 0 && bringsNode) status = await npm(["install", "--no-save", ...quietly, `${node}@${nodeVersion}`]);
  clearInterval(progress);
  if (status === 0) return console.log(`Installed in ${Math.round((Date.now() - started) / 1000)} s.`);
  console.error("The packages could not be installed: npm says why above.");
  if (spaced) console.error(spaced);
  process.exit(status);
}

/** Reports every few seconds how many packages are installed, and what takes the rest of the time. */
function reportProgress() {
  let said = "";
  let asked = 0;
  return setInterval(() => {
    const unpacked = wanted.filter((path) => existsSync(`${path}/package.json`)).length;
    const driver = "node_modules/sqlite3/build";
    const compiling = existsSync(driver) && !existsSync(`${driver}/Release/node_sqlite3.node`);
    const says = compiling
      ? "  compiling SQLite's driver: there is no ready-made one for this system. This takes a minute or two."
      : `  ${unpacked} of ${wanted.length} packages`;
    asked++;
    if (says === said || (!compiling && asked % 3 !== 0)) return;
    said = says;
    console.log(says);
  }, 1000);
}

/** @returns its exit code */
function npm(args) {
  return new Promise((resolve) => {
    const child = spawn("npm", args, { stdio: "inherit", shell: process.platform === "win32" });
    child.once("error", (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.once("close", (code) => resolve(code ?? 1));
  });
}

function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}
