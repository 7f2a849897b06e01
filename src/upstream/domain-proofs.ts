// Checks whether DNS confirms that providers speak for the domains that administrators bound to them: on a schedule, when an administrator asks,
// and when a guest signs in and the last check is old (docs/decisions/051-dns-confirms-a-bound-domain.md).
import { Resolver } from "node:dns/promises";
import { setTimeout as wait } from "node:timers/promises";
import type { Knex } from "knex";
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import { counts, type DnsRecord, type DomainProof, isDue, needsProof, pauses, recordOf } from "./domain-proof.ts";
import * as store from "./domain-proof-store.ts";
import type { Upstream } from "./upstream.ts";

/** Returns the TXT records of a name, each as its strings. */
export type ResolveTxt = (name: string) => Promise<string[][]>;

export interface DomainProofsDeps {
  db: Knex;
  clock: Clock;
  log: Logger;
  /** Our own issuer: records name the deployment. */
  issuer: string;
  resolveTxt: ResolveTxt;
  /** The registered providers. */
  list(): Promise<Upstream[]>;
}

/** A bound domain, as an administrator sees it. */
export interface BoundDomain {
  domain: string;
  record: DnsRecord;
  proof: DomainProof | undefined;
  /** Whether the provider speaks for the domain at this moment. */
  counts: boolean;
}

/** The most domains that are looked up together. */
const together = 20;
/** The most that one call or one sweep looks up. */
const atOnce = 60;
/** How long (milliseconds) one lookup may take. */
const patience = 5000;

export class DomainProofs {
  readonly #deps: DomainProofsDeps;

  constructor(deps: DomainProofsDeps) {
    this.#deps = deps;
  }

  /** Nothing for a provider whose domains need no record. */
  async list(upstream: Upstream): Promise<BoundDomain[]> {
    if (!needsProof(upstream)) return [];
    const { db, clock, issuer } = this.#deps;
    const proofs = new Map((await store.ofProvider(db, upstream.id)).map((proof) => [proof.domain, proof]));
    const now = clock.now();
    return upstream.domains.map((domain) => {
      const proof = proofs.get(domain);
      return { domain, record: recordOf(issuer, upstream, domain), proof, counts: counts(proof, now) };
    });
  }

  /** Looks the record up if the last check is old. @returns whether the provider speaks for the domain now */
  async speaksFor(upstream: Upstream, domain: string): Promise<boolean> {
    if (!upstream.domains.includes(domain)) return false;
    if (!needsProof(upstream)) return true;
    await this.#check(upstream, domain, pauses.atSignIn);
    const { db, clock } = this.#deps;
    return counts(await store.find(db, upstream.id, domain), clock.now());
  }

  /** An administrator asks. Of many domains, those checked longest ago; the schedule looks the others up. */
  async check(upstream: Upstream): Promise<void> {
    if (!needsProof(upstream)) return;
    const { db, clock } = this.#deps;
    const bound = (await this.list(upstream)).toSorted((one, other) => (one.proof?.checkedAt ?? 0) - (other.proof?.checkedAt ?? 0));
    await store.ask(db, upstream.id, clock.now());
    await this.#checkAll(
      bound.slice(0, atOnce).map(({ domain }) => ({ upstream, domain })),
      pauses.byHand,
    );
  }

  /** Looks up what is due. */
  async sweep(): Promise<void> {
    const { db, clock, list } = this.#deps;
    const upstreams = await list();
    if (upstreams.length === 0) return;
    const known = await store.all(db);
    const now = clock.now();
    const due = upstreams
      .filter((upstream) => upstream.grade !== "off" && needsProof(upstream))
      .flatMap((upstream) => {
        const proofs = new Map((known.get(upstream.id) ?? []).map((proof) => [proof.domain, proof]));
        return upstream.domains
          .filter((domain) => isDue(proofs.get(domain), now))
          .map((domain) => ({ upstream, domain, last: proofs.get(domain)?.checkedAt ?? 0 }));
      })
      .toSorted((one, other) => one.last - other.last);
    await this.#checkAll(due.slice(0, atOnce), pauses.bySchedule);
  }

  async #checkAll(all: { upstream: Upstream; domain: string }[], pause: number): Promise<void> {
    for (let from = 0; from < all.length; from += together)
      await Promise.all(all.slice(from, from + together).map(({ upstream, domain }) => this.#check(upstream, domain, pause)));
  }

  /** @param pause how old the last check is at least (milliseconds), or nothing happens */
  async #check(upstream: Upstream, domain: string, pause: number): Promise<void> {
    const { db, clock, log, issuer } = this.#deps;
    const at = clock.now();
    const { id: provider, updatedAt: version } = upstream;
    if (!(await store.claim(db, { provider, version, domain, at, before: at - pause }))) return;
    const outcome = await this.#lookUp(recordOf(issuer, upstream, domain));
    await store.note(db, provider, domain, outcome, at);
    if (outcome !== "found") log.warn({ provider, domain, outcome }, "a provider's domain is not confirmed by DNS");
  }

  async #lookUp({ name, value }: DnsRecord): Promise<"found" | "missing" | "unreachable"> {
    try {
      const records = await Promise.race([this.#deps.resolveTxt(name), late()]);
      return records.some((strings) => strings.join("").trim() === value) ? "found" : "missing";
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === "ENODATA" || code === "ENOTFOUND" ? "missing" : "unreachable";
    }
  }
}

async function late(): Promise<never> {
  await wait(patience, undefined, { ref: false });
  throw new Error("DNS did not answer in time");
}

/** @param servers addresses with or without a port; the system's if there are none */
export function txtResolver(servers: readonly string[]): ResolveTxt {
  const resolver = new Resolver({ timeout: 1500, tries: 3 });
  if (servers.length > 0) resolver.setServers(servers);
  return (name) => resolver.resolveTxt(name);
}
