// What each setting may be.
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { parseMailFrom } from "./mail-from.ts";
import { isPostgresUrl, isSmtpUrl } from "./server-url.ts";

const Issuer = z
  .string()
  .refine(
    (value) => readIssuer(value) !== undefined,
    "must be an origin alone, such as https://guests.example.com or http://localhost:3000: with https:// or http://, no path, no slash at the end",
  );

const days = (most: number) => z.number().positive().max(most);

const TrustedProxy = z.string().refine(isNetworkOrAddress, "must be an address such as 10.0.0.5 or a network such as 10.0.0.0/8");

const Network = z.string().refine((value) => ipaddr.isValidCIDR(value), "must be a network such as 10.0.0.0/8 or fd00::/8");

const SmtpUrl = z
  .string()
  .refine(
    isSmtpUrl,
    "must be smtp://user:password@host:port or smtps://..., without a path; percent-encode what is special in the password (/ as %2F, @ as %40, # as %23)",
  );

/** "5/15m": five in 15 minutes. src/limits/rate.ts reads it. */
const Rates = z
  .array(
    z
      .string()
      .regex(
        /^[1-9]\d{0,8}\/[1-9]\d{0,5}[smhd]$/,
        "must be such as 5/15m: so many in so many seconds (s), minutes (m), hours (h) or days (d)",
      ),
  )
  .min(1);

/** One way out for mail; src/outbox/routes.ts says how they are used. */
const MailRoute = z.strictObject({
  name: z.string().regex(/^[\w.-]{1,40}$/, "must be 1 to 40 letters, digits, dots, dashes or underscores"),
  url: SmtpUrl,
  tls: z.enum(["required", "opportunistic", "none"]).optional(),
  dkim: z.strictObject({ domain: z.hostname(), selector: z.hostname(), keyFile: z.string().min(1) }).optional(),
  perMinute: z.number().positive().optional(),
  domains: z
    .array(z.string().regex(/^(\*\.)?[a-z0-9.-]+$/, "must be a domain in lower case, such as example.com or *.example.com"))
    .min(1)
    .optional(),
});

const Secret = z
  .string()
  .regex(/^[\x21-\x7e]{32,}$/, "must have at least 32 characters and no white space (openssl rand -base64 32 makes one)");

/** Mails that come back. */
const Bounces = z
  .strictObject({
    /** Mails come back to addresses at this domain; to the sender's where there is none. */
    domain: z.hostname().optional(),
    /** Where Guestpass itself takes in what comes back, by SMTP; nowhere without a port. */
    host: z.string().min(1),
    port: z.int().min(0).max(65535).optional(),
    /** With it another system tells what came back. */
    webhookSecret: Secret.optional(),
    /** After so many mails that each of a guest's mailboxes refused for good the guest is suspended; never without. */
    suspendAfter: z.int().min(1).max(100).optional(),
  })
  .refine(({ domain, port }) => port === undefined || domain !== undefined, {
    path: ["port"],
    message: "needs GUESTPASS_BOUNCE_DOMAIN (bounces.domain), the domain whose mail comes to it",
  });

export const Settings = z.strictObject({
  mode: z.enum(["development", "production"]),
  issuer: Issuer,
  listen: z.strictObject({ host: z.string().min(1), port: z.int().min(0).max(65535) }),
  dataDirectory: z.string().min(1),
  secret: z.string().min(32, "must have at least 32 characters (openssl rand -base64 32 makes one)"),
  logLevel: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]),
  organisation: z
    .string()
    .max(100)
    .regex(/^[^\p{Cc}\u2028\u2029]*$/u, "must be one line without control characters")
    .refine((value) => value.trim() !== "", "must be a name"),
  /** A JSON file with the operator's own texts (src/text-overrides.ts). */
  texts: z.string().min(1).optional(),
  trustedProxies: z.array(TrustedProxy),
  /** The header in which the proxy says from which country a request comes (ISO 3166-1 alpha-2). */
  countryHeader: z
    .string()
    .regex(/^[\w-]+$/, "must be the name of a header, such as CF-IPCountry")
    .optional(),
  /** Special-use networks that an application's jwks_uri and back-channel logout URI may lie in. */
  allowedNetworks: z.array(Network),
  /** How long a client may take to send the headers of a request, and the whole of it. */
  timeouts: z.strictObject({ headersSeconds: z.number().positive().max(300), requestSeconds: z.number().positive().max(300) }),
  database: z.strictObject({
    url: z
      .string()
      .refine(
        (value) => /^sqlite:./.test(value) || isPostgresUrl(value),
        "must be sqlite:FILE or postgres://user:password@host:port/database; percent-encode what is special in the password (/ as %2F, @ as %40, # as %23)",
      ),
    poolSize: z.int().min(1).max(200),
  }),
  mail: z.strictObject({
    from: z
      .string()
      .refine(
        (value) => parseMailFrom(value) !== undefined,
        'must be one address, such as guests@example.com or Example guests <guests@example.com> (a name with a comma or the like in quotes: "Example, Inc." <guests@example.com>)',
      ),
    /** Where guests who need help are told to write. */
    support: z.email().optional(),
    /** The simple form: one route. */
    smtpUrl: SmtpUrl.optional(),
    routes: z
      .array(MailRoute, 'must be valid JSON, a list such as [{ "name": "relay", "url": "smtps://user:password@mail.example.com" }]')
      .min(1, { error: "must have an entry", abort: true })
      .refine(
        (routes) => new Set(routes.map(({ name }) => name)).size === routes.length && routes.some(({ domains }) => !domains),
        "must have names of their own, and one of them must carry every domain",
      )
      .optional(),
  }),
  bounces: Bounces,
  /** Administrators who are mailed about what they have to look at (src/alerts). */
  alerts: z.strictObject({ to: z.array(z.email("must be an email address")).max(20) }),
  passcode: z.strictObject({
    digits: z.int().min(6).max(8),
    minutes: z.int().min(1).max(10, "OWASP ASVS 6.5.5 allows no more than 10 minutes"),
    wrongTries: z.int().min(1).max(10),
  }),
  /** With a token, /metrics answers whoever has it. */
  metrics: z.strictObject({ token: Secret.optional() }),
  limits: z.strictObject({
    codesPerAddress: Rates,
    codesPerNetwork: Rates,
    codesPerApplication: Rates,
    codesTotal: Rates,
    triesPerAddress: Rates,
    requestsPerApplication: Rates,
    invitationsPerAddress: Rates,
  }),
  interaction: z.strictObject({ minutes: z.number().positive().max(60) }),
  session: z.strictObject({ days: days(365), absoluteDays: days(365) }),
  tokens: z.strictObject({ accessTokenMinutes: z.number().positive().max(1440), refreshTokenDays: days(365) }),
  development: z.strictObject({ smtpPort: z.int().min(1).max(65535) }),
});

export type Config = Readonly<z.infer<typeof Settings>>;

/** @returns undefined where it is no issuer */
export function readIssuer(value: unknown): URL | undefined {
  const url = typeof value === "string" && /^https?:/.test(value) ? URL.parse(value) : undefined;
  return url?.origin === value ? (url ?? undefined) : undefined;
}

/** A network of all addresses is none: whoever connects would be believed. */
function isNetworkOrAddress(value: string): boolean {
  const [address = "", prefix] = value.split("/");
  return isIP(address) !== 0 && (prefix === undefined || (ipaddr.isValidCIDR(value) && Number(prefix) > 0));
}
