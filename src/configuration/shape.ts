// The values that each setting may have.
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { isLoopback } from "./loopback.ts";
import { parseMailFrom } from "./mail-from.ts";
import { hasKnownSmtpOptions, isPostgresUrl, isSmtpUrl } from "./server-url.ts";

const Issuer = z
  .string()
  .refine(
    (value) => readIssuer(value) !== undefined,
    "must be an origin such as https://guests.example.com or http://localhost:3000, without a path or trailing slash",
  );

const days = (most: number) => z.number().positive().max(most);

const TrustedProxy = z.string().refine(isNetworkOrAddress, "must be an address such as 10.0.0.5 or a network such as 10.0.0.0/8");

const Network = z.string().refine((value) => ipaddr.isValidCIDR(value), "must be a network such as 10.0.0.0/8 or fd00::/8");

const DnsServer = z.string().refine(isDnsServer, "must be an address such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:53");

const SmtpUrl = z
  .string()
  .refine(isSmtpUrl, {
    error:
      "must be smtp://user:password@host:port or smtps://..., without a path; percent-encode special characters in the password (/ as %2F, @ as %40, # as %23)",
    abort: true,
  })
  .refine(
    hasKnownSmtpOptions,
    "must have no option but requireTLS=true, ignoreTLS=true, tls.servername=NAME and the timeouts (connectionTimeout, greetingTimeout, socketTimeout; milliseconds): the certificate check cannot be turned off, because anyone on the way could read the codes. For a certificate from your own authority, set GUESTPASS_SMTP_CA_FILE (mail.caFile, or caFile of a route); for the name in EHLO, GUESTPASS_EHLO_NAME",
  );

/** RFC 5321, 4.1.1.1: a name, or an address in brackets. */
const EhloName = z
  .string()
  .regex(
    /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]|\[IPv6:[0-9a-f:.]+\])$/i,
    "must be a name such as guests.example.com, or an address such as [192.0.2.10]",
  );

/** "5/15m": five in 15 minutes. src/limits/rate.ts reads it. */
const Rates = z
  .array(
    z
      .string()
      .regex(
        /^[1-9]\d{0,8}\/[1-9]\d{0,5}[smhd]$/,
        "must look like 5/15m: a number, and a time in seconds (s), minutes (m), hours (h) or days (d)",
      ),
  )
  .min(1);

/** One route for mail; src/outbox/routes.ts says how routes are used. */
const MailRoute = z
  .strictObject({
    name: z.string().regex(/^[\w.-]{1,40}$/, "must be 1 to 40 letters, digits, dots, dashes or underscores"),
    url: SmtpUrl,
    tls: z.enum(["required", "opportunistic", "none"]).optional(),
    dkim: z.strictObject({ domain: z.hostname(), selector: z.hostname(), keyFile: z.string().min(1) }).optional(),
    perMinute: z.number().positive().optional(),
    /** PEM, the operator's own authorities; and our name in EHLO. They replace those of all routes. */
    caFile: z.string().min(1).optional(),
    ehloName: EhloName.optional(),
    /** For the provider: X-PM-Message-Stream, X-SES-CONFIGURATION-SET and the like. */
    headers: z
      .record(
        z.string().regex(/^(?:X-[A-Za-z0-9-]{1,60}|Feedback-ID)$/i, "must begin with X-, or be Feedback-ID"),
        z.string().regex(/^[\x20-\x7e]{1,500}$/, "must be one line of at most 500 ASCII characters"),
      )
      .optional(),
    /** An access token in place of a password (XOAUTH2), for the user of the URL. */
    oauth2: z
      .strictObject({
        tokenUrl: z.string().refine(isTokenUrl, "must be an https:// URL"),
        clientId: z.string().min(1),
        clientSecret: z.string().min(1),
        scope: z.string().min(1).optional(),
        refreshToken: z.string().min(1).optional(),
      })
      .optional(),
    domains: z
      .array(z.string().regex(/^(\*\.)?[a-z0-9.-]+$/, "must be a domain in lower case, such as example.com or *.example.com"))
      .min(1)
      .optional(),
  })
  .refine(({ url, oauth2 }) => oauth2 === undefined || hasUserAlone(url), {
    path: ["url"],
    message: "must have a user and no password (smtp://guests%40example.com@smtp.office365.com:587): oauth2 replaces the password",
  });

