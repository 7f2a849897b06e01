// A relying application of a test, as a real HTTP server on loopback.
import { createServer, type RequestListener } from "node:http";

export interface RelyingParty {
  /** Where it listens; on another host than Guestpass, so that their cookies are apart. */
  origin: string;
  close(): Promise<void>;
}

/** @param at where it shall listen: it has to know its own address before it is built */
export async function serveRelyingParty(application: RequestListener, at: string): Promise<RelyingParty> {
  const server = createServer(application);
  await new Promise<void>((resolve) => server.listen(Number(new URL(at).port), "127.0.0.1", resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { origin: at, close };
}
