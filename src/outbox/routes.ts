// The routes of mail, in order of preference. A mail goes by the first that carries its recipient's domain, answers and is below its limit. If that
// one fails, postpones the mail or refuses it for a reason of its own, the next is tried. Only a refusal because of the mailbox ends the search.
// A route that has recently refused every mail is tried last, but not left out, because strangers choose the addresses.
import { domainToASCII } from "node:url";
import { type Clock, minute } from "../clock.ts";
import { CircuitBreaker } from "./circuit-breaker.ts";
import { priorities, type QueuedMail } from "./outbox-store.ts";
import { RateLimit } from "./rate-limit.ts";
import { type Delivery, type Letter, type ReturnPath, Transport, type TransportSettings } from "./transport.ts";

export interface RouteSettings extends TransportSettings {
  name: string;
  /** The most mails a minute from one instance. */
  perMinute?: number | undefined;
  /** The only recipients' domains that it carries; "*.example.com" is every domain below example.com. */
  domains?: string[] | undefined;
}

export interface Try extends Delivery {
  route: string;
  /** When it began (milliseconds since the epoch) and how long it took. */
  at: number;
  ms: number;
  /** The route has refused mail after mail for reasons of its own, this one included, and accepted none. */
  refusesAll: boolean;
}

export type Journey =
  /** delayed: one of them may still accept it later. */
  | { tries: [Try, ...Try[]]; end: "accepted" | "refused" | "delayed" }
  /** No route was asked: each is paused or at its limit, or the mail is too old. */
  | { tries: []; retryAt: number };

/** Shorter than the lease of a mail, all routes together: nobody else sends the mail meanwhile. */
const longestJourney = 90_000;
/** A code gives a server a ninth of that, 10 seconds, while there is another route: its guest is waiting. */
const hasty = 9;

interface Route {
  settings: RouteSettings;
  transport: Transport;
  breaker: CircuitBreaker;
  /** Open if it answers but refuses every mail for a reason of its own. */
  refusals: CircuitBreaker;
  rate: RateLimit | undefined;
  /** The server's last words, or why it could not be reached. */
  lastWords: string;
}

export class Routes {
  readonly #clock: Clock;
  readonly #routes: Route[];
  readonly #journeyMs: number;

  /**
   * @param journeyMs how long (milliseconds) one delivery may take; its routes share it
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
      refusals: new CircuitBreaker(clock),
      rate: settings.perMinute === undefined ? undefined : new RateLimit(clock, settings.perMinute),
      lastWords: "",
    }));
  }

  /** The routes, and whether each is paused because it does not answer. */
  get health(): { name: string; state: CircuitBreaker["state"] }[] {
    return this.#routes.map(({ settings, breaker }) => ({ name: settings.name, state: breaker.state }));
  }

  /** The routes that do not answer, as this instance sees it, and since when (milliseconds since the epoch). */
  down(): { name: string; server: string; since: number; reply: string }[] {
    return this.#routes.flatMap(({ settings, breaker, lastWords }) => {
      const since = breaker.downSince;
      return since === undefined ? [] : [{ name: settings.name, server: new URL(settings.smtpUrl).host, since, reply: lastWords }];
    });
  }

  /**
   * Nothing is handed over past the mail's expiry: an attempt that is under way then is broken off.
   * @param held aborted if somebody else may be sending the mail: an attempt under way is then broken off too
   */
  async deliver(mail: Letter & Pick<QueuedMail, "priority">, held?: AbortSignal): Promise<Journey> {
    const domain = domainToASCII(mail.recipient.slice(mail.recipient.lastIndexOf("@") + 1));
    const routes = this.#routes.filter(({ settings }) => carries(settings, domain));
    const tries: Try[] = [];
    let notAsked = 0;
    // Routes that are put off are added at the end.
    const queue = routes.map((route) => ({ route, putOff: false }));
    for (const [index, { route, putOff }] of queue.entries()) {
      const left = mail.expiresAt - this.#clock.now();
      if (left <= 0 || held?.aborted) break;
      if (!this.#hasRoom(route) || !route.breaker.admits()) {
        notAsked++;
        continue;
      }
      if (!putOff && index < queue.length - 1 && !route.refusals.admits()) {
        route.breaker.untold();
        queue.push({ route, putOff: true });
        continue;
      }
      const inHaste = mail.priority === priorities.code && queue.slice(index + 1).some((other) => this.#isFree(other.route));
      const most = this.#journeyMs / (inHaste ? Math.max(hasty, routes.length) : routes.length);
      const made = await this.#try(route, mail, Math.min(left, Math.floor(most)), held);
      tries.push(made);
      if (isLast(made)) break;
    }
    const [first, ...rest] = tries;
    return first ? { tries: [first, ...rest], end: endOf([first, ...rest], notAsked) } : { tries: [], retryAt: this.#retryAt(routes) };
  }

  /** Hands one mail to the named route, whatever its state. Its words mention a login that the server never offered. */
  async deliverBy(name: string, mail: Letter): Promise<Try> {
    const route = this.#named(name);
    const made = await this.#try(route, mail, this.#journeyMs);
    const answered = made.outcome === "accepted" || made.refusal || /^\d/.test(made.reply);
    const missing = answered ? await route.transport.missingLogin().catch(() => undefined) : undefined;
    return missing ? { ...made, words: `${made.words}; ${missing}` } : made;
  }

  /** Connects and logs in. @throws if the server does not answer or refuses */
  async verify(name: string): Promise<void> {
    await this.#named(name).transport.verify();
  }

  /** A sentence if the route has a login that its server never offers; undefined if it has none, or may use it. @throws as verify */
  missingLogin(name: string): Promise<string | undefined> {
    return this.#named(name).transport.missingLogin();
  }

  /** Attempts under way end as delayed or unknown. */
  close(): void {
    for (const { transport } of this.#routes) transport.close();
  }

  async #try(route: Route, mail: Letter, mostMs: number, held?: AbortSignal): Promise<Try> {
    const { settings, transport, breaker, refusals, rate } = route;
    rate?.take();
    const at = this.#clock.now();
    const delivery = await transport.deliver(mail, mostMs, held);
    route.lastWords = delivery.words;
    if (delivery.serverFailed) breaker.failed();
    else breaker.answered();
    if (delivery.blame === "route") refusals.failed();
    else if (delivery.outcome === "accepted" || delivery.outcome === "refused") refusals.answered();
    else refusals.untold();
    const refusesAll = delivery.blame === "route" && refusals.state !== "closed";
    return { ...delivery, route: settings.name, at, ms: this.#clock.now() - at, refusesAll };
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

/** No other route is asked after it. */
function isLast({ outcome, blame }: Try): boolean {
  return outcome === "accepted" || (outcome === "refused" && (blame === "address" || blame === "mailbox"));
}

/** If every route that carries the mail refused it, none is left that could accept it later. */
function endOf(tries: Try[], notAsked: number): "accepted" | "refused" | "delayed" {
  const last = tries.at(-1) as Try;
  if (last.outcome === "accepted") return "accepted";
  if (isLast(last)) return "refused";
  return notAsked === 0 && tries.every(({ outcome }) => outcome === "refused") ? "refused" : "delayed";
}

/** @param domain in lower case, as DNS has it: an address keeps the form in which it was typed */
function carries({ domains }: RouteSettings, domain: string): boolean {
  if (!domains) return true;
  return domains.some((pattern) => (pattern.startsWith("*.") ? domain.endsWith(pattern.slice(1)) : domain === pattern));
}
