// A process: raw nodemailer with a pool of connections. Asked for mails by message, it sends so many; asked for one by HTTP, it sends that.
import { createServer } from "node:http";
import { createTransport } from "nodemailer";
import { content } from "./content.ts";

const [smtpUrl, port] = process.argv.slice(2) as [string, string];
const transport = createTransport({ url: smtpUrl, pool: true, maxConnections: 5 });

async function send(to: string, code: string): Promise<void> {
  const { subject, text, html } = content(code);
  await transport.sendMail({ from: "Bench <bench@localhost>", to, subject, text, html });
}

if (port) {
  createServer((request, response) => {
    request.resume().once("end", () => {
      send((request.url as string).slice(1), "482913").catch((error: unknown) => console.error(error));
      response.writeHead(303, { location: "/" }).end();
    });
  }).listen(Number(port), "127.0.0.1", () => process.send?.("listening"));
}

process.on("disconnect", () => process.exit());
process.on("message", async (mails: number) => {
  const began = performance.now();
  await Promise.all(Array.from({ length: mails }, (_, index) => send(`guest-${index}@example.com`, "482913")));
  process.send?.((performance.now() - began) / 1000);
});
