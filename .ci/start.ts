// Proves `npm start` as the README has it: in a fresh clone, with the machine's own Node.js, it installs what it needs, the addresses that
// it prints answer, and it stops.
import { match } from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { run, whileRunning } from "./program.ts";

const folder = mkdtempSync(join(tmpdir(), "guestpass-clone-"));
const cwd = join(folder, "guestpass");
const path = (process.env["PATH"] ?? "").split(delimiter).filter((each) => !each.includes("node_modules"));
const place = { cwd, env: { PATH: path.join(delimiter) } };
try {
  run(`git clone --quiet . ${cwd}`, { cwd: "." });
  // Compiling takes longer than starting may.
  run("npm run prestart", place);
  await whileRunning("npm start", place, async (program) => {
    const [, application] = await program.prints(/Example application\s+(http\S+)/);
    const [, mailbox] = await program.prints(/Development mailbox\s+(http\S+)/);
    const [, issuer] = await program.prints(/Guestpass itself\s+(http\S+)/);
    match(await program.answer(`${application}`), /<h1>/);
    match(await program.answer(`${application}/try`), /<h1>/);
    match(await program.answer(`${mailbox}`), /Development mailbox/);
    match(await program.answer(`${issuer}/.well-known/openid-configuration`), /"authorization_endpoint"/);
    console.log(`${application}, ${mailbox} and ${issuer} answer.`);
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log("npm start starts, and stops.");
