// Requests are treated as made to the issuer, whatever a stranger's Host or X-Forwarded-* headers say.
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import type { Context, Middleware, Next } from "koa";
import proxyAddr from "proxy-addr";

export interface IssuerDeps {
  /** An origin. */
  issuer: string;
  /** Addresses and networks (CIDR) of the proxies that terminate TLS. */
  trustedProxies: string[];
  /** The header in which a trusted proxy says from which country a request comes. */
  countryHeader?: string | undefined;
  /** Whether this process made the request itself. */
  inside(request: IncomingMessage): boolean;
  /** Paths that are answered however the request came: probes talk to the process directly. */
  open: string[];
}

/** Sets the forwarded headers, and any country, from the issuer and a trusted proxy's headers. An https issuer is reached only through a proxy. */
export function fromIssuer({ issuer, trustedProxies, countryHeader, inside, open }: IssuerDeps): Middleware {
  const { host, protocol } = new URL(issuer);
  const trusts = proxyAddr.compile(trustedProxies);
  const trustsPeer = (ctx: Context) => trusts(ctx.req.socket.remoteAddress ?? "", 0);
  const overTls = (ctx: Context) => trustsPeer(ctx) && forwardedProtocol(ctx) === "https";
  return async (ctx: Context, next: Next) => {
    if (protocol === "https:" && !inside(ctx.req) && !overTls(ctx) && !open.includes(ctx.path)) {
      ctx.status = 421;
      ctx.body = `This is ${issuer}. It is reached over https, through its own proxy. ${got(ctx, trustsPeer(ctx))}\n`;
      return;
    }
    const { headers } = ctx.req;
    headers["x-forwarded-for"] = withoutPorts(String(headers["x-forwarded-for"] ?? ""));
    headers["x-forwarded-for"] = clientAddress(ctx, trusts);
    headers["x-forwarded-proto"] = protocol.slice(0, -1);
    headers["x-forwarded-host"] = host;
    if (countryHeader && trustsPeer(ctx)) ctx.state["country"] = /^[A-Z]{2}$/.exec(ctx.get(countryHeader))?.[0];
    await next();
  };
}

/** If several proxies each add what they saw, the first value comes from the one that faced the client. */
function forwardedProtocol(ctx: Context): string {
  return (ctx.get("X-Forwarded-Proto").split(",")[0] ?? "").trim().toLowerCase();
}

/** The problem with how the request came, for the person who sets up the proxy. */
function got(ctx: Context, trusted: boolean): string {
  const peer = ctx.req.socket.remoteAddress ?? "an unknown address";
  if (!trusted) return `This request came from ${peer}, which is not in GUESTPASS_TRUSTED_PROXIES.`;
  const header = ctx
    .get("X-Forwarded-Proto")
    .replace(/[^ -~]/g, "?")
    .slice(0, 100);
  return header === ""
    ? "This request came from that proxy without an X-Forwarded-Proto header. The proxy must send X-Forwarded-Proto: https."
    : `This request came from that proxy with X-Forwarded-Proto: ${header}. The first value must be https.`;
}

/**
 * The first address from the right that is not a trusted proxy's. If a proxy names none, or something that is not an address, all clients behind it count
 * as one: the proxy itself.
 */
function clientAddress(ctx: Context, trusts: (address: string, hop: number) => boolean): string {
  const address = proxyAddr(ctx.req, trusts);
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : (ctx.req.socket.remoteAddress ?? "");
}

/**
 * Some proxies name the port too, which differs for each connection: 192.0.2.1:50123, [2001:db8::1]:50123. Anything but an address is
 * ignored, and so is 010.0.0.1: to some programs that is 8.0.0.1, to others 10.0.0.1.
 */
function withoutPorts(forwardedFor: string): string {
  const bare = (part: string) => part.replace(/^\s*(?:\[([\da-f:.]+)\]|(\d+(?:\.\d+){3}))(?::\d+)?\s*$/i, "$1$2");
  if (forwardedFor === "") return "";
  return forwardedFor
    .split(",")
    .map((part) => bare(part).trim())
    .map((part) => (isIP(part) === 0 ? "unknown" : part))
    .join(", ");
}
