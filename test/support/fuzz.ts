// Whatever a stranger may send, by seed: forms, addresses, CSV, notifications by SMTP and by webhook, cookies and queries. The administration
// API's JSON has a tester of its own (try-contract.ts).
import { monitorEventLoopDelay } from "node:perf_hooks";
import fc from "fast-check";
import { createTransport, type NodemailerError } from "nodemailer";
import { startWithAdmin } from "./admin.ts";
import type { Guestpass } from "./guestpass.ts";
import { type Form, forms as notificationForms } from "./notification-forms.ts";
import { endpoints } from "./protocol.ts";
import { enqueue } from "./queued-mail.ts";

export const fuzzSettings = {
  GUESTPASS_BOUNCE_DOMAIN: "bounce.idp.example",
  GUESTPASS_BOUNCE_HOST: "127.0.0.1",
  GUESTPASS_BOUNCE_PORT: "0",
  GUESTPASS_BOUNCE_WEBHOOK_SECRET: "5b1c0a3e7f0e4b7e9c550a1b2c3d4e5f",
  GUESTPASS_LIMIT_REQUESTS_PER_APPLICATION: "1000000/1m",
  GUESTPASS_LIMIT_CODES_PER_APPLICATION: "1000000/1m",
  GUESTPASS_LIMIT_CODES_TOTAL: "1000000/1m",
};

export interface Fuzzed {
  /** What was sent and came back, where that answer is not meant. */
  wrong: string[];
  /** How often each answer came, of each kind of request. */
  answers: Record<string, Record<string, number>>;
  /** The longest time for which the event loop stood still, in milliseconds, and during what: both sides of the conversation are in it. */
  longest: { ms: number; during: string };
}

/** One kind of request: what may be answered, what is sent, and how. */
interface Target<Sent> {
  name: string;
  meant: number[];
  sent: fc.Arbitrary<Sent>;
  /** @returns the status */
  send(sent: Sent): Promise<number>;
}

/** Pages answer with these, and with nothing else: shown or led on; cannot be read, not ours, not there, too much, unreadable, not right, too often. */
const pageStatuses = [200, 303, 400, 403, 404, 405, 413, 415, 422, 429];

/** @param runs how many of each kind */
export async function fuzz(guestpass: Guestpass, { seed, runs }: { seed: number; runs: number }): Promise<Fuzzed> {
  const fuzzed: Fuzzed = { wrong: [], answers: {}, longest: { ms: 0, during: "" } };
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  for (const target of await targetsOf(guestpass)) {
    const answers: Record<string, number> = {};
    fuzzed.answers[target.name] = answers;
    // All of them are made first, so that the time it takes to make one is not in the delay.
    const sampled = fc.sample(target.sent, { seed, numRuns: runs });
    for (const sent of sampled) {
      delay.reset();
      const status = await target.send(sent);
      answers[status] = (answers[status] ?? 0) + 1;
      if (!target.meant.includes(status)) fuzzed.wrong.push(`${target.name}: ${status} to ${shown(sent)}`);
      if (delay.max / 1e6 > fuzzed.longest.ms)
        fuzzed.longest = { ms: Math.round(delay.max / 1e5) / 10, during: `${target.name}: ${shown(sent).slice(0, 100)}` };
    }
  }
  delay.disable();
  return fuzzed;
}

