// The routes and the sender of mail, as they are configured.
import { statSync } from "node:fs";
import type { Config } from "./config.ts";
import { InputError } from "./errors.ts";
import { isLoopback } from "./loopback.ts";
import { type MailFrom, parseMailFrom } from "./mail-from.ts";
import { type DkimKey, readDkimKey } from "./outbox/dkim.ts";
import type { RouteSettings } from "./outbox/routes.ts";

type ConfiguredRoute = NonNullable<Config["mail"]["routes"]>[number];

const root = 0;

function configuredRoutes({ mail }: Pick<Config, "mail">): ConfiguredRoute[] {
  return mail.routes ?? [{ name: "smtp", url: mail.smtpUrl as string }];
}

/** @throws InputError where the key of a route cannot be used */
export function mailRoutes(config: Pick<Config, "mail">): RouteSettings[] {
  return configuredRoutes(config).map(({ name, url, tls, dkim, perMinute, domains }) => ({
    name,
    smtpUrl: url,
    from: config.mail.from,
    tls,
    perMinute,
    domains,
    dkim: dkim && { domain: dkim.domain, selector: dkim.selector, privateKey: readKey(name, dkim.keyFile) },
  }));
}

function readKey(route: string, path: string): DkimKey["privateKey"] {
  try {
    return readDkimKey(path);
  } catch (cause) {
    throw new InputError(
      `The DKIM key of the route ${route} cannot be used: ${path}: ${(cause as Error).message}. guestpass mail dkim-key makes one.`,
      { cause },
    );
  }
}

/** Of each route's key that more people than its owner can read, what is wrong. Of a file of root's, the group is how the process reads it. */
export function exposedKeys(config: Pick<Config, "mail">): string[] {
  const files = new Set(configuredRoutes(config).flatMap(({ dkim }) => (dkim ? [dkim.keyFile] : [])));
  return [...files].flatMap((path) => {
    const { mode, uid } = statSync(path);
    const allowed = uid === root ? 0o640 : 0o600;
    if ((mode & 0o077 & ~allowed) === 0) return [];
    return [`the DKIM key ${path} can be read or changed by others, who can then sign mail as yours: chmod ${allowed.toString(8)} ${path}`];
  });
}

/** How a route protects what it sends. The URL may insist where the route's setting says nothing. */
export function tlsOf(smtpUrl: string, tls: RouteSettings["tls"]): string {
  if (smtpUrl.startsWith("smtps:")) return "from the first byte";
  return tls ?? (new URL(smtpUrl).searchParams.get("requireTLS") === "true" ? "required" : "opportunistic");
}

/** Of each route that may send its password where others can read it (RFC 8314, section 3), what is wrong. */
export function exposedLogins(config: Pick<Config, "mail">): string[] {
  const exposed = configuredRoutes(config).filter(({ url: text, tls }) => {
    const url = new URL(text);
    return url.password !== "" && !isLoopback(url) && /^(?:opportunistic|none)$/.test(tlsOf(text, tls));
  });
  return exposed.map(
    ({ name }) =>
      `the route ${name} sends its password and codes without TLS where the server, or somebody on the way to it, offers none: add ?requireTLS=true to its URL, or use smtps://`,
  );
}

/** Whom mails come from. */
export function sender({ mail }: Pick<Config, "mail">): MailFrom {
  return parseMailFrom(mail.from) as MailFrom;
}
