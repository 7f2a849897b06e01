const hosts = new Set(["localhost", "127.0.0.1", "[::1]"]);

/** Whether the URL leads back to the machine that it is used on. */
export function isLoopback({ hostname }: URL): boolean {
  return hosts.has(hostname);
}