async function targetsOf(guestpass: Guestpass): Promise<Target<never>[]> {
  const { admin, files } = await startWithAdmin(guestpass);
  const open = await guestpass.register("open");
  const request = await guestpass.authorizationRequest(open);
  let browser = guestpass.browser();
  let page = await browser.open(request.url);
  /** A sign-in whose form is shown: a new one where the last was used up. */
  const fresh = async (): Promise<void> => {
    browser = guestpass.browser();
    page = await browser.open(request.url);
  };
  let asked = guestpass.browser();
  let askedPage = await guestpass.askForCode(asked, request, "asked@example.com");
  /** A sign-in that has asked for a code. */
  const ask = async (): Promise<void> => {
    asked = guestpass.browser();
    askedPage = await guestpass.askForCode(asked, request, "asked@example.com");
  };
  const cookies = (await asked.jar.getCookies(askedPage.url)).map(({ key, value }) => ({ name: key, value }));
  await enqueue(guestpass.server.app, "ada@example.com");
  const [mail] = await guestpass.mail.wait("ada@example.com");
  const returnPath = mail?.from ?? "";
  const token = await admin.token;
  const applicationToken = await files.token;
  const uid = new URL(askedPage.url).pathname;
  const targets: Target<unknown>[] = [];
  const add = <Sent>(target: Target<Sent>) => targets.push(target as Target<unknown>);

  add({
    name: "address",
    meant: [200, 403, 422],
    sent: addresses,
    send: async (email) => {
      if (!page.document.querySelector("input[name=email]")) await fresh();
      const answer = await browser.submit(page, "/email", { email });
      if (answer.status === 200) await fresh();
      return answer.status;
    },
  });
  add({
    name: "form of a sign-in",
    meant: pageStatuses,
    sent: fc.record({
      step: fc.constantFrom(
        "email",
        "passcode",
        "passcode",
        "confirm",
        "resend",
        "consent",
        "continue",
        "cancel",
        "start-again",
        "nothing",
      ),
      ours: fc.oneof({ weight: 6, arbitrary: fc.constant(true) }, fc.constant(false)),
      body: bodies(["email", "code", "remember", "address", "scope"], ["asked@example.com", "other@example.com", "123456"]),
      type: contentTypes,
    }),
    send: async ({ step, ours, body, type }) => {
      const formToken = askedPage.document.querySelector("input[name=token]")?.getAttribute("value") ?? "";
      const init = { method: "POST", headers: { "content-type": type }, body: ours ? `token=${formToken}&${body}` : body };
      const { status } = await asked.request(`${guestpass.issuer}${new URL(askedPage.url).pathname}/${step}`, init);
      if (step === "cancel" || step === "start-again" || status === 400) await ask();
      return status;
    },
  });
  add({
    name: "form of the protocol",
    // /auth and /session/end take POST behind TLS alone, and are not there on http.
    meant: [200, 201, 303, 400, 401, 403, 404, 405, 413, 415, 429],
    sent: fc.record({
      path: fc.constantFrom(
        endpoints.token,
        endpoints.introspection,
        endpoints.revocation,
        endpoints.pushed,
        endpoints.userinfo,
        endpoints.endSession,
        "/auth",
      ),
      body: bodies(
        [
          "grant_type",
          "code",
          "redirect_uri",
          "client_id",
          "client_secret",
          "token",
          "scope",
          "response_type",
          "request",
          "prompt",
          "claims",
        ],
        ["authorization_code", "refresh_token", "client_credentials", "open", open.secret ?? "", "openid", "code", "{}", "none"],
      ),
      type: contentTypes,
    }),
    send: async ({ path, body, type }) =>
      (await guestpass.browser().request(guestpass.issuer + path, { method: "POST", headers: { "content-type": type }, body })).status,
  });
  add({
    name: "query",
    meant: pageStatuses.concat(401),
    sent: fc.record({
      path: fc.constantFrom(
        "/auth",
        endpoints.endSession,
        "/",
        "/reverification/open",
        "/invitations/x",
        uid,
        "/readyz",
        endpoints.userinfo,
      ),
      query: bodies(
        [
          "client_id",
          "redirect_uri",
          "scope",
          "response_type",
          "response_mode",
          "prompt",
          "max_age",
          "login_hint",
          "id_token_hint",
          "ui_locales",
        ],
        ["open", "https://app.example/callback", "openid", "code", "form_post", "none", "0", "ada@example.com", "de"],
      ),
    }),
    send: async ({ path, query }) => (await asked.request(`${guestpass.issuer}${path}?${query}`)).status,
  });
  add({
    name: "cookie",
    meant: pageStatuses,
    sent: fc.record({
      path: fc.constantFrom(
        uid,
        `${uid}/delivery`,
        `/auth/${uid.split("/").at(-1)}`,
        request.url.slice(guestpass.issuer.length),
        "/session/end",
      ),
      cookie: fc
        .array(
          fc.tuple(
            fc.constantFrom(...cookies),
            fc.oneof(
              mutation,
              fc.constant((value: string) => value),
            ),
          ),
          { minLength: 1, maxLength: 6 },
        )
        .map((some) => some.map(([{ name, value }, change]) => `${name}=${headerSafe(change(value))}`).join("; ")),
    }),
    send: async ({ path, cookie }) => {
      const end = AbortSignal.timeout(20_000);
      const response = await fetch(guestpass.issuer + path, { headers: { cookie, accept: "text/html" }, redirect: "manual", signal: end });
      // The news of a mail go on for as long as they are read.
      await (path.endsWith("/delivery") ? response.body?.cancel() : response.text());
      return response.status;
    },
  });
  add({
    name: "CSV",
    meant: [200, 400, 413, 415, 422],
    sent: fc.record({ text: csv, token: fc.constantFrom(token, applicationToken) }),
    send: async ({ text, token: bearer }) => {
      const headers = { authorization: `Bearer ${bearer}`, "content-type": "text/csv" };
      const response = await fetch(`${guestpass.issuer}/admin/invitations/bulk?client_id=files`, { method: "POST", headers, body: text });
      await response.text();
      return response.status;
    },
  });
  add({
    name: "notification by SMTP",
    // RFC 5321: taken in, no such mailbox, too large, or from too many at once.
    meant: [250, 421, 451, 550, 552],
    sent: notifications(returnPath),
    send: async (raw) => {
      const port = guestpass.server.bounceListener?.port as number;
      const smtp = createTransport({ host: "127.0.0.1", port, ignoreTLS: true });
      // 200 in a minute from one network, after which none is read.
      guestpass.clock.advance({ seconds: 1 });
      try {
        await smtp.sendMail({ envelope: { from: "", to: returnPath }, raw });
        return 250;
      } catch (error) {
        return (error as NodemailerError).responseCode ?? 0;
      } finally {
        smtp.close();
      }
    },
  });
  add({
    name: "notification by webhook",
    meant: [200, 400, 413, 415],
    sent: fc.record({ body: reports(returnPath), type: fc.oneof({ weight: 4, arbitrary: fc.constant("application/json") }, contentTypes) }),
    send: async ({ body, type }) => {
      const headers = { authorization: `Bearer ${fuzzSettings.GUESTPASS_BOUNCE_WEBHOOK_SECRET}`, "content-type": type };
      return (await fetch(`${guestpass.issuer}/bounces`, { method: "POST", headers, body })).status;
    },
  });
  return targets as Target<never>[];
}

