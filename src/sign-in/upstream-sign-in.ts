// Signing in at a partner's provider. If that is authoritative for the address, it proves the mailbox as a code does; otherwise it identifies the
// guest, once the account was linked in a sign-in with a code.
import type { Knex } from "knex";
import type { Admission } from "../admission/admission.ts";
import { wayOfAccount } from "../admission/ways.ts";
import type { Application } from "../applications/application.ts";
import type { Audit } from "../audit/audit.ts";
import { type Clock, second } from "../clock.ts";
import { type Address, parseAddress } from "../guests/address.ts";
import type { Guests } from "../guests/guests.ts";
import type { Limits } from "../limits/limits.ts";
import { parseRates, type Rate, type WrittenRates } from "../limits/rate.ts";
import type { Logger } from "../log.ts";
import type { Observe } from "../observations.ts";
import { type KeyRing, randomToken } from "../secrets.ts";
import type { Account, AccountToLink } from "../upstream/account.ts";
import type { Accounts } from "../upstream/accounts.ts";
import { type AccountClaims, addressKeyIn, isOfTenant, vouches } from "../upstream/authority.ts";
import type { DomainProofs } from "../upstream/domain-proofs.ts";
import type { Sent } from "../upstream/relying-party.ts";
import type { Offer, Upstreams } from "../upstream/upstreams.ts";
import { actorOf, type SignIn, type SignInContext } from "./sign-in.ts";

/** A guest was sent to a provider, in this sign-in: it keeps this until the browser comes back. */
export interface SentUpstream {
  provider: string;
  label: string;
  /** As it was typed. */
  address: string;
  /** The values that the answer has to bring are derived from it. */
  ticket: string;
  /** Milliseconds since the epoch. */
  at: number;
  /** The guest was to sign in there again. */
  fresh: boolean;
}

export type SendOutcome =
  | { outcome: "sent"; url: URL; sent: SentUpstream }
  | { outcome: "unreachable"; label: string }
  | { outcome: "too-often"; wait: number }
  /** It is not, or no longer, offered for the address. */
  | { outcome: "not-offered" };

export type ReturnOutcome =
  /** With the mailbox's address, and when that was last proven: milliseconds since the epoch. */
  | {
      outcome: "accepted";
      way: "upstream" | "upstream-mailbox";
      sub: string;
      address: string;
      provenAt: number;
      /** The session at the provider, where it names one. */
      sid?: string | undefined;
      /** When that ends, where it says so: milliseconds since the epoch. */
      until?: number | undefined;
    }
  /** A code to the address links the account. */
  | { outcome: "unlinked"; account: AccountToLink }
  | { outcome: "not-admitted" }
  /** The same answer is being handled, or was, in another request of this browser. */
  | { outcome: "used" }
  /** Nothing came of it. */
  | { outcome: UpstreamFailure };

/** The provider is gone; the answer belongs to no sign-in under way; it was refused there; nothing answered; it cannot be trusted; no address; another address. */
export type UpstreamFailure = "not-offered" | "not-begun" | "cancelled" | "unreachable" | "not-believed" | "no-address" | "mismatch";

export interface UpstreamSignInDeps {
  db: Knex;
  clock: Clock;
  log: Logger;
  upstreams: Upstreams;
  domainProofs: Pick<DomainProofs, "speaksFor">;
  accounts: Accounts;
  guests: Guests;
  admission: Admission;
  limits: Limits;
  audit: Pick<Audit, "record">;
  observe: Observe;
  signIn: Pick<SignIn, "prove">;
  key: KeyRing;
  /** @returns false if the name was used before (until: milliseconds since the epoch) */
  useOnce(name: string, until: number): Promise<boolean>;
  triesPerNetwork: WrittenRates;
}

export class UpstreamSignIn {
  readonly #deps: UpstreamSignInDeps;
  readonly #rates: Rate[];

  constructor(deps: UpstreamSignInDeps) {
    this.#deps = deps;
    this.#rates = parseRates(deps.triesPerNetwork);
  }

  /** The providers for addresses of its domain, whoever has it; none where the application leaves them out. */
  async offers(application: Application, typed: string): Promise<Offer[]> {
    const address = parseAddress(typed);
    return address && this.#isOn(application) ? this.#deps.upstreams.offers(address.domain) : [];
  }

