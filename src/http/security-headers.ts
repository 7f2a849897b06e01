import type { Context, Middleware, Next } from "koa";
import helmet from "koa-helmet";

/**
 * Pages of signing in, consent and signing out. They lead to addresses that only the application knows, and may be opened as a pop-up
 * by an application that waits for its answer (docs/decisions/005).
 */
const leadsOn = /^\/(auth|interaction|session\/end)(\/|$)/;

/** Headers of every answer: a CSP without inline, no framing, no sniffing, no referrer; HSTS behind TLS. */
export function securityHeaders({ https }: { https: boolean }): Middleware {
  const common = {
    frameguard: { action: "deny" },
    referrerPolicy: { policy: "no-referrer" },
    strictTransportSecurity: https ? { maxAge: 63_072_000, includeSubDomains: false } : false,
    crossOriginResourcePolicy: false,
  } as const;
  const sources = {
    defaultSrc: ["'none'"],
    scriptSrc: ["'self'"],
    styleSrc: ["'self'"],
    imgSrc: ["'self'", "data:"],
    connectSrc: ["'self'"],
    baseUri: ["'none'"],
    frameAncestors: ["'none'"],
  };
  const policy = (directives: Record<string, string[]>) => ({ useDefaults: false, directives });
  const ofOwnPages = helmet({ ...common, contentSecurityPolicy: policy({ ...sources, formAction: ["'self'"] }) });
  const ofPagesThatLeadOn = helmet({ ...common, contentSecurityPolicy: policy(sources), crossOriginOpenerPolicy: false });
  const choose: Middleware = (ctx, next) => (leadsOn.test(pathOf(ctx)) ? ofPagesThatLeadOn : ofOwnPages)(ctx as never, next);
  return choose;
}

/** "" if the request target cannot be read as one. */
function pathOf(ctx: Context): string {
  try {
    return ctx.path;
  } catch {
    return "";
  }
}

/** Nothing is cached unless its route says so. */
export async function noStore(ctx: Context, next: Next): Promise<void> {
  ctx.set("Cache-Control", "no-store");
  await next();
}

/** A page that shows others of ours in frames. */
export function framesOwnPages(ctx: Context): void {
  ctx.set("Content-Security-Policy", `${ctx.response.get("content-security-policy")};frame-src 'self'`);
}

/** A document within such a page. It contains its style and shows logos. It runs nothing, sends nothing and links nowhere. */
export function inOwnFrame(ctx: Context): void {
  ctx.set("Content-Security-Policy", "default-src 'none';style-src 'unsafe-inline';img-src * data:;frame-ancestors 'self';sandbox");
  ctx.set("X-Frame-Options", "SAMEORIGIN");
}

/** The logos of the application that a page is about are the only images from elsewhere. */
export async function logoSource(ctx: Context, next: Next): Promise<void> {
  await next();
  const policy = ctx.response.get("content-security-policy");
  const origins = imageSources((ctx.state["logos"] ?? []) as string[]);
  if (origins !== "" && policy) ctx.set("content-security-policy", policy.replace("img-src", `img-src ${origins}`));
}

/** Their origins, for a policy. */
export function imageSources(logos: string[]): string {
  return [...new Set(logos.map((logo) => URL.parse(logo)?.origin ?? "").filter(isSource))].join(" ");
}

function isSource(text: string): boolean {
  return /^[\w+.:/[\]-]+$/.test(text);
}
