// The addresses of a guest: adding, renaming in place, choosing the primary one, removing; and what becomes of the proof.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { AuditAction } from "../audit/actions.ts";
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
  | { outcome: "is-primary" }
  /** The guest is gone, or was changed since the version that was given. */
  | { outcome: "changed" };

export interface AliasesDeps {
  db: Knex;
  clock: Clock;
  audit: Audit;
  /** The guest's sessions are looked at: proof may be gone. In the transaction of the change. */
  recheck(trx: Db, sub: string): Promise<void>;
  /** The guest's sessions end where invitations to this mailbox opened the application: it is lost, or to be proven. In that transaction. */
  leaveInvited(trx: Db, sub: string, mailboxId: string): Promise<void>;
  /** Tells an address of the guest that the addresses were changed (ASVS 6.3.7). @returns what to do once committed: send it */
  notify(trx: Db, guest: Guest, recipient: string): Promise<() => void>;
}

/** What is told of a change: to the audit trail, and to an address of the guest. */
interface Told {
  action: AuditAction;
  by: Actor;
  notified: string;
  personal: object;
}

export class Aliases {
  readonly #deps: AliasesDeps;

  constructor(deps: AliasesDeps) {
    this.#deps = deps;
  }

  /** Another address, in the primary's mailbox unless it is said to be another one, which is then not proven yet. */
  async add(
    guest: Guest,
    address: Address,
    { otherMailbox }: { otherMailbox: boolean },
    by: Actor,
    version?: number,
  ): Promise<AliasOutcome> {
    const [primary] = await store.list(this.#deps.db, guest.sub);
    if (!primary) return { outcome: "no-such-alias" };
    const mailboxId = otherMailbox ? randomUUID() : primary.mailboxId;
    const told: Told = { action: "alias.added", by, notified: primary.address, personal: { address: address.typed, otherMailbox } };
    return this.#change(guest, version, address, told, async (trx) => {
      if (otherMailbox) await store.insertMailbox(trx, { id: mailboxId, sub: guest.sub, verifiedAt: null });
      const alias = { address, name: guest.name, sub: guest.sub, mailboxId, primary: false, at: this.#deps.clock.now() };
      return (await store.insert(trx, alias)) !== undefined;
    });
  }

  /** The guest, its sub and its invitations stay; the new mailbox has to be proven. */
  async rename(guest: Guest, from: Address, to: Address, by: Actor, version?: number): Promise<AliasOutcome> {
    const alias = await this.#find(guest, from);
    if (!alias) return { outcome: "no-such-alias" };
    const mailboxId = randomUUID();
    const told: Told = { action: "alias.renamed", by, notified: alias.address, personal: { before: alias.address, after: to.typed } };
    return this.#change(guest, version, to, told, async (trx) => {
      await this.#deps.leaveInvited(trx, guest.sub, alias.mailboxId);
      await store.insertMailbox(trx, { id: mailboxId, sub: guest.sub, verifiedAt: null });
      return store.rename(trx, alias.id, to, guest.name, mailboxId);
    });
  }

  /** The `email` claim is this one from now on; its mailbox has to be proven afresh. */
  async makePrimary(guest: Guest, address: Address, by: Actor, version?: number): Promise<AliasOutcome> {
    const alias = await this.#find(guest, address);
    if (!alias) return { outcome: "no-such-alias" };
    if (alias.primary) return { outcome: "done" };
    const personal = { before: guest.email, after: alias.address };
    return this.#change(guest, version, address, { action: "alias.made-primary", by, notified: guest.email, personal }, async (trx) => {
      await this.#deps.leaveInvited(trx, guest.sub, alias.mailboxId);
      await store.makePrimary(trx, guest.sub, alias.id);
      await store.forgetProof(trx, alias.mailboxId);
      return true;
    });
  }

  /** Never the primary one, and so never the last. */
  async remove(guest: Guest, address: Address, by: Actor, version?: number): Promise<AliasOutcome> {
    const alias = await this.#find(guest, address);
    if (!alias) return { outcome: "no-such-alias" };
    if (alias.primary) return { outcome: "is-primary" };
    const told: Told = { action: "alias.removed", by, notified: alias.address, personal: { address: alias.address } };
    return this.#change(guest, version, address, told, async (trx) => {
      await this.#deps.leaveInvited(trx, guest.sub, alias.mailboxId);
      return store.remove(trx, alias.id);
    });
  }

  async #find(guest: Guest, address: Address): Promise<Alias | undefined> {
    const found = await guestStore.findByAddress(this.#deps.db, address.key);
    if (found?.guest.sub !== guest.sub) return undefined;
    return (await store.list(this.#deps.db, guest.sub)).find((alias) => alias.id === found.aliasId);
  }

  /** One change with all that goes with it: the audit trail, the notice to the old address, the guest's version. */
  async #change(
    guest: Guest,
    version: number | undefined,
    address: Address,
    told: Told,
    work: (trx: Db) => Promise<boolean>,
  ): Promise<AliasOutcome> {
    const { action, by, notified, personal } = told;
    try {
      const send = await transaction(this.#deps.db, async (trx) => {
        if (!(await guestStore.touch(trx, guest.sub, this.#deps.clock.now(), version))) throw new NotDone("changed");
        if (!(await work(trx))) throw new NotDone("taken");
        await store.removeUnusedMailboxes(trx, guest.sub);
        await this.#deps.recheck(trx, guest.sub);
        await this.#deps.audit.record(trx, { action, by, guestSub: guest.sub, personal });
        return this.#deps.notify(trx, guest, notified);
      });
      send();
      return { outcome: "done" };
    } catch (error) {
      if (!(error instanceof NotDone)) throw error;
      if (error.why === "changed") return { outcome: "changed" };
      return { outcome: "taken", sub: (await guestStore.findByAddress(this.#deps.db, address.key))?.guest.sub ?? guest.sub };
    }
  }
}

/** Rolls a change back that could not be made. */
class NotDone extends Error {
  readonly why: "changed" | "taken";

  constructor(why: "changed" | "taken") {
    super(why);
    this.why = why;
  }
}
