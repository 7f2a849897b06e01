// Accounts at providers, with which guests sign in. Each belongs to a mailbox: it is linked in a sign-in that proves the mailbox, and goes when the mailbox
// does (docs/decisions/049-who-a-provider-speaks-for.md).
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { type Actor, type Audit, system } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import type { Account, LinkedAccount } from "./account.ts";
import * as store from "./account-store.ts";

export interface AccountsDeps {
  db: Knex;
  clock: Clock;
  audit: Pick<Audit, "record">;
}

export class Accounts {
  readonly #deps: AccountsDeps;

  constructor(deps: AccountsDeps) {
    this.#deps = deps;
  }

  /** The guest's mailbox that the account is linked to. */
  find(account: Account): Promise<LinkedAccount | undefined> {
    return store.find(this.#deps.db, account);
  }

  /** The oldest first. */
  list(sub: string): Promise<LinkedAccount[]> {
    return store.ofGuest(this.#deps.db, sub);
  }

  /** @param key a canonical address */
  isMailboxOf(key: string, { mailboxId }: LinkedAccount): Promise<boolean> {
    return store.isMailboxOf(this.#deps.db, key, mailboxId);
  }

  /** The mailbox is proven in the transaction: the account belongs to its guest from now on, and replaces another one there. */
  async link(trx: Db, account: Account, { sub, mailboxId }: { sub: string; mailboxId: string }, by: Actor): Promise<void> {
    const id = randomUUID();
    if (!(await store.link(trx, account, { id, sub, mailboxId, at: this.#deps.clock.now() }))) return;
    const details = { mailbox: mailboxId, provider: account.provider, account: id };
    await this.#deps.audit.record(trx, { action: "upstream.linked", by, guestSub: sub, details });
  }

  /** Runs in one transaction with `also`. @returns false if it no longer opens anything */
  async use(linked: LinkedAccount, also: (trx: Db) => Promise<void>): Promise<boolean> {
    return transaction(this.#deps.db, async (trx) => {
      if (!(await store.noteUse(trx, linked, this.#deps.clock.now()))) return false;
      await also(trx);
      return true;
    });
  }

  /** @returns false if the guest has no such account */
  async remove(sub: string, id: string, by: Actor): Promise<boolean> {
    const linked = (await this.list(sub)).find((each) => each.id === id);
    if (!linked) return false;
    return transaction(this.#deps.db, async (trx) => {
      if (!(await store.remove(trx, id))) return false;
      await this.#unlinked(trx, sub, [id], by);
      return true;
    });
  }

  /** The mailbox is given up, or refuses mail for good: its accounts go in the same transaction. */
  async forgetMailbox(trx: Db, sub: string, mailboxId: string): Promise<void> {
    await this.#unlinked(trx, sub, await store.removeOfMailbox(trx, mailboxId), system);
  }

  /** The guest is suspended, or merged into another one. */
  async forgetGuest(trx: Db, sub: string): Promise<void> {
    await this.#unlinked(trx, sub, await store.removeOfGuest(trx, sub), system);
  }

  async #unlinked(trx: Db, sub: string, ids: string[], by: Actor): Promise<void> {
    for (const id of ids) await this.#deps.audit.record(trx, { action: "upstream.unlinked", by, guestSub: sub, details: { account: id } });
  }
}
