// The ways out, in order of preference. A mail goes by the first that carries its recipient's domain, answers and has room;
// where that one fails or says later, by the next. Only a refusal for good ends the search.
import { domainToASCII } from "node:url";
import { type Clock, minute } from "../clock.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { priorities, type QueuedMail } from "./outbox-store.ts";
import { RateLimit } from "./rate-limit.ts";
import { type Delivery, type Letter, type ReturnPath, Transport, type TransportSettings } from "./transport.ts";

export interface RouteSettings extends TransportSettings {
  name: string;
  /** Mails a minute of one instance, at the most. */
  perMinute?: number | undefined;
  /** The only recipients' domains that it carries; "*.example.com" is every domain below example.com. */
  domains?: string[] | undefined;
}

export interface Try extends Delivery {
  route: string;
  /** When it began (milliseconds since the epoch) and how long it took. */
  at: number;
  ms: number;
}

export type Journey =
  /** The last try decides. */
  | { tries: [Try, ...Try[]] }
  /** No route was asked: each is paused or has no room, or the mail is too old. */
  | { tries: []; retryAt: number };

/** Shorter than the lease of a mail, all routes together: nobody else sends the mail meanwhile. */
const longestJourney = 90_000;
/** A code gives a server a ninth of that, 10 seconds, while there is another way: its guest waits. */
const hasty = 9;

interface Route {
  settings: RouteSettings;
  transport: Transport;
  breaker: CircuitBreaker;
  rate: RateLimit | undefined;
  /** The server's last answer, or the name of the connection's error. */
  lastReply: string;
}

export class Routes {
  readonly #clock: Clock;
  readonly #routes: Route[];
  readonly #journeyMs: number;

  /**
   * @param journeyMs how long a mail may be under way, milliseconds; its routes share it
   * @param returnPath where mails come back to; to the sender's address otherwise
   */
  constructor(deps: { clock: Clock; routes: RouteSettings[]; journeyMs?: number; returnPath?: ReturnPath | undefined }) {
    const { clock, routes, journeyMs = longestJourney, returnPath } = deps;
    this.#clock = clock;
    this.#journeyMs = journeyMs;
    this.#routes = routes.map((settings) => ({
      settings,
      transport: new Transport(settings, returnPath),
      breaker: new CircuitBreaker(clock),
      rate: settings.perMinute === undefined ? undefined : new RateLimit(clock, settings.perMinute),
      lastReply: "",
    }));
  }

  /** Which routes there are, and whether mail is kept off them because they do not answer. */
  get health(): { name: string; state: CircuitBreaker["state"] }[] {
    return this.#routes.map(({ settings, breaker }) => ({ name: settings.name, state: breaker.state }));
  }

  /** The routes that do not answer, as this instance sees it, and since when (milliseconds since the epoch). */
  down(): { name: string; server: string; since: number; reply: string }[] {
    return this.#routes.flatMap(({ settings, breaker, lastReply }) => {
      const since = breaker.downSince;
      return since === undefined ? [] : [{ name: settings.name, server: new URL(settings.smtpUrl).host, since, reply: lastReply }];
    });
  }

  /** Nothing is handed over past the mail's expiry: an attempt that is under way then is broken off. */
  async deliver(mail: Letter & Pick<QueuedMail, "priority">): Promise<Journey> {
    const domain = domainToASCII(mail.recipient.slice(mail.recipient.lastIndexOf("@") + 1));
    const routes = this.#routes.filter(({ settings }) => carries(settings, domain));
    const tries: Try[] = [];
    for (const [index, route] of routes.entries()) {
      const left = mail.expiresAt - this.#clock.now();
      if (left <= 0) break;
      if (!this.#hasRoom(route) || !route.breaker.admits()) continue;
      const inHaste = mail.priority === priorities.code && routes.slice(index + 1).some((other) => this.#isFree(other));
      const most = this.#journeyMs / (inHaste ? Math.max(hasty, routes.length) : routes.length);
      const made = await this.#try(route, mail, Math.min(left, Math.floor(most)));
      tries.push(made);
      if (made.outcome === "accepted" || made.outcome === "refused") break;
    }
    const [first, ...rest] = tries;
    return first ? { tries: [first, ...rest] } : { tries: [], retryAt: this.#retryAt(routes) };
  }

  /** Hands one mail to the named route, whatever is known of it. */
  async deliverBy(name: string, mail: Letter): Promise<Try> {
    return this.#try(this.#named(name), mail, this.#journeyMs);
  }

  /** Connects and logs in. @throws where the server does not answer or refuses */
  async verify(name: string): Promise<void> {
    await this.#named(name).transport.verify();
  }

  /** Attempts under way end as delayed or unknown. */
  close(): void {
    for (const { transport } of this.#routes) transport.close();
  }

  async #try(route: Route, mail: Letter, mostMs: number): Promise<Try> {
    const { settings, transport, breaker, rate } = route;
    rate?.take();
    const at = this.#clock.now();
    const delivery = await transport.deliver(mail, mostMs);
    route.lastReply = delivery.reply;
    if (delivery.serverFailed) breaker.failed();
    else breaker.answered();
    return { ...delivery, route: settings.name, at, ms: this.#clock.now() - at };
  }

  #isFree(route: Route): boolean {
    return route.breaker.state === "closed" && this.#hasRoom(route);
  }

  #hasRoom({ rate }: Route): boolean {
    return rate === undefined || rate.freeAt <= this.#clock.now();
  }

  #retryAt(routes: Route[]): number {
    const moments = routes.map(({ breaker, rate }) => (breaker.state === "closed" && rate ? rate.freeAt : breaker.retryAt));
    return moments.length === 0 ? this.#clock.now() + minute : Math.min(...moments);
  }

  #named(name: string): Route {
    const route = this.#routes.find(({ settings }) => settings.name === name);
    if (!route) throw new Error(`there is no route ${name}`);
    return route;
  }
}

/** @param domain in lower case, as DNS has it: an address keeps the form in which it was typed */
function carries({ domains }: RouteSettings, domain: string): boolean {
  if (!domains) return true;
  return domains.some((pattern) => (pattern.startsWith("*.") ? domain.endsWith(pattern.slice(1)) : domain === pattern));
}