const ClaimValue = z.string().min(1).optional();

/** The organisation's own OpenID provider, where administrators sign in. */
const ConsoleProvider = z.strictObject({
  issuer: z.string().refine(isTokenUrl, "must be the issuer's https:// URL, as its discovery document has it"),
  clientId: z.string().min(1),
  clientSecret: z.string().min(1),
  scope: z
    .string()
    .regex(/^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/, "must be scopes with a space between them")
    .refine((scope) => scope.split(" ").includes("openid"), "must have openid among the scopes")
    .default("openid email profile"),
  /** The claim that holds the groups, or whatever roles follow from. */
  claim: z.string().min(1).default("groups"),
  /** The value that gives each role. A person with several gets the first of them. */
  roles: z
    .strictObject(
      { owner: ClaimValue, manager: ClaimValue, helpdesk: ClaimValue, auditor: ClaimValue },
      'must be a JSON object, such as { "owner": "guest-owners", "helpdesk": "service-desk" }',
    )
    .refine((roles) => Object.values(roles).some((value) => value !== undefined), "must name a value for a role"),
});

const Secret = z
  .string()
  .regex(/^[\x21-\x7e]{32,}$/, "must have at least 32 characters and no white space (generate one with openssl rand -base64 32)");

/** Mails that come back. */
const Bounces = z
  .strictObject({
    /** Mails come back to addresses at this domain, or to the sender if none is set. */
    domain: z.hostname().optional(),
    /** Where Guestpass itself receives returned mail, by SMTP; nowhere without a port. */
    host: z.string().min(1),
    port: z.int().min(0).max(65535).optional(),
    /** The secret with which another system reports returned mail. */
    webhookSecret: Secret.optional(),
    /** The SNS topics on which Amazon SES reports returned mail. */
    sesTopics: z
      .array(z.string().regex(/^arn:aws[\w-]*:sns:[a-z0-9-]+:\d{12}:[\w.-]+$/, "must be the ARN of an SNS topic"))
      .min(1)
      .optional(),
    /** The user name and the password in the URL that Postmark calls. */
    postmarkWebhook: z
      .string()
      .regex(/^[^:\s]+:\S{16,}$/, "must be user:password, with a password of at least 16 characters")
      .optional(),
    /** Where Postmark's requests may come from; from anywhere if not set. */
    postmarkNetworks: z.array(Network).optional(),
    /** The verification key of SendGrid's signed event webhook. */
    sendgridWebhookKey: z
      .string()
      .regex(/^[A-Za-z0-9+/]{40,}={0,2}$/, "must be the verification key that SendGrid shows, in base64")
      .optional(),
    /** The signing key of Mailgun's webhooks. */
    mailgunWebhookKey: z.string().min(16, "must be the HTTP webhook signing key of the Mailgun account").optional(),
    /** After this many mails that each of a guest's mailboxes refused permanently, the guest is suspended; never if not set. */
    suspendAfter: z.int().min(1).max(100).optional(),
  })
  .refine(({ domain, port }) => port === undefined || domain !== undefined, {
    path: ["port"],
    message: "needs GUESTPASS_BOUNCE_DOMAIN (bounces.domain), the domain whose mail it receives",
  });

