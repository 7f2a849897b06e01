// Proves `npm start`: in a clone where nothing was set up, the three addresses that it prints answer, and it stops.
import { match } from "node:assert/strict";
import { whileRunning } from "./program.ts";

await whileRunning("npm start", { cwd: "." }, async (program) => {
  const [, application] = await program.prints(/Example application\s+(http\S+)/);
  const [, mailbox] = await program.prints(/Development mailbox\s+(http\S+)/);
  const [, issuer] = await program.prints(/Guestpass itself\s+(http\S+)/);
  match(await program.answer(`${application}`), /<h1>/);
  match(await program.answer(`${mailbox}`), /Development mailbox/);
  match(await program.answer(`${issuer}/.well-known/openid-configuration`), /"authorization_endpoint"/);
  console.log(`${application}, ${mailbox} and ${issuer} answer.`);
});
console.log("npm start starts, and stops.");