  /** @param typed an address @param fresh the guest is to sign in there now, whatever session the provider has */
  async send(context: SignInContext, provider: string, typed: string, { fresh }: { fresh: boolean }): Promise<SendOutcome> {
    const { clock, limits, upstreams } = this.#deps;
    const address = parseAddress(typed) as Address;
    const refused = await limits.take([{ limit: "upstream-tries-per-network", rates: this.#rates, subject: context.network ?? "" }]);
    if (refused) return { outcome: "too-often", wait: refused.wait };
    const opened = await upstreams.open(provider);
    if (!opened?.upstream.domains.includes(address.domain) || !this.#isOn(context.application)) return { outcome: "not-offered" };
    const { party, upstream } = opened;
    const ticket = randomToken();
    const url = await party
      .url(this.#partsOf(context, ticket), { fresh, hint: address.typed })
      .catch((error: Error) => this.#failed(provider, error));
    if (!url) return { outcome: "unreachable", label: upstream.label };
    return { outcome: "sent", url, sent: { provider, label: upstream.label, address: address.typed, ticket, at: clock.now(), fresh } };
  }

  /** @param query the parameters of the provider's answer */
  async finish(context: SignInContext, sent: SentUpstream, query: URLSearchParams): Promise<ReturnOutcome> {
    const result = await this.#finish(context, sent, query);
    const { outcome } = result;
    if (outcome !== "unlinked" && outcome !== "used")
      this.#deps.observe({ of: "sign-in", outcome: outcome === "accepted" ? "finished" : "refused" });
    return result;
  }

  async #finish(context: SignInContext, sent: SentUpstream, query: URLSearchParams): Promise<ReturnOutcome> {
    const { domainProofs, upstreams } = this.#deps;
    const address = parseAddress(sent.address) as Address;
    const opened = await upstreams.open(sent.provider);
    if (!opened?.upstream.domains.includes(address.domain) || !this.#isOn(context.application)) return { outcome: "not-offered" };
    const { party, upstream } = opened;
    const parts = this.#partsOf(context, sent.ticket);
    if (query.get("state") !== parts.state) return { outcome: "not-begun" };
    if (!(await this.#deps.useOnce(parts.state, context.endsAt))) return { outcome: "used" };
    const answer = await party.answer(query, parts, {
      freshSince: sent.fresh ? sent.at : undefined,
      needed: ["email"],
    });
    if ("error" in answer) this.#failed(sent.provider, answer.error);
    if (answer.outcome === "not-begun-here") return { outcome: "not-begun" };
    if (answer.outcome !== "answered") return { outcome: answer.outcome };
    const claims = answer.claims as AccountClaims;
    const { sub: subject } = answer.claims;
    if (!isOfTenant(upstream, claims) || subject === "" || subject.length > 255) return { outcome: "not-believed" };
    const until = endOf(answer.claims["session_expiry"], this.#deps.clock.now());
    if (until === "wrong") {
      this.#failed(sent.provider, new Error("session_expiry is no time to come"));
      return { outcome: "not-believed" };
    }
    const tenant = upstream.tenant === null ? "" : upstream.tenant.toLowerCase();
    const account = { provider: sent.provider, tenant, subject };
    if (upstream.grade === "proves-the-mailbox") {
      const key = addressKeyIn(claims);
      if (key === undefined) return { outcome: "no-address" };
      if (key !== address.key) return { outcome: "mismatch" };
    }
    const mayProve = upstream.grade === "proves-the-mailbox" && vouches(upstream, claims, address);
    const way = wayOfAccount(upstream.grade, mayProve && (await domainProofs.speaksFor(upstream, address.domain)));
    const result = await (way === "upstream-mailbox" ? this.#prove(context, account, address) : this.#recognise(context, account, address));
    const { sid } = answer.claims;
    if (result.outcome !== "accepted") return result;
    return { ...result, until, sid: typeof sid === "string" && sid.length <= 255 ? sid : undefined };
  }

  /** As a code does: the mailbox is proven, even if the guest is not admitted. */
  async #prove(context: SignInContext, account: Account, address: Address): Promise<ReturnOutcome> {
    const proof = await this.#deps.signIn.prove(context, address, {
      from: undefined,
      action: "sign-in.upstream",
      details: { provider: account.provider, proves: "mailbox" },
      leadsIn: async (trx, proven) => {
        await this.#deps.accounts.link(trx, account, proven, actorOf(context, proven.sub));
        return true;
      },
    });
    if (proof === "not-admitted" || proof === "used") return { outcome: "not-admitted" };
    return { outcome: "accepted", way: "upstream-mailbox", sub: proof.sub, address: address.typed, provenAt: proof.provenAt };
  }

  /** The account identifies the guest, if it is linked to the typed mailbox. */
  async #recognise(context: SignInContext, account: Account, address: Address): Promise<ReturnOutcome> {
    const { accounts, admission, audit, guests } = this.#deps;
    const { application } = context;
    const linked = await accounts.find(account);
    const unlinked = { outcome: "unlinked" as const, account: { ...account, address: address.typed } };
    if (!linked) return unlinked;
    if (!(await accounts.isMailboxOf(address.key, linked))) return { outcome: "mismatch" };
    const { sub, mailboxId, id } = linked;
    const used = await accounts.use(linked, (trx) =>
      audit.record(trx, {
        action: "sign-in.upstream",
        by: actorOf(context, sub),
        clientId: application.clientId,
        guestSub: sub,
        details: { provider: account.provider, mailbox: mailboxId, account: id },
      }),
    );
    if (!used) return unlinked;
    const guest = await guests.findBySub(sub);
    if (!guest || (await admission.standing(application, guest)).outcome === "refused") return { outcome: "not-admitted" };
    return { outcome: "accepted", way: "upstream", sub: guest.sub, address: linked.address, provenAt: linked.provenAt ?? 0 };
  }

  /** The state names the sign-in, so that the answer finds it; the browser's cookie shows whose it is. */
  #partsOf({ interaction }: SignInContext, ticket: string): Sent {
    const derived = (what: keyof Sent) => this.#deps.key.mac("upstream", what, ticket).toString("base64url");
    return { state: `${interaction}.${derived("state")}`, nonce: derived("nonce"), verifier: derived("verifier") };
  }

  #isOn(application: Application): boolean {
    return this.#deps.admission.gradeOf(application, "upstream") !== "off";
  }

  #failed(provider: string, error: Error): undefined {
    this.#deps.log.warn({ err: error.cause instanceof Error ? error.cause : error, provider }, "a guest's sign-in at a provider failed");
  }
}

/** The claim session_expiry (OpenID Connect Enterprise Extensions 1.0), seconds since the epoch. @returns milliseconds */
function endOf(claim: unknown, now: number): number | undefined | "wrong" {
  if (claim === undefined) return undefined;
  // A NumericDate may have a fraction (RFC 7519, 2); sessions are checked at a whole millisecond.
  const end = typeof claim === "number" ? Math.floor(claim * second) : Number.NaN;
  return Number.isSafeInteger(end) && end > now ? end : "wrong";
}
