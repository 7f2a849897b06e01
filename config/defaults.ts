// Values only. A JSON file named by GUESTPASS_CONFIG and then the environment override them; src/config.ts says how.
export const defaults = {
  issuer: "http://localhost:3000",
  dataDirectory: "./data",
  logLevel: "info",
  organisation: "Guestpass",
  trustedProxies: [],
  allowedNetworks: [],
  timeouts: { headersSeconds: 10, requestSeconds: 30 },
  database: { poolSize: 10 },
  mail: { from: "Guestpass <guestpass@localhost>" },
  metrics: {},
  bounces: { host: "0.0.0.0" },
  alerts: { to: [] },
  passcode: { digits: 6, minutes: 10, wrongTries: 5 },
  interaction: { minutes: 60 },
  session: { days: 14, absoluteDays: 90 },
  tokens: { accessTokenMinutes: 60, refreshTokenDays: 14 },
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
};

/** In development mode a guest is the developer, again and again. */
export const developmentLimits = { codesPerAddress: ["1000/15m"], codesPerNetwork: ["1000/15m"], invitationsPerAddress: ["1000/15m"] };
