// Values only. A JSON file named by GUESTPASS_CONFIG and then the environment override them; src/configuration/config.ts says how.
export const defaults = {
  issuer: "http://localhost:3000",
  dataDirectory: "./data",
  previousSecrets: [],
  logLevel: "info",
  organisation: "Guestpass",
  trustedProxies: [],
  allowedNetworks: [],
  dnsServers: [],
  timeouts: { headersSeconds: 10, requestSeconds: 30, answerSeconds: 30, shutdownDelaySeconds: 3 },
  database: {
    poolSize: 10,
    migrate: "on",
    prepared: "on",
    connectSeconds: 5,
    poolSeconds: 10,
    statementSeconds: 10,
    lockSeconds: 5,
    idleTransactionSeconds: 30,
  },
  passkeys: "off",
  console: "/console",
  mail: { from: "Guestpass <guestpass@localhost>", otpToken: "auto" },
  metrics: {},
  bounces: { host: "0.0.0.0" },
  guests: { erasure: "confirmed", addressChanges: "on" },
  alerts: { to: [] },
  passcode: { digits: 6, minutes: 10, wrongTries: 5 },
  interaction: { minutes: 60 },
  session: { days: 14, absoluteDays: 90 },
  tokens: { accessTokenMinutes: 60, refreshTokenDays: 14, refreshGraceSeconds: 10 },
  keys: { algorithms: ["RS256", "ES256"], publishHours: 24, rotateDays: 90 },
  development: { smtpPort: 3025 },
};

/** "5/15m": five in 15 minutes. */
export const defaultLimits = {
  codesPerAddress: ["1/30s", "5/15m", "20/1d"],
  codesPerNetwork: ["30/15m"],
  codesPerApplication: ["3000/15m"],
  codesTotal: ["10000/15m"],
  triesPerAddress: ["20/1h", "50/1d"],
  requestsPerApplication: ["600/1m"],
  invitationsPerAddress: ["10/1h"],
  mailsPerMailbox: ["20/1h", "50/1d"],
  mailsPerApplication: ["200/5m"],
  mailsTotal: ["500/5m"],
  passkeyTriesPerNetwork: ["60/15m"],
  upstreamTriesPerNetwork: ["60/15m"],
  consoleTriesPerNetwork: ["30/15m"],
  consoleRequestsPerAdministrator: ["300/1m"],
};

/** In development mode a guest is the developer, again and again. */
export const developmentLimits = {
  codesPerAddress: ["1000/15m"],
  codesPerNetwork: ["1000/15m"],
  invitationsPerAddress: ["1000/15m"],
  mailsPerMailbox: ["1000/15m"],
  passkeyTriesPerNetwork: ["1000/15m"],
  upstreamTriesPerNetwork: ["1000/15m"],
  consoleTriesPerNetwork: ["1000/15m"],
};
