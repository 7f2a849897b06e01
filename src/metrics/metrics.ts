// Counts what is observed, for Prometheus. Loaded only where metrics are asked for; each server has a registry of its own.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Observation } from "../observations.ts";

/** What is looked at when somebody asks. */
export interface Watched {
  /** How many mails wait, and how long (seconds) the oldest of them has waited. */
  outbox(): Promise<{ mails: number; oldest: number }>;
  /** How many mailboxes are marked. */
  undeliverable(): Promise<number>;
  mailRoutes(): { name: string; state: keyof typeof openness }[];
}

const requestSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const handOverSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];
const openness = { closed: 0, "half-open": 0.5, open: 1 };
const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export class Metrics {
  readonly #registry = new Registry();
  readonly #signIns = this.#counter("guestpass_sign_ins_total", "Sign-ins that were started, finished or refused", ["outcome"]);
  readonly #codes = this.#counter("guestpass_codes_total", "Codes that were asked for, and typed codes by what came of them", ["outcome"]);
  readonly #limits = this.#counter("guestpass_limits_reached_total", "Times that something was refused because of a limit", ["limit"]);
  readonly #mails = this.#counter("guestpass_mail_attempts_total", "Attempts to hand a mail over", ["kind", "route", "outcome"]);
  readonly #bounces = this.#counter("guestpass_bounces_total", "Mails that mailboxes refused, at once or later", ["outcome"]);
  readonly #alerts = this.#counter("guestpass_alerts_total", "Times that administrators were told of something", ["alert"]);
  readonly #logouts = this.#counter("guestpass_logouts_total", "Attempts to tell an application that a session is over", ["outcome"]);
  readonly #sweeps = this.#counter("guestpass_sweeps_total", "Runs of the housekeeping", ["outcome"]);
  readonly #waiting = this.#gauge("guestpass_outbox_mails", "Mails that wait to be handed over, of all instances together");
  readonly #oldest = this.#gauge("guestpass_outbox_oldest_seconds", "How long the oldest mail that waits has waited");
  readonly #marked = this.#gauge("guestpass_mailboxes_undeliverable", "Mailboxes that are marked because they refuse mail");
  readonly #routes = this.#gauge(
    "guestpass_mail_route_open",
    "1 while mail is kept off the route because it does not answer, 0.5 while it is tried again, else 0",
    ["route"],
  );
  readonly #handOver = new Histogram({
    name: "guestpass_mail_hand_over_seconds",
    help: "From enqueuing a mail to a mail server's having it",
    labelNames: ["kind"],
    buckets: handOverSeconds,
    registers: [this.#registry],
  });
  readonly #requests = new Histogram({
    name: "guestpass_http_request_seconds",
    help: "From a request's headers to the end of the work on it",
    labelNames: ["method", "route", "status"],
    buckets: requestSeconds,
    registers: [this.#registry],
  });

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
  }

  readonly contentType = this.#registry.contentType;

  observe(seen: Observation): void {
    if (seen.of === "sign-in") this.#signIns.inc({ outcome: seen.outcome });
    else if (seen.of === "code") this.#codes.inc({ outcome: seen.outcome });
    else if (seen.of === "limit") this.#limits.inc({ limit: seen.limit });
    else if (seen.of === "mail") this.#mails.inc({ kind: seen.kind, route: seen.route, outcome: seen.outcome });
    else if (seen.of === "hand-over") this.#handOver.observe({ kind: seen.kind }, seen.seconds);
    else if (seen.of === "bounce") this.#bounces.inc({ outcome: seen.outcome });
    else if (seen.of === "alert") this.#alerts.inc({ alert: seen.alert });
    else if (seen.of === "logout") this.#logouts.inc({ outcome: seen.outcome });
    else if (seen.of === "sweep") this.#sweeps.inc({ outcome: seen.outcome });
    else {
      const { method, route, status, seconds } = seen;
      this.#requests.observe({ method: methods.has(method) ? method : "other", route, status }, seconds);
    }
  }

  /** In Prometheus's text format. */
  async text(watched: Watched): Promise<string> {
    for (const { name, state } of watched.mailRoutes()) this.#routes.set({ route: name }, openness[state]);
    // Where the database does not answer, its figures are missing and the others are there.
    const { mails, oldest } = await watched.outbox().catch(() => ({ mails: Number.NaN, oldest: Number.NaN }));
    this.#marked.set(await watched.undeliverable().catch(() => Number.NaN));
    this.#waiting.set(mails);
    this.#oldest.set(oldest);
    return this.#registry.metrics();
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  #gauge<Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return new Gauge({ name, help, labelNames, registers: [this.#registry] });
  }
}
