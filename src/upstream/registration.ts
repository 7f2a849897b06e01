// The rules for registering a provider where guests sign in.
import { InputError } from "../errors.ts";

/** Microsoft's issuers for everybody's tenants: an account there can carry any address. */
const anybodys = /^\/(?:common|organizations|consumers)(?:\/|$)/;
const entra = "login.microsoftonline.com";
const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * @returns the tenant that accounts must belong to, if the issuer names one, as Microsoft Entra's does
 * @throws InputError
 */
export function checkIssuer(issuer: string): string | undefined {
  const url = URL.parse(issuer);
  if (!url || !isProtected(url) || url.search || url.hash || url.username)
    throw new InputError(
      "The issuer must be a URL that begins with https://, without a query: the provider's discovery document names it.",
    );
  if (url.hostname !== entra) return undefined;
  if (anybodys.test(url.pathname))
    throw new InputError(
      `The issuer must be that of one tenant: https://${entra}/<tenant id>/v2.0. An account of any other tenant can carry any address.`,
    );
  return /^\/([\da-f-]{36})\/v2\.0\/?$/i.exec(url.pathname)?.[1]?.toLowerCase();
}

/** Without TLS only on this machine. */
function isProtected({ protocol, hostname }: URL): boolean {
  return protocol === "https:" || (protocol === "http:" && loopback.has(hostname));
}
