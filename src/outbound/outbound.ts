// Requests that Guestpass makes to addresses that an application chose (its jwks_uri, its back-channel logout URI). None
// reaches a special-use address (RFC 6890) unless the operator allows its network. The address is checked when the connection
// is made, and the connection goes to the very address that was checked: a name that changes its answer gains nothing.
import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import ipaddr from "ipaddr.js";
import type { Configuration } from "oidc-provider";
import { whyUnreachable } from "./failure.ts";
import { isPublicAddress } from "./special-use.ts";

type Fetch = NonNullable<Configuration["fetch"]>;
type Resolve = (hostname: string) => Promise<LookupAddress[]>;

/** The most bytes of an answer that are read (a JWK Set of a few keys takes a few thousand). */
export const outboundBodyLimit = 256 * 1024;

/**
 * fetch for addresses that others chose. It follows no redirect: an application registers its exact address.
 * @param allowedNetworks networks (CIDR) that may be reached although they are special-use
 * @param resolve looks a name up; the system's resolver otherwise
 */
export function outboundFetch(allowedNetworks: readonly string[], resolve: Resolve = (hostname) => lookup(hostname, { all: true })): Fetch {
  const networks = allowedNetworks.map((network) => ipaddr.parseCIDR(network));
  const mayReach = (address: string) => isPublicAddress(address) || isWithin(address, networks);
  let client: ReturnType<typeof openClient> | undefined;
  return (async (url: string, init: object) => {
    client ??= openClient(resolve, mayReach);
    const { fetch, dispatcher } = await client;
    return fetch(url, { ...init, redirect: "manual", dispatcher });
  }) as unknown as Fetch;
}

/**
 * Requests an address from the operator's configuration, which may be in any network. It follows no redirect.
 * @throws TypeError if nothing answers, or the answer is too long; DOMException after 5 seconds
 */
export const askOperators = inWhole(fetch);

/** As askOperators, for an address that others chose: see outboundFetch. */
export function askOthers(allowedNetworks: readonly string[]): typeof askOperators {
  return inWhole(outboundFetch(allowedNetworks) as unknown as typeof fetch);
}

function inWhole(ask: typeof fetch): (url: string, init?: RequestInit) => Promise<Response> {
  return async (url, init = {}) => {
    const response = await ask(url, { ...init, signal: AbortSignal.timeout(5000), redirect: "error" });
    const { status, headers } = response;
    return new Response(await wholeBody(response), { status, headers: [...headers] });
  };
}

async function wholeBody({ body }: Response): Promise<Uint8Array<ArrayBuffer> | null> {
  if (body === null) return null;
  const chunks: Uint8Array[] = [];
  let read = 0;
  for await (const chunk of body) {
    chunks.push(chunk as Uint8Array);
    read += (chunk as Uint8Array).length;
    if (read > outboundBodyLimit) throw new TypeError("the answer is too long");
  }
  return new Uint8Array(Buffer.concat(chunks));
}

/**
 * Checks an address before it is needed, without a request to it.
 * @returns why requests would not get there, or undefined if nothing is wrong
 */
export function outboundCheck(allowedNetworks: readonly string[], resolve: Resolve = (hostname) => lookup(hostname, { all: true })) {
  const networks = allowedNetworks.map((network) => ipaddr.parseCIDR(network));
  const mayReach = (address: string) => isPublicAddress(address) || isWithin(address, networks);
  return async (url: URL): Promise<string | undefined> => {
    const host = url.hostname.replace(/^\[|\]$/g, "");
    try {
      const found = isIP(host) ? [host] : (await inTime(resolve(host))).map(({ address }) => address);
      return found.some(mayReach) ? undefined : `${host === found[0] ? "" : `${host} is ${found[0]}: `}${refused().message}`;
    } catch (error) {
      return whyUnreachable(error as Error, url);
    }
  };
}

/** How long (milliseconds) looking up a name may take while somebody waits. */
const patience = 2000;

function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Object.assign(new Error("the name was not resolved in time"), { code: "EAI_AGAIN" });
  return Promise.race([work, wait(patience, undefined, { ref: false }).then(() => Promise.reject(late))]);
}

/** Most servers never need it, and it would be a fifth of their memory, so it is loaded for the first request. */
async function openClient(resolve: Resolve, mayReach: (address: string) => boolean) {
  const { Agent, buildConnector, fetch } = await import("undici");
  const connect = buildConnector({ lookup: judged(resolve, mayReach) });
  const dispatcher = new Agent({
    // A literal address is never looked up, so it is checked here.
    connect: (options, callback) => {
      const host = options.hostname.replace(/^\[|\]$/g, "");
      if (isIP(host) && !mayReach(host)) callback(refused(), null);
      else connect(options, callback);
    },
  });
  return { fetch, dispatcher };
}

/** Returns only the addresses that may be reached. */
function judged(resolve: Resolve, mayReach: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname).then(
      (found) => {
        const addresses = found.filter(({ address }) => mayReach(address));
        const [first] = addresses;
        if (!first) callback(refused(), "");
        else if (options.all) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ""),
    );
  };
}

function isWithin(text: string, networks: [ipaddr.IPv4 | ipaddr.IPv6, number][]): boolean {
  const address = ipaddr.process(text);
  return networks.some((network) => network[0].kind() === address.kind() && address.match(network));
}

function refused(): Error {
  return new Error("the address is for special use and not in GUESTPASS_ALLOWED_NETWORKS");
}
