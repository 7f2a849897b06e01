// The example application beside a Guestpass of the test, as `npm start` runs it.
import type { Server } from "node:http";
import { createFileShare } from "../../examples/file-share/app.ts";
import { listen } from "../../examples/file-share/server.ts";
import { freePort, type Guestpass } from "./guestpass.ts";

export class FileShare {
  readonly url: string;
  readonly #server: Server;

  private constructor(url: string, server: Server) {
    this.url = url;
    this.#server = server;
  }

  /** A file, Welcome.txt, is shared with ada@example.com from the start. */
  static async start(guestpass: Guestpass, issuer = guestpass.issuer): Promise<FileShare> {
    const port = await freePort();
    const url = `http://localhost:${port}`;
    const application = await guestpass.register(`file-share-${port}`, {
      name: "File share",
      metadata: { redirect_uris: [`${url}/callback`], post_logout_redirect_uris: [`${url}/signed-out`] },
    });
    const settings = { url, issuer, clientId: application.clientId, clientSecret: application.secret as string };
    return new FileShare(url, await listen(createFileShare(settings), port));
  }

  get welcome(): string {
    return `${this.url}/files/welcome`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
