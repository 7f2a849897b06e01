// Shows the effects of a stricter rule before it is saved.
import type { Knex } from "knex";
import { type Clock, day } from "../clock.ts";
import type { SettingsService } from "../settings/settings.ts";
import * as store from "./what-if-store.ts";

export interface Forecast {
  /** Guests who are signed in and would be asked to prove a mailbox at their next visit. */
  guestsNow: number;
  /** Sessions at an application that would end now. */
  sessionsEnding: number;
  /** The other guests by the first day on which they are asked (UTC, its beginning in milliseconds since the epoch). */
  later: { day: number; guests: number }[];
}

export class WhatIf {
  readonly #deps: { db: Knex; clock: Clock; settings: SettingsService };

  constructor(deps: { db: Knex; clock: Clock; settings: SettingsService }) {
    this.#deps = deps;
  }

  /**
   * @param days the period in question, null for none of the application's own
   * @param clientId whose period it is; undefined for the general one
   */
  async forecast(days: number | null, clientId?: string): Promise<Forecast> {
    const { db, clock } = this.#deps;
    const { settings } = await this.#deps.settings.read();
    const today = settings.reverificationDays;
    const own = { clientId: clientId ?? "", asked: { settings: clientId === undefined ? (days ?? today) : today, application: days } };
    const rows = await store.countDue(db, today, { ...own, domains: settings, now: clock.now() });
    const now = rows.find((row) => row.due_day === null);
    return {
      guestsNow: now?.guests ?? 0,
      sessionsEnding: rows.reduce((sum, { sessions }) => sum + sessions, 0),
      later: rows.flatMap(({ due_day: at, guests }) => (at === null ? [] : [{ day: at * day, guests }])),
    };
  }
}
