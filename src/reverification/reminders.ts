// Reminders some days before a deadline, if an application wants them: one mail for each guest, application and deadline. Guests
// who are signed in are reminded; everyone else is asked for a code at the next visit anyway.
import type { Knex } from "knex";
import type { Right } from "../admission/standing.ts";
import type { Application } from "../applications/application.ts";
import { type Audit, system } from "../audit/audit.ts";
import { type Clock, day } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import type { Guest } from "../guests/guest.ts";
import * as store from "./reminder-store.ts";

export interface Reminder extends Right {
  application: Application;
  guest: Guest;
}

export interface RemindersDeps {
  db: Knex;
  clock: Clock;
  audit: Audit;
  /** Enqueues the mail in the transaction. @returns what to do once it is committed: send it */
  enqueue(trx: Db, reminder: Reminder): Promise<() => void>;
}

export class Reminders {
  readonly #deps: RemindersDeps;

  constructor(deps: RemindersDeps) {
    this.#deps = deps;
  }

  /**
   * Reminds a guest of what is due soon, unless they were already reminded.
   * @returns when the next reminder is due (milliseconds since the epoch), or null
   */
  async remind(application: Application, guest: Guest, rights: Right[]): Promise<number | null> {
    const now = this.#deps.clock.now();
    let next: number | null = null;
    for (const right of rights) {
      const at = reminderAt(right, application.policy.reminderDays);
      if (at === null || right.deadline.at <= now) continue;
      if (at <= now) await this.#remind({ application, guest, ...right });
      else next = Math.min(next ?? at, at);
    }
    return next;
  }

  /** Deletes the records of reminders whose deadlines have passed. */
  async sweep(): Promise<void> {
    await store.removePassed(this.#deps.db, this.#deps.clock.now());
  }

  async #remind(reminder: Reminder): Promise<void> {
    const { application, guest, deadline } = reminder;
    const send = await transaction(this.#deps.db, async (trx) => {
      const { clientId } = application;
      if (!(await store.insert(trx, guest.sub, clientId, deadline.at))) return undefined;
      const details = { deadline: deadline.at };
      await this.#deps.audit.record(trx, { action: "guest.reminded", by: system, clientId, guestSub: guest.sub, details });
      return this.#deps.enqueue(trx, reminder);
    });
    send?.();
  }
}

/** Nobody is reminded of a deadline that a code would not move, or just after a code has come back. */
function reminderAt({ deadline: { at, rule, end } }: Right, daysBefore: number | null): number | null {
  return daysBefore === null || end !== null || daysBefore >= rule.days ? null : at - Math.round(daysBefore * day);
}
