// The configured routes and sender of mail.
import { X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import type { Config } from "../configuration/config.ts";
import { isLoopback } from "../configuration/loopback.ts";
import { type MailFrom, parseMailFrom } from "../configuration/mail-from.ts";
import { InputError } from "../errors.ts";
import type { AccessTokens, OAuth2Settings } from "./access-token.ts";
import { type DkimKey, readDkimKey } from "./dkim.ts";
import type { RouteSettings } from "./routes.ts";

type ConfiguredRoute = NonNullable<Config["mail"]["routes"]>[number];

const root = 0;

function configuredRoutes({ mail }: Pick<Config, "mail">): ConfiguredRoute[] {
  return mail.routes ?? [{ name: "smtp", url: mail.smtpUrl as string }];
}

/**
 * @param accessTokens makes the tokens of a route that logs in with them
 * @throws InputError if the key of a route cannot be used
 */
export function mailRoutes(
  config: Pick<Config, "mail">,
  accessTokens: (settings: OAuth2Settings) => AccessTokens | undefined = () => undefined,
): RouteSettings[] {
  const { caFile, ehloName } = config.mail;
  return configuredRoutes(config).map(({ name, url, tls, dkim, perMinute, domains, ...route }) => ({
    name,
    smtpUrl: url,
    from: config.mail.from,
    tls,
    perMinute,
    domains,
    ca: readAuthorities(route.caFile ?? caFile),
    ehloName: route.ehloName ?? ehloName,
    headers: route.headers,
    accessTokens: route.oauth2 && accessTokens(route.oauth2),
    dkim: dkim && { domain: dkim.domain, selector: dkim.selector, privateKey: readKey(name, dkim.keyFile) },
  }));
}

function readKey(route: string, path: string): DkimKey["privateKey"] {
  try {
    return readDkimKey(path);
  } catch (cause) {
    throw new InputError(
      `The DKIM key of the route ${route} cannot be used: ${path}: ${(cause as Error).message}. Make one with guestpass mail dkim-key.`,
      { cause },
    );
  }
}

/** @throws InputError if it holds no certificate */
function readAuthorities(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    const pem = readFileSync(path, "utf8");
    new X509Certificate(pem);
    return pem;
  } catch (cause) {
    throw new InputError(
      `The authorities for mail servers cannot be used: ${path}: ${(cause as Error).message}. It must be a PEM file with certificates (BEGIN CERTIFICATE).`,
      { cause },
    );
  }
}

/** The problems with keys of routes that people other than the owner can read. If root owns the file, the process reads it by its group. */
export function exposedKeys(config: Pick<Config, "mail">): string[] {
  const files = new Set(configuredRoutes(config).flatMap(({ dkim }) => (dkim ? [dkim.keyFile] : [])));
  return [...files].flatMap((path) => {
    const { mode, uid } = statSync(path);
    const allowed = uid === root ? 0o640 : 0o600;
    if ((mode & 0o077 & ~allowed) === 0) return [];
    return [`others can read or change the DKIM key ${path} and sign mail as yours: chmod ${allowed.toString(8)} ${path}`];
  });
}

/** How a route protects what it sends. The URL may insist on it if the route's setting says nothing. */
export function tlsOf(smtpUrl: string, tls: RouteSettings["tls"]): string {
  if (smtpUrl.startsWith("smtps:")) return "from the first byte";
  return tls ?? (new URL(smtpUrl).searchParams.get("requireTLS") === "true" ? "required" : "opportunistic");
}

/** The problems with routes that may send their password where others can read it (RFC 8314, section 3). */
export function exposedLogins(config: Pick<Config, "mail">): string[] {
  const exposed = configuredRoutes(config).filter(({ url: text, tls, oauth2 }) => {
    const url = new URL(text);
    return (url.password !== "" || oauth2 !== undefined) && !isLoopback(url) && /^(?:opportunistic|none)$/.test(tlsOf(text, tls));
  });
  return exposed.map(
    ({ name }) =>
      `the route ${name} sends its password and codes without TLS if the server, or someone on the way to it, offers none: add ?requireTLS=true to its URL, or use smtps://`,
  );
}

/** The sender of mails. */
export function sender({ mail }: Pick<Config, "mail">): MailFrom {
  return parseMailFrom(mail.from) as MailFrom;
}
