// The addresses of a guest: adding, renaming in place, choosing the primary one, removing; and what becomes of the proof.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Actor, Audit } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import { type Db, transaction } from "../database.ts";
import type { Address } from "./address.ts";
import * as store from "./alias-store.ts";
import type { Alias, Guest } from "./guest.ts";
import * as guestStore from "./guest-store.ts";

export type AliasOutcome =
  | { outcome: "done" }
  /** The address belongs to this guest. */
  | { outcome: "taken"; sub: string }
  | { outcome: "no-such-alias" }
  /** A guest always has a primary alias. */
  | { outcome: "is-primary" };

export interface AliasesDeps {
  db: Knex;
  clock: Clock;
  audit: Audit;
  /** Tells an address of the guest that the addresses were changed (ASVS 6.3.7). @returns what to do once committed: send it */
  notify(trx: Db, guest: Guest, recipient: string): Promise<() => void>;
}

export class Aliases {
  readonly #deps: AliasesDeps;

  constructor(deps: AliasesDeps) {
    this.#deps = deps;
  }

  /** Another address, in the primary's mailbox unless it is said to be another one, which is then not proven yet. */
  async add(guest: Guest, address: Address, { otherMailbox }: { otherMailbox: boolean }, by: Actor): Promise<AliasOutcome> {
    const [primary] = await store.list(this.#deps.db, guest.sub);
    if (!primary) return { outcome: "no-such-alias" };
    const mailboxId = otherMailbox ? randomUUID() : primary.mailboxId;
    return this.#change(guest, primary.address, by, "alias.added", { address: address.typed, otherMailbox }, address, async (trx) => {
      if (otherMailbox) await store.insertMailbox(trx, { id: mailboxId, sub: guest.sub, verifiedAt: null });
      const alias = { address, name: guest.name, sub: guest.sub, mailboxId, primary: false, at: this.#deps.clock.now() };
      return (await store.insert(trx, alias)) !== undefined;
    });
  }

  /** The guest, its sub and its invitations stay; the new mailbox has to be proven. */
  async rename(guest: Guest, from: Address, to: Address, by: Actor): Promise<AliasOutcome> {
    const alias = await this.#find(guest, from);
    if (!alias) return { outcome: "no-such-alias" };
    const mailboxId = randomUUID();
    return this.#change(guest, alias.address, by, "alias.renamed", { before: alias.address, after: to.typed }, to, async (trx) => {
      await store.insertMailbox(trx, { id: mailboxId, sub: guest.sub, verifiedAt: null });
      return store.rename(trx, alias.id, to, guest.name, mailboxId);
    });
  }

  /** The `email` claim is this one from now on; its mailbox has to be proven afresh. */
  async makePrimary(guest: Guest, address: Address, by: Actor): Promise<AliasOutcome> {
    const alias = await this.#find(guest, address);
    if (!alias) return { outcome: "no-such-alias" };
    if (alias.primary) return { outcome: "done" };
    return this.#change(
      guest,
      guest.email,
      by,
      "alias.made-primary",
      { before: guest.email, after: alias.address },
      address,
      async (trx) => {
        await store.makePrimary(trx, guest.sub, alias.id);
        await store.forgetProof(trx, alias.mailboxId);
        return true;
      },
    );
  }

  /** Never the primary one, and so never the last. */
  async remove(guest: Guest, address: Address, by: Actor): Promise<AliasOutcome> {
    const alias = await this.#find(guest, address);
    if (!alias) return { outcome: "no-such-alias" };
    if (alias.primary) return { outcome: "is-primary" };
    return this.#change(guest, alias.address, by, "alias.removed", { address: alias.address }, address, (trx) =>
      store.remove(trx, alias.id),
    );
  }

  async #find(guest: Guest, address: Address): Promise<Alias | undefined> {
    const found = await guestStore.findByAddress(this.#deps.db, address.key);
    if (found?.guest.sub !== guest.sub) return undefined;
    return (await store.list(this.#deps.db, guest.sub)).find((alias) => alias.id === found.aliasId);
  }

  /** One change with all that goes with it: the audit trail, the notice to the old address, the guest's version. */
  async #change(
    guest: Guest,
    notified: string,
    by: Actor,
    action: string,
    personal: object,
    address: Address,
    work: (trx: Db) => Promise<boolean>,
  ): Promise<AliasOutcome> {
    const send = await transaction(this.#deps.db, async (trx) => {
      const done = await work(trx);
      await store.removeUnusedMailboxes(trx, guest.sub);
      if (!done) return undefined;
      await guestStore.touch(trx, guest.sub, Math.max(this.#deps.clock.now(), guest.updatedAt + 1));
      await this.#deps.audit.record(trx, { action, by, guestSub: guest.sub, personal });
      return this.#deps.notify(trx, guest, notified);
    });
    if (!send) return { outcome: "taken", sub: (await guestStore.findByAddress(this.#deps.db, address.key))?.guest.sub ?? guest.sub };
    send();
    return { outcome: "done" };
  }
}
