// Requests are taken as made to the issuer, never to what a Host or X-Forwarded-* header of a stranger says.
import type { Context, Middleware, Next } from "koa";
import proxyAddr from "proxy-addr";

export interface IssuerDeps {
  /** An origin. */
  issuer: string;
  /** Addresses and networks (CIDR) of the proxies that terminate TLS. */
  trustedProxies: string[];
  /** The header in which a trusted proxy says from which country a request comes. */
  countryHeader?: string | undefined;
  /** Paths that are answered however the request came: probes speak to the process itself. */
  open: string[];
}

/** Sets the forwarded headers, and the country where one is said, from the issuer and from what a trusted proxy says; an https issuer is reached through one only. */
export function fromIssuer({ issuer, trustedProxies, countryHeader, open }: IssuerDeps): Middleware {
  const { host, protocol } = new URL(issuer);
  const trusts = proxyAddr.compile(trustedProxies);
  const trustsPeer = (ctx: Context) => trusts(ctx.req.socket.remoteAddress ?? "", 0);
  const overTls = (ctx: Context) => trustsPeer(ctx) && ctx.req.headers["x-forwarded-proto"] === "https";
  return async (ctx: Context, next: Next) => {
    if (protocol === "https:" && !overTls(ctx) && !open.includes(ctx.path)) {
      ctx.status = 421;
      ctx.body = `This is ${issuer}. It is reached over https, through its own proxy.\n`;
      return;
    }
    const { headers } = ctx.req;
    headers["x-forwarded-for"] = withoutPorts(String(headers["x-forwarded-for"] ?? ""));
    headers["x-forwarded-for"] = proxyAddr(ctx.req, trusts);
    headers["x-forwarded-proto"] = protocol.slice(0, -1);
    headers["x-forwarded-host"] = host;
    if (countryHeader && trustsPeer(ctx)) ctx.state["country"] = /^[A-Z]{2}$/.exec(ctx.get(countryHeader))?.[0];
    await next();
  };
}

/** Some proxies name the port as well, which is another for each connection: 192.0.2.1:50123, [2001:db8::1]:50123. */
function withoutPorts(forwardedFor: string): string {
  const bare = (part: string) => part.replace(/^\s*(?:\[([\da-f:.]+)\]|(\d+(?:\.\d+){3}))(?::\d+)?\s*$/i, "$1$2");
  return forwardedFor.split(",").map(bare).join(",");
}
