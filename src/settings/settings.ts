// Settings that an administrator changes while Guestpass runs (the configuration file and environment are the operator's).
import { isDeepStrictEqual } from "node:util";
import type { Knex } from "knex";
import { z } from "zod";
import type { Actor, Audit } from "../audit/audit.ts";
import type { Announce } from "../changes/changes.ts";
import type { Clock } from "../clock.ts";
import { transaction } from "../database/database.ts";
import { parseDomain } from "../guests/address.ts";
import * as store from "./settings-store.ts";

/** "example.com" is that domain alone, "*.example.com" every domain below it; letters that are not ASCII become an A-label. */
export const DomainPattern = z
  .string()
  .max(1000)
  .transform((text, context) => {
    const below = text.startsWith("*.") ? "*." : "";
    const domain = parseDomain(text.slice(below.length));
    if (domain !== undefined) return `${below}${domain}`;
    context.addIssue({ code: "custom", message: "must be a domain such as example.com, or *.example.com for those below it" });
    return z.NEVER;
  });

const SettingsSchema = z.strictObject({
  /** Where it is not empty, only these domains may be invited and sign in, at any application. */
  allowDomains: z.array(DomainPattern).max(10_000).default([]),
  denyDomains: z.array(DomainPattern).max(10_000).default([]),
  /** How often a guest proves the mailbox again, in days, unless a stricter rule applies. */
  reverificationDays: z.number().positive().max(3650).default(30),
  /** How long a new invitation can be redeemed, in days. */
  invitationDays: z.number().positive().max(3650).default(14),
});

export type Settings = z.infer<typeof SettingsSchema>;

export interface SettingsDeps {
  db: Knex;
  clock: Clock;
  audit: Audit;
  announce: Announce;
}

/** How long (milliseconds) a change by another process may go unnoticed here. */
const cachedFor = 1000;

export class SettingsService {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #audit: Audit;
  readonly #announce: Announce;
  #cached: { settings: Settings; until: number } | undefined;

  constructor(deps: SettingsDeps) {
    this.#db = deps.db;
    this.#clock = deps.clock;
    this.#audit = deps.audit;
    this.#announce = deps.announce;
  }

  async get(): Promise<Settings> {
    const now = this.#clock.now();
    const cached = this.#cached;
    if (cached && cached.until > now && cached.until <= now + cachedFor) return cached.settings;
    const { settings } = await this.read();
    this.#cached = { settings, until: now + cachedFor };
    return settings;
  }

  /** As stored at this moment, with the version that If-Match compares: for an administrator. */
  async read(): Promise<{ settings: Settings; version: number }> {
    const { value, version } = await store.read(this.#db);
    return { settings: SettingsSchema.parse(JSON.parse(value)), version };
  }

  /**
   * Changes the given settings and leaves the others.
   * @param version since which they must not have changed
   * @returns undefined if they were
   */
  async update(change: Partial<Settings>, by: Actor, version?: number): Promise<Settings | undefined> {
    for (;;) {
      const current = await this.read();
      if (version !== undefined && version !== current.version) return undefined;
      const before = current.settings;
      const after = SettingsSchema.parse({ ...before, ...change });
      const written = await transaction(this.#db, async (trx) => {
        const first = await store.write(trx, JSON.stringify(after), this.#clock.now(), current.version);
        if (!first) return false;
        if (changesRules(before, after)) await this.#announce(trx, "settings.rules-changed", {});
        await this.#audit.record(trx, { action: "settings.updated", by, details: { before, after } });
        return true;
      });
      this.#cached = undefined;
      if (written) return after;
    }
  }
}

/** Whether two versions differ in which guests they admit, or for how long. Settings for future invitations do not affect sessions. */
function changesRules({ invitationDays: _, ...before }: Settings, { invitationDays: __, ...after }: Settings): boolean {
  return !isDeepStrictEqual(before, after);
}

/** Whether an address's domain (an A-label in lower case) matches one of the patterns. */
export function matchesDomain(patterns: string[], domain: string): boolean {
  return patterns.some((pattern) => (pattern.startsWith("*.") ? domain.endsWith(pattern.slice(1)) : domain === pattern));
}