/** What breaks parsers: ends of lines and texts, quotes, characters of several bytes, half a character, and a lot of anything. */
const trouble = fc.oneof(
  fc.constantFrom(
    "\0",
    "\r\n",
    "\n",
    "\u2028",
    '"',
    "'",
    ",",
    ";",
    "<",
    ">",
    "%",
    "%00",
    "%zz",
    "\\",
    "@",
    "=",
    "&",
    "[",
    "]",
    "(",
    "\u202e",
  ),
  fc.constantFrom("\ufeff", "\u{1f600}", "e\u0301", "\uff20", "\u0130", "\ud800", "../", "=?utf-8?q?a?=", "__proto__", "constructor", "\t"),
  fc.integer({ min: 1, max: 3000 }).map((length) => "a".repeat(length)),
  fc.string({ maxLength: 20 }),
  fc.string({ unit: "binary", maxLength: 20 }),
);

/** Changes a text in one place or more: something put in, cut out, or said twice. */
const mutation: fc.Arbitrary<(text: string) => string> = fc
  .array(fc.tuple(fc.constantFrom("in", "out", "twice"), fc.double({ min: 0, max: 1, noNaN: true }), trouble), {
    minLength: 1,
    maxLength: 4,
  })
  .map((changes) => (text: string) => {
    let changed = text;
    for (const [how, where, what] of changes) {
      const at = Math.floor(where * changed.length);
      const [head, tail] = [changed.slice(0, at), changed.slice(at)];
      if (how === "in") changed = head + what + tail;
      else if (how === "out") changed = head + tail.slice(1 + (what.length % 20));
      else changed = head + tail.slice(0, 30) + tail;
    }
    return changed;
  });

const mutated = (...texts: string[]) => fc.tuple(fc.constantFrom(...texts), mutation).map(([text, change]) => change(text));

