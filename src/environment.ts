// The environment variables that set something: where each goes, and how its text is read.

const text = (value: string) => value;
const list = (value: string) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);

/** What is no number stays as it is: validation says what it should be. */
const number = (value: string): unknown => (value.trim() === "" || Number.isNaN(Number(value)) ? value : Number(value));

/** What is no JSON stays as it is too. */
export const json = (value: string): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

/** Environment variable -> where it goes, and how its text is read. */
export const environment: Record<string, [path: string, read: (value: string) => unknown]> = {
  GUESTPASS_MODE: ["mode", text],
  GUESTPASS_ISSUER: ["issuer", text],
  GUESTPASS_HOST: ["listen.host", text],
  GUESTPASS_PORT: ["listen.port", number],
  GUESTPASS_DATA_DIR: ["dataDirectory", text],
  GUESTPASS_SECRET: ["secret", text],
  GUESTPASS_LOG_LEVEL: ["logLevel", text],
  GUESTPASS_ORGANISATION: ["organisation", text],
  GUESTPASS_TEXTS: ["texts", text],
  GUESTPASS_TRUSTED_PROXIES: ["trustedProxies", list],
  GUESTPASS_COUNTRY_HEADER: ["countryHeader", text],
  GUESTPASS_ALLOWED_NETWORKS: ["allowedNetworks", list],
  GUESTPASS_HEADERS_TIMEOUT_SECONDS: ["timeouts.headersSeconds", number],
  GUESTPASS_REQUEST_TIMEOUT_SECONDS: ["timeouts.requestSeconds", number],
  GUESTPASS_DATABASE_URL: ["database.url", text],
  GUESTPASS_DATABASE_POOL: ["database.poolSize", number],
  GUESTPASS_MAIL_FROM: ["mail.from", text],
  GUESTPASS_MAIL_SUPPORT: ["mail.support", text],
  GUESTPASS_SMTP_URL: ["mail.smtpUrl", text],
  GUESTPASS_SMTP_ROUTES: ["mail.routes", json],
  GUESTPASS_BOUNCE_DOMAIN: ["bounces.domain", text],
  GUESTPASS_BOUNCE_HOST: ["bounces.host", text],
  GUESTPASS_BOUNCE_PORT: ["bounces.port", number],
  GUESTPASS_BOUNCE_WEBHOOK_SECRET: ["bounces.webhookSecret", text],
  GUESTPASS_SUSPEND_AFTER_REFUSALS: ["bounces.suspendAfter", number],
  GUESTPASS_ALERT_TO: ["alerts.to", list],
  GUESTPASS_PASSCODE_DIGITS: ["passcode.digits", number],
  GUESTPASS_PASSCODE_MINUTES: ["passcode.minutes", number],
  GUESTPASS_PASSCODE_WRONG_TRIES: ["passcode.wrongTries", number],
  GUESTPASS_LIMIT_CODES_PER_ADDRESS: ["limits.codesPerAddress", list],
  GUESTPASS_LIMIT_CODES_PER_NETWORK: ["limits.codesPerNetwork", list],
  GUESTPASS_LIMIT_CODES_PER_APPLICATION: ["limits.codesPerApplication", list],
  GUESTPASS_LIMIT_CODES_TOTAL: ["limits.codesTotal", list],
  GUESTPASS_LIMIT_TRIES_PER_ADDRESS: ["limits.triesPerAddress", list],
  GUESTPASS_LIMIT_REQUESTS_PER_APPLICATION: ["limits.requestsPerApplication", list],
  GUESTPASS_LIMIT_INVITATIONS_PER_ADDRESS: ["limits.invitationsPerAddress", list],
  GUESTPASS_METRICS_TOKEN: ["metrics.token", text],
  GUESTPASS_SESSION_DAYS: ["session.days", number],
  GUESTPASS_SESSION_ABSOLUTE_DAYS: ["session.absoluteDays", number],
  GUESTPASS_ACCESS_TOKEN_MINUTES: ["tokens.accessTokenMinutes", number],
  GUESTPASS_REFRESH_TOKEN_DAYS: ["tokens.refreshTokenDays", number],
  GUESTPASS_DEVELOPMENT_SMTP_PORT: ["development.smtpPort", number],
};
