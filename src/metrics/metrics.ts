// Counts observations for Prometheus. Loaded only if metrics are enabled; each server has its own registry.
import cluster from "node:cluster";
import { setTimeout as wait } from "node:timers/promises";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { Observation } from "../observations.ts";
import { MetricsOfWorkers } from "./of-workers.ts";

/** Figures that are read when metrics are requested. */
export interface Watched {
  /** How many mails wait, and how long (seconds) the oldest of them has waited. */
  outbox(): Promise<{ mails: number; oldest: number }>;
  /** How many mailboxes are marked. */
  undeliverable(): Promise<number>;
  /** How many rows the audit trail has by its sealed head. */
  audit(): Promise<number>;
  /** Milliseconds since the epoch. */
  signingKeys(): Promise<{ alg: string; state: string; since: number }[]>;
  mailRoutes(): { name: string; state: keyof typeof openness }[];
}

const requestSeconds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const handOverSeconds = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900];
const openness = { closed: 0, "half-open": 0.5, open: 1 };
/** How long (milliseconds) to wait for the figures of the database. */
const patience = 2000;
const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

export class Metrics {
  readonly #registry = new Registry();
  readonly #signIns = this.#counter("guestpass_sign_ins_total", "Sign-ins that were started, finished or refused", ["outcome"]);
  readonly #codes = this.#counter("guestpass_codes_total", "Codes requested, and codes entered by outcome", ["outcome"]);
  readonly #limits = this.#counter("guestpass_limits_reached_total", "Refusals because of a limit", ["limit"]);
  readonly #mails = this.#counter("guestpass_mail_attempts_total", "Attempts to send a mail", ["kind", "route", "outcome"]);
  readonly #bounces = this.#counter("guestpass_bounces_total", "Mails refused by mailboxes, at once or later", ["outcome"]);
  readonly #alerts = this.#counter("guestpass_alerts_total", "Alerts sent to administrators", ["alert"]);
  readonly #logouts = this.#counter("guestpass_logouts_total", "Attempts to tell an application that a session has ended", ["outcome"]);
  readonly #webhooks = this.#counter("guestpass_webhooks_total", "Attempts to deliver an event to a webhook", ["outcome"]);
  readonly #sweeps = this.#counter("guestpass_sweeps_total", "Runs of the housekeeping", ["outcome"]);
  readonly #waiting = this.#gauge("guestpass_outbox_mails", "Mails waiting to be sent, on all instances together");
  readonly #oldest = this.#gauge("guestpass_outbox_oldest_seconds", "How long the oldest waiting mail has waited");
  readonly #audit = this.#gauge("guestpass_audit_rows", "Rows of the audit trail according to its sealed head, which only grows");
  readonly #marked = this.#gauge("guestpass_mailboxes_undeliverable", "Mailboxes marked because they refuse mail");
  readonly #keys = this.#gauge("guestpass_signing_key_since_seconds", "When the current key began to sign, as Unix time", ["alg"]);
  readonly #routes = this.#gauge(
    "guestpass_mail_route_open",
    "1 while the route is paused because it does not answer, 0.5 while it is being retried, else 0",
    ["route"],
    "max",
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

  /** Where this process is one of several (src/workers.ts). */
  readonly #ofWorkers = cluster.isWorker ? new MetricsOfWorkers(this.#registry) : undefined;
  #looking: Promise<void> | undefined;

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
    else if (seen.of === "webhook") this.#webhooks.inc({ outcome: seen.outcome });
    else if (seen.of === "sweep") this.#sweeps.inc({ outcome: seen.outcome });
    else {
      const { method, route, status, seconds } = seen;
      this.#requests.observe({ method: methods.has(method) ? method : "other", route, status }, seconds);
    }
  }

  /** In Prometheus's text format. */
  async text(watched: Watched): Promise<string> {
    for (const { name, state } of watched.mailRoutes()) this.#routes.set({ route: name }, openness[state]);
    // If the database does not answer, its figures are missing and the others are present.
    for (const gauge of [this.#waiting, this.#oldest, this.#audit, this.#marked]) gauge.set(Number.NaN);
    await Promise.race([this.#look(watched), wait(patience, undefined, { ref: false })]);
    return this.#ofWorkers ? this.#ofWorkers.text() : this.#registry.metrics();
  }

  /** While one query hangs, no other takes connections. */
  #look(watched: Watched): Promise<void> {
    this.#looking ??= this.#ask(watched)
      .catch(() => undefined)
      .finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  async #ask({ outbox, audit, undeliverable, signingKeys }: Watched): Promise<void> {
    const { mails, oldest } = await outbox();
    this.#waiting.set(mails);
    this.#oldest.set(oldest);
    this.#audit.set(await audit());
    this.#marked.set(await undeliverable());
    for (const { alg, state, since } of await signingKeys()) if (state === "current") this.#keys.set({ alg }, since / 1000);
  }

  #counter<Label extends string>(name: string, help: string, labelNames: Label[]): Counter<Label> {
    return new Counter({ name, help, labelNames, registers: [this.#registry] });
  }

  /** @param aggregator how to combine the values of several workers: by default the value of the worker asked, since it has just looked */
  #gauge<Label extends string>(name: string, help: string, labelNames: Label[] = [], aggregator: "first" | "max" = "first"): Gauge<Label> {
    return new Gauge({ name, help, labelNames, aggregator, registers: [this.#registry] });
  }
}