export const Settings = z.strictObject({
  mode: z.enum(["development", "production"]),
  issuer: Issuer,
  listen: z.strictObject({ host: z.string().min(1), port: z.int().min(0).max(65535) }),
  dataDirectory: z.string().min(1),
  secret: z.string().min(32, "must have at least 32 characters (generate one with openssl rand -base64 32)"),
  /** Former master keys, or the one in use while GUESTPASS_SECRET is to take its place. */
  previousSecrets: z.array(z.string().min(32, "must have at least 32 characters")).max(5),
  logLevel: z.enum(["fatal", "error", "warn", "info", "debug", "trace", "silent"]),
  organisation: z
    .string()
    .max(100)
    .regex(/^[^\p{Cc}\u2028\u2029]*$/u, "must be one line without control characters")
    .refine((value) => value.trim() !== "", "must be a name"),
  /** The organisation's notice on privacy, which every page links to. */
  privacyUrl: z.string().refine(isWebUrl, "must be an https:// or http:// URL").optional(),
  /** A JSON file with the operator's own texts (src/texts/overrides.ts). */
  texts: z.string().min(1).optional(),
  trustedProxies: z.array(TrustedProxy),
  /** The header in which the proxy names the country that a request comes from (ISO 3166-1 alpha-2). */
  countryHeader: z
    .string()
    .regex(/^[\w-]+$/, "must be the name of a header, such as CF-IPCountry")
    .optional(),
  /** Special-use networks that an application's jwks_uri and back-channel logout URI may lie in. */
  allowedNetworks: z.array(Network),
  /** Where the records of providers' domains are looked up; the system's own if there are none. */
  dnsServers: z.array(DnsServer),
  /** How long a client may take to send the headers of a request, and the whole of it. */
  timeouts: z.strictObject({
    headersSeconds: z.number().positive().max(300),
    requestSeconds: z.number().positive().max(300),
    answerSeconds: z.number().positive().max(300),
    /** How long a server that is told to stop reports that it is not ready before it stops accepting connections. */
    shutdownDelaySeconds: z.number().min(0).max(300),
  }),
  /** Where administrators have their pages: a path, or "off". */
  /** Whether guests may sign in with a passkey between two codes; known-networks: none is made at the first code from a new network. */
  passkeys: z.enum(["off", "on", "known-networks"]),
  console: z
    .string()
    .regex(/^(?:off|(?:\/[a-z0-9-]+)+)$/, 'must be "off", or a path such as /console: lower-case letters, digits and dashes'),
  consoleProvider: ConsoleProvider.optional(),
  database: z.strictObject({
    url: z
      .string()
      .refine(
        (value) => /^sqlite:./.test(value) || isPostgresUrl(value),
        "must be sqlite:FILE or postgres://user:password@host:port/database; percent-encode special characters in the password (/ as %2F, @ as %40, # as %23)",
      ),
    poolSize: z.int().min(1).max(200),
    /** Whether a server brings the schema up to date when it starts. */
    migrate: z.enum(["on", "off"]),
    /** Whether statements stay prepared on PostgreSQL's connections. */
    prepared: z.enum(["on", "off"]),
    /** The longest time for connecting, waiting for a free connection, a statement, waiting for a lock, and idling in a transaction. */
    connectSeconds: z.number().positive().max(60),
    poolSeconds: z.number().positive().max(60),
    statementSeconds: z.number().positive().max(3600),
    lockSeconds: z.number().positive().max(60),
    idleTransactionSeconds: z.number().positive().max(3600),
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
    /** Whether mails name their code in a header for mail programs (OTP-Token); auto: where the sender's domain and the issuer belong together. */
    otpToken: z.enum(["auto", "on", "off"]),
    smtpUrl: SmtpUrl.optional(),
    caFile: z.string().min(1).optional(),
    ehloName: EhloName.optional(),
    routes: z
      .array(MailRoute, 'must be valid JSON, a list such as [{ "name": "relay", "url": "smtps://user:password@mail.example.com" }]')
      .min(1, { error: "must have an entry", abort: true })
      .refine(
        (routes) => new Set(routes.map(({ name }) => name)).size === routes.length && routes.some(({ domains }) => !domains),
        "must have different names, and one of them must carry every domain",
      )
      .optional(),
  }),
  bounces: Bounces,
  /** What guests may do by themselves on their own page. */
  guests: z.strictObject({
    /** Whether a guest who asks for erasure is erased at once, or when an administrator confirms it. */
    erasure: z.enum(["at-once", "confirmed"]),
    /** Whether guests add addresses, choose the main one and remove others. */
    addressChanges: z.enum(["on", "off"]),
  }),
  /** Administrators who get mail about what needs their attention (src/alerts). */
  alerts: z.strictObject({ to: z.array(z.email("must be an email address")).max(20) }),
  passcode: z.strictObject({
    digits: z.int().min(6).max(8),
    minutes: z.int().min(1).max(10, "OWASP ASVS 6.5.5 allows no more than 10 minutes"),
    wrongTries: z.int().min(1).max(10),
  }),
  /** With a token, /metrics answers clients that send it. */
  metrics: z.strictObject({ token: Secret.optional() }),
  limits: z.strictObject({
    codesPerAddress: Rates,
    codesPerNetwork: Rates,
    codesPerApplication: Rates,
    codesTotal: Rates,
    triesPerAddress: Rates,
    requestsPerApplication: Rates,
    invitationsPerAddress: Rates,
    mailsPerMailbox: Rates,
    mailsPerApplication: Rates,
    mailsTotal: Rates,
    passkeyTriesPerNetwork: Rates,
    upstreamTriesPerNetwork: Rates,
    consoleTriesPerNetwork: Rates,
    consoleRequestsPerAdministrator: Rates,
  }),
  interaction: z.strictObject({ minutes: z.number().positive().max(60) }),
  session: z.strictObject({ days: days(365), absoluteDays: days(365) }),
  tokens: z.strictObject({
    accessTokenMinutes: z.number().positive().max(1440),
    refreshTokenDays: days(365),
    /** How long a public client's refresh token, once rotated, gives another successor. */
    refreshGraceSeconds: z.number().min(0).max(300),
  }),
  /** The keys that sign ID tokens. */
  keys: z.strictObject({
    algorithms: z
      .array(z.enum(["RS256", "ES256", "PS256", "EdDSA"]))
      .refine(
        (algorithms) => algorithms.includes("RS256"),
        "must include RS256, which every provider supports (OpenID Connect Discovery 1.0, 3)",
      )
      .refine((algorithms) => new Set(algorithms).size === algorithms.length, "must name each algorithm once"),
    /** How long a key is published before it signs. */
    publishHours: z.number().min(0).max(720),
    /** How long a key signs; 0 where none is rotated by its age. */
    rotateDays: z.number().min(0).max(3650),
  }),
  development: z.strictObject({ smtpPort: z.int().min(1).max(65535) }),
});

