import type { Config } from "../config.ts";
import { withoutPassword } from "../server-url.ts";

/** The configuration without what must stay secret: the master key, the webhook's, and passwords inside URLs. */
export function masked(config: Config): object {
  return {
    ...config,
    secret: "***",
    bounces: { ...config.bounces, ...(config.bounces.webhookSecret ? { webhookSecret: "***" } : {}) },
    metrics: config.metrics.token ? { token: "***" } : {},
    database: { ...config.database, url: withoutPassword(config.database.url) },
    mail: {
      ...config.mail,
      ...(config.mail.smtpUrl ? { smtpUrl: withoutPassword(config.mail.smtpUrl) } : {}),
      ...(config.mail.routes ? { routes: config.mail.routes.map((route) => ({ ...route, url: withoutPassword(route.url) })) } : {}),
    },
  };
}
