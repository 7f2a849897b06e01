import type { Context, Middleware, Next } from "koa";
import helmet from "koa-helmet";

/** Headers of every answer: a CSP without inline, no framing, no sniffing, no referrer; HSTS behind TLS. */
export function securityHeaders({ https }: { https: boolean }): Middleware {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'"],
        imgSrc: ["'self'", "data:"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    frameguard: { action: "deny" },
    referrerPolicy: { policy: "no-referrer" },
    strictTransportSecurity: https ? { maxAge: 63_072_000, includeSubDomains: false } : false,
    crossOriginResourcePolicy: false,
  }) as unknown as Middleware;
}

/** Nothing is kept in a cache unless its route says so. */
export async function noStore(ctx: Context, next: Next): Promise<void> {
  ctx.set("Cache-Control", "no-store");
  await next();
}

/** The logo of the application that a page is about is the one image from elsewhere. */
export async function logoSource(ctx: Context, next: Next): Promise<void> {
  await next();
  const logo = URL.parse(String(ctx.state["logo"]));
  const policy = ctx.response.get("content-security-policy");
  if (logo && policy && isSource(logo.origin)) ctx.set("content-security-policy", policy.replace("img-src", `img-src ${logo.origin}`));
}

/**
 * form-action is decided once it is known which application the page leads to: browsers apply it to the redirects that
 * follow a form as well. Any https site is allowed there, since an application may redirect on, and the redirect URI itself.
 */
export async function formAction(ctx: Context, next: Next): Promise<void> {
  await next();
  const policy = ctx.response.get("content-security-policy");
  if (!policy) return;
  const { params, entities } = ctx["oidc"] ?? {};
  const { redirect_uri: redirectUri, post_logout_redirect_uri: signedOutUri } = params ?? entities?.Interaction?.params ?? {};
  const targets = [ctx.state["redirectsTo"], redirectUri, signedOutUri].map(source).filter(Boolean);
  ctx.set("content-security-policy", `${policy};form-action ${["'self'", "https:", ...new Set(targets)].join(" ")}`);
}

/** A CSP source: an http origin, or the scheme of an application's own. A host may hold signs that would end the directive. */
function source(uri: unknown): string | undefined {
  const url = typeof uri === "string" ? URL.parse(uri) : null;
  if (!url || url.protocol === "https:") return undefined;
  // CSP cannot name an IPv6 address, so that the scheme has to stand for it.
  const found = url.protocol === "http:" && !url.hostname.startsWith("[") ? url.origin : url.protocol;
  return isSource(found) ? found : undefined;
}

function isSource(text: string): boolean {
  return /^[\w+.:/[\]-]+$/.test(text);
}