/** Where a setting was given; a missing one has its default. */
export type Source = "environment" | "file";

export type Config = Readonly<z.infer<typeof Settings>> & {
  /** By environment variable. */
  readonly sources: Readonly<Partial<Record<string, Source>>>;
};

/** @returns undefined if it is not a valid issuer */
export function readIssuer(value: unknown): URL | undefined {
  const url = typeof value === "string" && /^https?:/.test(value) ? URL.parse(value) : undefined;
  return url?.origin === value ? (url ?? undefined) : undefined;
}

function isWebUrl(text: string): boolean {
  return /^https?:$/.test(URL.parse(text)?.protocol ?? "");
}

function isTokenUrl(text: string): boolean {
  const url = URL.parse(text);
  return url?.protocol === "https:" || (url?.protocol === "http:" && isLoopback(url));
}

function hasUserAlone(text: string): boolean {
  const url = URL.parse(text);
  return Boolean(url?.username) && url?.password === "";
}

/** A network of all addresses is refused: every client would be trusted. */
function isDnsServer(value: string): boolean {
  const [, host = value, port = "53"] = /^(\[[^\]]+\]|[^:]+):(\d{1,5})$/.exec(value) ?? [];
  return isIP(host.replace(/^\[(.*)\]$/, "$1")) !== 0 && Number(port) > 0 && Number(port) < 65_536;
}

function isNetworkOrAddress(value: string): boolean {
  const [address = "", prefix] = value.split("/");
  return isIP(address) !== 0 && (prefix === undefined || (ipaddr.isValidCIDR(value) && Number(prefix) > 0));
}
