// Limits as they are by default, and guests who come from different networks.
import type { Answer, Browser } from "./browser.ts";
import { Guestpass } from "./guestpass.ts";

const byDefault = Object.fromEntries(
  ["CODES_PER_ADDRESS", "CODES_PER_NETWORK", "TRIES_PER_ADDRESS"].map((limit) => [`GUESTPASS_LIMIT_${limit}`, ""]),
);

/** A Guestpass that has the limits of the documentation, and believes what 127.0.0.1 says of where a request comes from. */
export async function startLimited(
  settings: Record<string, string> = {},
  options: Parameters<typeof Guestpass.start>[1] = {},
): Promise<Guestpass> {
  const guestpass = await Guestpass.start({ ...byDefault, GUESTPASS_TRUSTED_PROXIES: "127.0.0.1", ...settings }, options);
  guestpass.clock.hold();
  return guestpass;
}

/** A browser at an address, with the headers that it sends besides. */
export function browserAt(guestpass: Guestpass, ip: string, headers: Record<string, string> = {}): Browser {
  return guestpass.browser({ "x-forwarded-for": ip, ...headers });
}

/** An address in a network of its own, for each number below 65,536. */
export function network(number: number, host = 7): string {
  return `10.${number >> 8}.${number & 255}.${host}`;
}

export function waitOf(answer: Answer): number {
  return Number(answer.headers.get("retry-after"));
}

/** How many mails were enqueued so far. */
export async function mailsSent(guestpass: Guestpass): Promise<number> {
  const [row] = await guestpass.server.app.db("outbox").count({ mails: "*" });
  return Number(row?.["mails"]);
}
