import type { Config } from "./config.ts";
import { environment } from "./environment.ts";
import { withoutPassword } from "./server-url.ts";
import type { Source } from "./shape.ts";
import { at } from "./tree.ts";

/** The configuration without its secrets: the master key, the webhook's, the client's at the provider, and passwords inside URLs. */
export function masked({ sources: _sources, ...config }: Config): object {
  return {
    ...config,
    secret: "***",
    previousSecrets: config.previousSecrets.map(() => "***"),
    bounces: maskedOf(config.bounces, ["webhookSecret", "postmarkWebhook", "mailgunWebhookKey"]),
    ...(config.consoleProvider ? { consoleProvider: maskedOf(config.consoleProvider, ["clientSecret"]) } : {}),
    metrics: config.metrics.token ? { token: "***" } : {},
    database: { ...config.database, url: withoutPassword(config.database.url) },
    mail: {
      ...config.mail,
      ...(config.mail.smtpUrl ? { smtpUrl: withoutPassword(config.mail.smtpUrl) } : {}),
      ...(config.mail.routes
        ? { routes: config.mail.routes.map((route) => ({ ...route, url: withoutPassword(route.url), ...maskedOAuth2(route.oauth2) })) }
        : {}),
    },
  };
}

function maskedOf<T extends object>(settings: T, secret: (keyof T)[]): object {
  return { ...settings, ...Object.fromEntries(secret.filter((name) => settings[name] !== undefined).map((name) => [name, "***"])) };
}

function maskedOAuth2(oauth2: NonNullable<Config["mail"]["routes"]>[number]["oauth2"]): object {
  return oauth2 ? { oauth2: { ...oauth2, clientSecret: "***", ...(oauth2.refreshToken ? { refreshToken: "***" } : {}) } } : {};
}

export interface SettingInEffect {
  /** The environment variable that sets it. */
  variable: string;
  /** Its path in a configuration file, such as session.days. */
  path: string;
  /** Secrets are masked; null where there is none. */
  value: string | null;
  source: Source | "default";
}

/** Every setting with its value, and where that was given. */
export function settingsInEffect(config: Config): SettingInEffect[] {
  const shown = masked(config);
  return Object.entries(environment).map(([variable, [path]]) => {
    return { variable, path, value: asWritten(at(shown, path)), source: config.sources[variable] ?? "default" };
  });
}

/** As it would be written in the environment. */
function asWritten(value: unknown): string | null {
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return null;
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value.join(",");
  return typeof value === "string" ? value : JSON.stringify(value);
}
