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
  bounces: { host: "0.0.0.0" },
  passcode: { digits: 6, minutes: 10, wrongTries: 5 },
  interaction: { minutes: 60 },
  session: { days: 14, absoluteDays: 90 },
  tokens: { accessTokenMinutes: 60, refreshTokenDays: 14 },
  development: { smtpPort: 3025 },
};