const addresses = fc.oneof(
  mutated("ada@example.com", "ada+files@b\u00fccher.example", "a.b@sub.partner.example", "\uff41\uff44\uff41\uff20example.com"),
  trouble,
  fc.emailAddress(),
);

const contentTypes = fc.oneof(
  { weight: 6, arbitrary: fc.constant("application/x-www-form-urlencoded") },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "application/json",
      "text/plain",
      "multipart/form-data; boundary=x",
      "application/x-www-form-urlencoded; charset=klingon",
      "//",
    ),
  },
);

/** Pairs of names and values in URL encoding, most of them well formed. */
function bodies(names: string[], values: string[]): fc.Arbitrary<string> {
  const name = fc.oneof({ weight: 6, arbitrary: fc.constantFrom(...names) }, { weight: 1, arbitrary: trouble });
  const value = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...values) }, trouble, mutated(...values));
  const pairs = fc.array(fc.tuple(name, value), { maxLength: 8 });
  const encoded = pairs.map((some) =>
    new URLSearchParams(some.map(([one, other]) => [one.toWellFormed(), other.toWellFormed()])).toString(),
  );
  const broken = fc.tuple(encoded, mutation).map(([text, change]) => headerSafe(change(text)));
  return fc.oneof({ weight: 3, arbitrary: encoded }, { weight: 1, arbitrary: broken });
}

/** Without what HTTP has no place for, which a client would refuse to send. */
function headerSafe(text: string): string {
  return text.replace(/[^\x21-\x7e]/g, "?").slice(0, 6000);
}

const cell = fc.oneof(fc.constantFrom("ada@example.com", "Plan", "2099-06-30", "de", ""), trouble);
const csv = fc
  .oneof(
    mutated(
      "email,name,target_label\nada@example.com,Ada,Plan\ngrace@example.com,Grace,Plan\n",
      'sep=;\nemail;message\n"ada@example.com";"two\nlines"\n',
      "\ufeffUser,Role\r\nurn:spo:guest#ada@example.com,Reader\r\n",
    ),
    fc
      .tuple(fc.constantFrom(",", ";", "\t"), fc.array(fc.array(cell, { maxLength: 8 }), { maxLength: 30 }))
      .map(([separator, rows]) => `email${separator}name\n${rows.map((row) => row.join(separator)).join("\n")}`),
    fc
      .tuple(fc.constantFrom("\n", ",", '"', "\r", ";\n", "a,"), fc.integer({ min: 1, max: 60_000 }))
      .map(([what, times]) => what.repeat(times)),
  )
  .map((text) => text.toWellFormed());

function notifications(returnPath: string): fc.Arbitrary<string> {
  const told = { to: "ada@example.com", returnPath, diagnostic: "smtp; 550 5.1.1 no such user", status: "5.1.1" };
  const written = notificationForms.map((form: Form) => form.write(told));
  const nested = fc
    .integer({ min: 1, max: 400 })
    .map((depth) =>
      Array.from({ length: depth }, (_, level) => `Content-Type: multipart/mixed; boundary="b${level}"\n\n--b${level}\n`).join(""),
    );
  const headers = fc.integer({ min: 1, max: 5000 }).map((times) => `${"X-Header: a\n\tb\n".repeat(times)}\nbody`);
  return fc.oneof({ weight: 4, arbitrary: mutated(...written) }, nested, headers, trouble).map((text) => text.replace(/\r?\n/g, "\r\n"));
}

function reports(returnPath: string): fc.Arbitrary<string> {
  const report = { action: "failed", status: "5.1.1", diagnostic: "smtp; 550 5.1.1 no such user", return_path: returnPath };
  const oneField = fc
    .tuple(fc.constantFrom(...Object.keys(report)), mutation)
    .map(([name, change]) => JSON.stringify({ ...report, [name]: change(report[name as keyof typeof report]) }));
  const nested = fc.integer({ min: 1, max: 5000 }).map((depth) => `${"[".repeat(depth)}${"]".repeat(depth)}`);
  return fc
    .oneof({ weight: 3, arbitrary: oneField }, mutated(JSON.stringify(report)), nested, fc.json(), trouble)
    .map((text) => text.toWellFormed());
}

function shown(sent: unknown): string {
  return JSON.stringify(sent).slice(0, 600);
}
