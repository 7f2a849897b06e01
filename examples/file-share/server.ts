import { createServer, type Server } from "node:http";

/**
 * Listens on this machine only; what answers is attached to the server afterwards.
 * @throws Error in one line if the port is not available
 */
export function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        new Error(`File share cannot listen on 127.0.0.1:${port} (${cause.code}). Set APP_URL to an address with another port.`, { cause }),
      ),
    );
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
