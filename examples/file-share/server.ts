import type { Server } from "node:http";
import type Koa from "koa";

/** Listens on this machine only. @throws Error in one line where the port cannot be had */
export function listen(app: Koa, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = app.listen(port, "127.0.0.1", () => resolve(server));
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new Error(`File share cannot listen on 127.0.0.1:${port} (${cause.code}). Set APP_URL to an address with another port.`, { cause }),
      ),
    );
  });
}
