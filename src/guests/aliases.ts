// The addresses of a guest: adding, renaming in place, choosing the primary one, removing; and what becomes of the proof.
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { AuditAction } from "../audit/actions.ts";
import type { Actor, Audit } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import { type Db, transaction } from "../database.ts";
import { type Address, keyOf } from "./address.ts";
import * as store from "./alias-store.ts";
import type { Alias, Guest } from "./guest.ts";
import * as search from "./guest-search-store.ts";
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
  /** The ids of invitations that were sent to the alias and not revoked: they go with it. */
  invitationsTo(trx: Db, aliasId: number): Promise<string[]>;
  /** Tells an address of the guest that the addresses were changed (ASVS 6.3.7). @returns what to do once committed: send it */
  notify(trx: Db, guest: Guest, recipient: string): Promise<() => void>;
}

/** What is told of a change: to the audit trail, and to an address of the guest. */
interface Told {
  action: AuditAction;
  notified: string;
  details?: object;
  personal: object;
}

export class Aliases {
  readonly #deps: AliasesDeps;

  constructor(deps: AliasesDeps) {
    this.#deps = deps;
  }

  /** Other guests' addresses that differ from these of the guest by what follows a plus sign: they are other addresses, and look alike. */
  lookAlikes(sub: string, aliases: Alias[]): Promise<search.LookAlike[]> {
    const keys = aliases.map(({ address }) => keyOf(address));
    return search.lookAlikes(this.#deps.db, sub, keys);
  }

  /** Another address, in the primary's mailbox unless it is said to be another one, which is then not proven yet. */
  async add(
    guest: Guest,
    address: Address,
    { otherMailbox }: { otherMailbox: boolean },
    by: Actor,
    version?: number,
  ): Promise<AliasOutcome> {
    return this.#change(guest, version, by, async (trx) => {
      const [primary] = (await store.list(trx, guest.sub)) as [Alias];
      const mailboxId = otherMailbox ? randomUUID() : primary.mailboxId;
      if (otherMailbox) await store.insertMailbox(trx, { id: mailboxId, sub: guest.sub, verifiedAt: null });
      const alias = { address, name: guest.name, sub: guest.sub, mailboxId, primary: false, at: this.#deps.clock.now() };
      if ((await store.insert(trx, alias)) === undefined) throw await taken(trx, address);
      return { action: "alias.added", notified: primary.address, personal: { address: address.typed, otherMailbox } };
    });
  }

  /** The guest, its sub and its invitations stay; the new mailbox has to be proven. */
  async rename(guest: Guest, from: Address, to: Address, by: Actor, version?: number): Promise<AliasOutcome> {
    return this.#change(guest, version, by, async (trx) => {
      const alias = await aliasOf(trx, guest, from);
      const mailboxId = randomUUID();
      await this.#deps.leaveInvited(trx, guest.sub, alias.mailboxId);
      await store.insertMailbox(trx, { id: mailboxId, sub: guest.sub, verifiedAt: null });
      if (!(await store.rename(trx, alias.id, to, guest.name, mailboxId))) throw await taken(trx, to);
      return { action: "alias.renamed", notified: alias.address, personal: { before: alias.address, after: to.typed } };
    });
  }

  /** The `email` claim is this one from now on; its mailbox has to be proven afresh. */
  async makePrimary(guest: Guest, address: Address, by: Actor, version?: number): Promise<AliasOutcome> {
    return this.#change(guest, version, by, async (trx) => {
      const alias = await aliasOf(trx, guest, address);
      if (alias.primary) throw new NotDone({ outcome: "done" });
      const [before] = (await store.list(trx, guest.sub)) as [Alias];
      await this.#deps.leaveInvited(trx, guest.sub, alias.mailboxId);
      await store.makePrimary(trx, guest.sub, alias.id);
      await store.forgetProof(trx, alias.mailboxId);
      return { action: "alias.made-primary", notified: before.address, personal: { before: before.address, after: alias.address } };
    });
  }

  /** Never the primary one, and so never the last. */
  async remove(guest: Guest, address: Address, by: Actor, version?: number): Promise<AliasOutcome> {
    return this.#change(guest, version, by, async (trx) => {
      const alias = await aliasOf(trx, guest, address);
      if (alias.primary) throw new NotDone({ outcome: "is-primary" });
      await this.#deps.leaveInvited(trx, guest.sub, alias.mailboxId);
      const invitations = await this.#deps.invitationsTo(trx, alias.id);
      await store.remove(trx, alias.id);
      return { action: "alias.removed", notified: alias.address, details: { invitations }, personal: { address: alias.address } };
    });
  }

  /**
   * One change with all that goes with it: the audit trail, the notice to the old address, the guest's version. The guest is held
   * before `work` looks at the addresses: what another change has just made of them is seen.
   */
  async #change(guest: Guest, version: number | undefined, by: Actor, work: (trx: Db) => Promise<Told>): Promise<AliasOutcome> {
    try {
      const send = await transaction(this.#deps.db, async (trx) => {
        if (!(await guestStore.touch(trx, guest.sub, this.#deps.clock.now(), version))) throw new NotDone({ outcome: "changed" });
        const { notified, ...told } = await work(trx);
        await store.removeUnusedMailboxes(trx, guest.sub);
        await this.#deps.recheck(trx, guest.sub);
        await this.#deps.audit.record(trx, { ...told, by, guestSub: guest.sub });
        return this.#deps.notify(trx, guest, notified);
      });
      send();
      return { outcome: "done" };
    } catch (error) {
      if (!(error instanceof NotDone)) throw error;
      return error.outcome;
    }
  }
}

/** @throws NotDone where the guest has no such address */
async function aliasOf(trx: Db, guest: Guest, address: Address): Promise<Alias> {
  const found = await guestStore.findOwner(trx, address.key);
  const alias = found?.sub === guest.sub && (await store.list(trx, guest.sub)).find(({ id }) => id === found.aliasId);
  if (!alias) throw new NotDone({ outcome: "no-such-alias" });
  return alias;
}

async function taken(trx: Db, address: Address): Promise<NotDone> {
  const owner = await guestStore.findOwner(trx, address.key);
  return new NotDone(owner ? { outcome: "taken", sub: owner.sub } : { outcome: "changed" });
}

/** Rolls a change back that is not made. */
class NotDone extends Error {
  readonly outcome: AliasOutcome;

  constructor(outcome: AliasOutcome) {
    super(outcome.outcome);
    this.outcome = outcome;
  }
}
