// A process: an SMTP server that accepts every mail at once, and tells whoever is connected to its second port which code went where.
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { SMTPServer } from "smtp-server";

const listeners = new Set<Socket>();
const codes = createServer((socket) => {
  listeners.add(socket);
  socket.on("close", () => listeners.delete(socket)).on("error", () => socket.destroy());
}).listen(0, "127.0.0.1");

const smtp = new SMTPServer({
  disabledCommands: ["AUTH", "STARTTLS"],
  disableReverseLookup: true,
  onData: (stream, session, done) => {
    const chunks: Buffer[] = [];
    stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    stream.on("end", () => {
      const code = /^\d{6,8}\r?$/m.exec(Buffer.concat(chunks).toString("latin1"))?.[0].trim();
      const [recipient] = session.envelope.rcptTo;
      for (const listener of listeners) listener.write(`${recipient?.address} ${code}\n`);
      done();
    });
  },
});
smtp.on("error", () => undefined);
const listening = once(smtp.server, "listening");
smtp.listen(0, "127.0.0.1");
await Promise.all([listening, once(codes, "listening")]);

process.on("disconnect", () => process.exit());
process.on("message", () => {
  process.send?.({ smtp: (smtp.server.address() as AddressInfo).port, codes: (codes.address() as AddressInfo).port });
});
