// The environment variables: the setting that each one sets, and how its text is read.

const text = (value: string) => value;
const list = (value: string) =>
  value
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);

/** One on each line: a secret may contain a comma. */
const lines = (value: string) =>
  value
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

/** Text that is not a number stays as it is, for validation to report. */
const number = (value: string): unknown => (value.trim() === "" || Number.isNaN(Number(value)) ? value : Number(value));

/** So does text that is not JSON. */
export const json = (value: string): unknown => {
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
};

/** Environment variable -> its setting, and how its text is read. */
export const environment: Record<string, [path: string, read: (value: string) => unknown]> = {
  GUESTPASS_MODE: ["mode", text],
  GUESTPASS_ISSUER: ["issuer", text],
  GUESTPASS_HOST: ["listen.host", text],
  GUESTPASS_PORT: ["listen.port", number],
  GUESTPASS_DATA_DIR: ["dataDirectory", text],
  GUESTPASS_SECRET: ["secret", text],
  GUESTPASS_SECRET_PREVIOUS: ["previousSecrets", lines],
  GUESTPASS_LOG_LEVEL: ["logLevel", text],
  GUESTPASS_ORGANISATION: ["organisation", text],
  GUESTPASS_PRIVACY_URL: ["privacyUrl", text],
  GUESTPASS_TEXTS: ["texts", text],
  GUESTPASS_TRUSTED_PROXIES: ["trustedProxies", list],
  GUESTPASS_COUNTRY_HEADER: ["countryHeader", text],
  GUESTPASS_ALLOWED_NETWORKS: ["allowedNetworks", list],
  GUESTPASS_DNS_SERVERS: ["dnsServers", list],
  GUESTPASS_HEADERS_TIMEOUT_SECONDS: ["timeouts.headersSeconds", number],
  GUESTPASS_REQUEST_TIMEOUT_SECONDS: ["timeouts.requestSeconds", number],
  GUESTPASS_ANSWER_TIMEOUT_SECONDS: ["timeouts.answerSeconds", number],
  GUESTPASS_PASSKEYS: ["passkeys", text],
  GUESTPASS_CONSOLE: ["console", text],
  GUESTPASS_CONSOLE_PROVIDER_ISSUER: ["consoleProvider.issuer", text],
  GUESTPASS_CONSOLE_PROVIDER_CLIENT_ID: ["consoleProvider.clientId", text],
  GUESTPASS_CONSOLE_PROVIDER_CLIENT_SECRET: ["consoleProvider.clientSecret", text],
  GUESTPASS_CONSOLE_PROVIDER_SCOPE: ["consoleProvider.scope", text],
  GUESTPASS_CONSOLE_PROVIDER_CLAIM: ["consoleProvider.claim", text],
  GUESTPASS_CONSOLE_PROVIDER_ROLES: ["consoleProvider.roles", json],
  GUESTPASS_SHUTDOWN_DELAY_SECONDS: ["timeouts.shutdownDelaySeconds", number],
  GUESTPASS_DATABASE_URL: ["database.url", text],
  GUESTPASS_DATABASE_POOL: ["database.poolSize", number],
  GUESTPASS_MIGRATE: ["database.migrate", text],
  GUESTPASS_DATABASE_PREPARED: ["database.prepared", text],
  GUESTPASS_DATABASE_CONNECT_SECONDS: ["database.connectSeconds", number],
  GUESTPASS_DATABASE_POOL_SECONDS: ["database.poolSeconds", number],
  GUESTPASS_DATABASE_STATEMENT_SECONDS: ["database.statementSeconds", number],
  GUESTPASS_DATABASE_LOCK_SECONDS: ["database.lockSeconds", number],
  GUESTPASS_DATABASE_IDLE_TRANSACTION_SECONDS: ["database.idleTransactionSeconds", number],
  GUESTPASS_MAIL_FROM: ["mail.from", text],
  GUESTPASS_MAIL_SUPPORT: ["mail.support", text],
  GUESTPASS_OTP_TOKEN: ["mail.otpToken", text],
  GUESTPASS_SMTP_URL: ["mail.smtpUrl", text],
  GUESTPASS_SMTP_CA_FILE: ["mail.caFile", text],
  GUESTPASS_EHLO_NAME: ["mail.ehloName", text],
  GUESTPASS_SMTP_ROUTES: ["mail.routes", json],
  GUESTPASS_BOUNCE_DOMAIN: ["bounces.domain", text],
  GUESTPASS_BOUNCE_HOST: ["bounces.host", text],
  GUESTPASS_BOUNCE_PORT: ["bounces.port", number],
  GUESTPASS_BOUNCE_WEBHOOK_SECRET: ["bounces.webhookSecret", text],
  GUESTPASS_SES_TOPICS: ["bounces.sesTopics", list],
  GUESTPASS_POSTMARK_WEBHOOK: ["bounces.postmarkWebhook", text],
  GUESTPASS_POSTMARK_NETWORKS: ["bounces.postmarkNetworks", list],
  GUESTPASS_SENDGRID_WEBHOOK_KEY: ["bounces.sendgridWebhookKey", text],
  GUESTPASS_MAILGUN_WEBHOOK_KEY: ["bounces.mailgunWebhookKey", text],
  GUESTPASS_SUSPEND_AFTER_REFUSALS: ["bounces.suspendAfter", number],
  GUESTPASS_ERASURE: ["guests.erasure", text],
  GUESTPASS_ADDRESS_CHANGES: ["guests.addressChanges", text],
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
  GUESTPASS_LIMIT_MAILS_PER_MAILBOX: ["limits.mailsPerMailbox", list],
  GUESTPASS_LIMIT_MAILS_PER_APPLICATION: ["limits.mailsPerApplication", list],
  GUESTPASS_LIMIT_MAILS_TOTAL: ["limits.mailsTotal", list],
  GUESTPASS_LIMIT_PASSKEY_TRIES_PER_NETWORK: ["limits.passkeyTriesPerNetwork", list],
  GUESTPASS_LIMIT_UPSTREAM_TRIES_PER_NETWORK: ["limits.upstreamTriesPerNetwork", list],
  GUESTPASS_LIMIT_CONSOLE_TRIES_PER_NETWORK: ["limits.consoleTriesPerNetwork", list],
  GUESTPASS_LIMIT_CONSOLE_REQUESTS_PER_ADMINISTRATOR: ["limits.consoleRequestsPerAdministrator", list],
  GUESTPASS_METRICS_TOKEN: ["metrics.token", text],
  GUESTPASS_SESSION_DAYS: ["session.days", number],
  GUESTPASS_SESSION_ABSOLUTE_DAYS: ["session.absoluteDays", number],
  GUESTPASS_ACCESS_TOKEN_MINUTES: ["tokens.accessTokenMinutes", number],
  GUESTPASS_REFRESH_TOKEN_DAYS: ["tokens.refreshTokenDays", number],
  GUESTPASS_REFRESH_GRACE_SECONDS: ["tokens.refreshGraceSeconds", number],
  GUESTPASS_SIGNING_ALGORITHMS: ["keys.algorithms", list],
  GUESTPASS_KEY_PUBLISH_HOURS: ["keys.publishHours", number],
  GUESTPASS_KEY_ROTATE_DAYS: ["keys.rotateDays", number],
  GUESTPASS_DEVELOPMENT_SMTP_PORT: ["development.smtpPort", number],
};

/** Those that are secret, or hold a password. Each can be in a file that NAME_FILE names. */
export const secretVariables = [
  "GUESTPASS_SECRET",
  "GUESTPASS_SECRET_PREVIOUS",
  "GUESTPASS_DATABASE_URL",
  "GUESTPASS_SMTP_URL",
  "GUESTPASS_SMTP_ROUTES",
  "GUESTPASS_BOUNCE_WEBHOOK_SECRET",
  "GUESTPASS_POSTMARK_WEBHOOK",
  "GUESTPASS_MAILGUN_WEBHOOK_KEY",
  "GUESTPASS_METRICS_TOKEN",
  "GUESTPASS_CONSOLE_PROVIDER_CLIENT_SECRET",
] as const;
