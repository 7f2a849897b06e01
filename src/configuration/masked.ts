import type { Config } from "./config.ts";
import { withoutPassword } from "./server-url.ts";

/** The configuration without what must stay secret: the master key, the webhook's, the client's at the provider, and passwords inside URLs. */
export function masked(config: Config): object {
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
