// The addresses of a guest: adding, renaming in place, choosing the primary one, removing; and the effect of each on the proof.
import { randomBytes, randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { AuditAction } from "../audit/actions.ts";
import type { Actor, Audit } from "../audit/audit.ts";
import type { Announce } from "../changes/changes.ts";
import { type Clock, day } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import type { KeyRing } from "../secrets.ts";
import { type Address, keyOf, parseAddress } from "./address.ts";
import * as changeStore from "./address-change-store.ts";
import * as store from "./alias-store.ts";
import type { Alias, Guest } from "./guest.ts";
import * as search from "./guest-search-store.ts";
import * as guestStore from "./guest-store.ts";
import * as mailboxStore from "./mailbox-store.ts";

export type AliasOutcome =
  | { outcome: "done" }
  /** The address belongs to this guest. */
  | { outcome: "taken"; sub: string }
  | { outcome: "no-such-alias" }
  /** A guest always has a primary alias. */
  | { outcome: "is-primary" }
  /** No code sent there ever came back; for a removal, none from any other address. */
  | { outcome: "unproven" }
  /** The guest is gone, or was changed after the given version. */
  | { outcome: "changed" };

/** A guest's own change, told to the guest's other addresses. */
export interface OwnChange {
  kind: changeStore.AddressChange["kind"] | "undone";
  /** The address that was added, removed, or that is the primary one now. */
  address: string;
  /** The link that undoes it; `until` in milliseconds since the epoch. An address that was removed or undone gets none. */
  link?: { token: string; until: number };
}

/** Whether a guest's own change can be undone now. */
export type Undoable =
  | { outcome: "open"; kind: changeStore.AddressChange["kind"]; address: string }
  | { outcome: "undone" }
  /** The 7 days are over, or it was never a link of ours. */
  | { outcome: "over" }
  /** The result was changed again since. */
  | { outcome: "changed-since" };

export interface AliasesDeps {
  db: Knex;
  clock: Clock;
  audit: Audit;
  announce: Announce;
  /** Makes the links that undo a change. */
  key: KeyRing;
  /** The ids of invitations that were sent to the alias and not revoked: they end with it. */
  invitationsTo(trx: Db, aliasId: number): Promise<string[]>;
  /** Tells an address of the guest that the addresses were changed (ASVS 6.3.7). @returns what to do once committed: send it */
  notify(trx: Db, guest: Guest, recipient: string, own?: OwnChange): Promise<() => void>;
}

/** How long (milliseconds) a guest's own change can be undone. */
const undoableFor = 7 * day;
/** 128 bits. */
const macBytes = 16;

/** How a change is announced: in the audit trail, and by mail to an address of the guest. */
interface Told {
  action: AuditAction;
  /** The addresses, and what each is told of the guest's own change. */
  notified: { recipient: string; own?: OwnChange | undefined }[];
  details?: object;
  personal: object;
}

export class Aliases {
  readonly #deps: AliasesDeps;

  constructor(deps: AliasesDeps) {
    this.#deps = deps;
  }

  /** Other guests' addresses that differ from these only after a plus sign: they look alike, but are other addresses. */
  lookAlikes(sub: string, aliases: Alias[]): Promise<search.LookAlike[]> {
    const keys = aliases.map(({ address }) => keyOf(address));
    return search.lookAlikes(this.#deps.db, sub, keys);
  }

  /** Adds an address, in the primary's mailbox unless it is said to be another one, which is then not proven yet. */
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
      if (otherMailbox) await mailboxStore.insert(trx, { id: mailboxId, sub: guest.sub, verifiedAt: null });
      const alias = { address, name: guest.name, sub: guest.sub, mailboxId, primary: false, at: this.#deps.clock.now() };
      if ((await store.insert(trx, alias)) === undefined) throw await taken(trx, address);
      return { action: "alias.added", notified: [{ recipient: primary.address }], personal: { address: address.typed, otherMailbox } };
    });
  }

  /** The guest, its sub and its invitations stay; the new mailbox must be proven. */
  async rename(guest: Guest, from: Address, to: Address, by: Actor, version?: number): Promise<AliasOutcome> {
    return this.#change(guest, version, by, async (trx) => {
      const alias = await aliasOf(trx, guest, from);
      const mailboxId = randomUUID();
      await this.#deps.announce(trx, "mailbox.given-up", { sub: guest.sub, mailboxId: alias.mailboxId });
      await mailboxStore.insert(trx, { id: mailboxId, sub: guest.sub, verifiedAt: null });
      if (!(await store.rename(trx, alias.id, to, guest.name, mailboxId))) throw await taken(trx, to);
      return { action: "alias.renamed", notified: [{ recipient: alias.address }], personal: { before: alias.address, after: to.typed } };
    });
  }

  /** The `email` claim is this one from now on; its mailbox must be proven again. */
  async makePrimary(guest: Guest, address: Address, by: Actor, version?: number): Promise<AliasOutcome> {
    return this.#change(guest, version, by, async (trx) => {
      const alias = await aliasOf(trx, guest, address);
      if (alias.primary) throw new NotDone({ outcome: "done" });
      const [before] = (await store.list(trx, guest.sub)) as [Alias];
      await this.#deps.announce(trx, "mailbox.given-up", { sub: guest.sub, mailboxId: alias.mailboxId });
      await store.makePrimary(trx, guest.sub, alias.id);
      await mailboxStore.forgetProof(trx, alias.mailboxId);
      return {
        action: "alias.made-primary",
        notified: [{ recipient: before.address }],
        personal: { before: before.address, after: alias.address },
      };
    });
  }

  /** Never the primary one, and so never the last. */
  async remove(guest: Guest, address: Address, by: Actor, version?: number): Promise<AliasOutcome> {
    return this.#change(guest, version, by, async (trx) => {
      const alias = await aliasOf(trx, guest, address);
      if (alias.primary) throw new NotDone({ outcome: "is-primary" });
      return this.#takeAway(trx, guest.sub, alias);
    });
  }

  /**
   * The guest adds an address. Its mailbox was proven just now, and so was an earlier one.
   * @param claim uses the code up, in the transaction. @returns false if it was used before: then nothing is added
   */
  addProven(guest: Guest, address: Address, claim: (trx: Db) => Promise<boolean>, by: Actor): Promise<AliasOutcome> {
    return this.#change(guest, undefined, by, async (trx) => {
      const before = await store.list(trx, guest.sub);
      const [mailboxId, at] = [randomUUID(), this.#deps.clock.now()];
      await mailboxStore.insert(trx, { id: mailboxId, sub: guest.sub, verifiedAt: at });
      const id = await store.insert(trx, { address, name: guest.name, sub: guest.sub, mailboxId, primary: false, at });
      if (id === undefined) throw await taken(trx, address);
      if (!(await claim(trx))) throw new NotDone({ outcome: "changed" });
      const told = await this.#own(trx, guest.sub, "added", { id, address: address.typed }, before);
      return { action: "alias.added", ...told, personal: { address: address.typed, otherMailbox: true } };
    });
  }

  /** The guest makes an address primary whose mailbox was proven at some time. */
  choosePrimary(guest: Guest, address: Address, by: Actor): Promise<AliasOutcome> {
    return this.#change(guest, undefined, by, async (trx) => {
      const alias = await aliasOf(trx, guest, address);
      if (alias.primary) throw new NotDone({ outcome: "done" });
      if (alias.verifiedAt === null) throw new NotDone({ outcome: "unproven" });
      const before = await store.list(trx, guest.sub);
      await store.makePrimary(trx, guest.sub, alias.id);
      const told = await this.#own(trx, guest.sub, "made-primary", alias, before);
      return { action: "alias.made-primary", ...told, personal: { before: before[0]?.address, after: alias.address } };
    });
  }

  /**
   * The guest removes an address: never the primary one, nor the last that was proven. The others can bring it back for 7 days; the address
   * itself gets no link for that, since its mailbox may be the reason. Links to undo earlier changes, which it got before, still work.
   */
  removeOwn(guest: Guest, address: Address, by: Actor): Promise<AliasOutcome> {
    return this.#change(guest, undefined, by, async (trx) => {
      const alias = await aliasOf(trx, guest, address);
      if (alias.primary) throw new NotDone({ outcome: "is-primary" });
      const before = await store.list(trx, guest.sub);
      if (!before.some(({ id, verifiedAt }) => id !== alias.id && verifiedAt !== null)) throw new NotDone({ outcome: "unproven" });
      const gone = await this.#takeAway(trx, guest.sub, alias, { kind: "removed", address: alias.address });
      const { notified } = await this.#own(trx, guest.sub, "removed", alias, before);
      return { ...gone, notified: [...gone.notified, ...notified] };
    });
  }

  /** What a link would undo. It changes nothing: mail scanners open links. */
  async undoable(token: string): Promise<Undoable> {
    const change = await this.#changeOf(token);
    if (!change) return { outcome: "over" };
    if (change.undoneAt !== null) return { outcome: "undone" };
    if (change.kind === "removed") {
      const address = removedBy(change);
      if (await guestStore.findOwner(this.#deps.db, address.key)) return { outcome: "changed-since" };
      return { outcome: "open", kind: change.kind, address: address.typed };
    }
    const alias = (await store.list(this.#deps.db, change.guestSub)).find(({ id }) => id === change.aliasId);
    if (!alias || (change.kind === "made-primary" && !alias.primary)) return { outcome: "changed-since" };
    return { outcome: "open", kind: change.kind, address: alias.address };
  }

  /**
   * Undoes a guest's own change, and signs the guest out everywhere: somebody else may have made it. An added address is removed, even if it
   * became primary since; a new primary one gives way to the one before it, unless another one has taken its place. A
   * removed one comes back unproven.
   * @param network of the person who used the link
   */
  async undo(token: string, network: string | null): Promise<Undoable["outcome"]> {
    const change = await this.#changeOf(token);
    const guest = change && (await guestStore.findBySub(this.#deps.db, change.guestSub));
    if (!change || !guest) return "over";
    const by: Actor = { who: `guest:${guest.sub}`, channel: "mail", network };
    const { outcome } = await this.#change(guest, undefined, by, async (trx) => {
      const now = this.#deps.clock.now();
      if (!(await changeStore.undo(trx, change.id, now, now - undoableFor))) throw new NotDone({ outcome: "changed" });
      if (change.kind === "removed") return this.#bringBack(trx, guest, removedBy(change), by);
      const back = await this.#restore(trx, guest, change.madeAt, by);
      const listed = await store.list(trx, guest.sub);
      const alias = listed.find(({ id }) => id === change.aliasId);
      const beforeId = back.get(change.beforeId) ?? change.beforeId;
      const before = listed.find(({ id }) => id === beforeId) ?? listed.find(({ id }) => id !== change.aliasId);
      if (!alias || !before || (change.kind === "made-primary" && !alias.primary)) throw new NotDone({ outcome: "no-such-alias" });
      await this.#deps.announce(trx, "aliases.undone", { sub: guest.sub, by });
      if (alias.primary) await store.makePrimary(trx, guest.sub, before.id);
      if (change.kind === "made-primary")
        return {
          action: "alias.made-primary",
          notified: [{ recipient: alias.address, own: { kind: "undone", address: before.address } }],
          details: { undone: true },
          personal: { before: alias.address, after: before.address },
        };
      return this.#takeAway(trx, guest.sub, alias, { kind: "undone", address: alias.address }, { undone: true });
    });
    if (outcome === "done") return "undone";
    return (await this.undoable(token)).outcome;
  }

  async sweep(): Promise<void> {
    await changeStore.removeOld(this.#deps.db, this.#deps.clock.now() - undoableFor);
  }

  async #takeAway(trx: Db, sub: string, alias: Alias, own?: OwnChange, noted: object = {}): Promise<Told> {
    await this.#deps.announce(trx, "mailbox.given-up", { sub, mailboxId: alias.mailboxId });
    const invitations = await this.#deps.invitationsTo(trx, alias.id);
    await store.remove(trx, alias.id);
    return {
      action: "alias.removed",
      notified: [{ recipient: alias.address, own }],
      details: { invitations, ...noted },
      personal: { address: alias.address },
    };
  }

  /**
   * Brings back what was removed after a change that is undone: whoever made that change could otherwise keep the guest, since the link went to
   * an address that is gone. @returns the ids before, with those of now
   */
  async #restore(trx: Db, guest: Guest, since: number, by: Actor): Promise<Map<number, number>> {
    const back = new Map<number, number>();
    for (const { aliasId, address } of await changeStore.undoRemoved(trx, guest.sub, this.#deps.clock.now(), since)) {
      const id = await this.#insertUnproven(trx, guest, parseAddress(address) as Address);
      if (id === undefined) continue;
      back.set(aliasId, id);
      const personal = { address, otherMailbox: true };
      await this.#deps.audit.record(trx, { action: "alias.added", by, guestSub: guest.sub, details: { undone: true }, personal });
    }
    return back;
  }

  async #insertUnproven(trx: Db, guest: Guest, address: Address): Promise<number | undefined> {
    const [mailboxId, at] = [randomUUID(), this.#deps.clock.now()];
    await mailboxStore.insert(trx, { id: mailboxId, sub: guest.sub, verifiedAt: null });
    return store.insert(trx, { address, name: guest.name, sub: guest.sub, mailboxId, primary: false, at });
  }

  async #bringBack(trx: Db, guest: Guest, address: Address, by: Actor): Promise<Told> {
    if ((await this.#insertUnproven(trx, guest, address)) === undefined) throw await taken(trx, address);
    await this.#deps.announce(trx, "aliases.undone", { sub: guest.sub, by });
    return {
      action: "alias.added",
      notified: [{ recipient: address.typed, own: { kind: "undone", address: address.typed } }],
      details: { undone: true },
      personal: { address: address.typed, otherMailbox: true },
    };
  }

  /** Records a guest's own change, to be announced to the other addresses. @param before the addresses before it, the primary first */
  async #own(
    trx: Db,
    guestSub: string,
    kind: changeStore.AddressChange["kind"],
    { id: aliasId, address }: Pick<Alias, "id" | "address">,
    before: Alias[],
  ): Promise<Pick<Told, "notified">> {
    const [primary] = before as [Alias];
    const [id, madeAt] = [randomBytes(16).toString("base64url"), this.#deps.clock.now()];
    await changeStore.insert(trx, {
      id,
      guestSub,
      kind,
      aliasId,
      beforeId: primary.id,
      address: kind === "removed" ? address : null,
      madeAt,
    });
    const link = { token: `${id}.${this.#mac(id).toString("base64url")}`, until: madeAt + undoableFor };
    const others = before.filter((each) => each.id !== aliasId);
    return { notified: others.map((each) => ({ recipient: each.address, own: { kind, address, link } })) };
  }

  /** The change behind the link, as long as it can be undone. */
  async #changeOf(token: string): Promise<changeStore.AddressChange | undefined> {
    const [id = "", mac = "", ...more] = token.split(".");
    if (more.length > 0 || !this.#deps.key.made(Buffer.from(mac, "base64url"), macBytes, "address-change", id)) return undefined;
    const change = await changeStore.find(this.#deps.db, id);
    return change && change.madeAt > this.#deps.clock.now() - undoableFor ? change : undefined;
  }

  #mac(id: string): Buffer {
    return this.#deps.key.mac("address-change", id).subarray(0, macBytes);
  }

  /**
   * One change with all that goes with it: the audit trail, the notice to the old address, the guest's version. The guest is held
   * before `work` looks at the addresses, so it sees what another change has just done to them.
   */
  async #change(guest: Guest, version: number | undefined, by: Actor, work: (trx: Db) => Promise<Told>): Promise<AliasOutcome> {
    try {
      const sends = await transaction(this.#deps.db, async (trx) => {
        if (!(await guestStore.touch(trx, guest.sub, this.#deps.clock.now(), version))) throw new NotDone({ outcome: "changed" });
        const { notified, ...told } = await work(trx);
        await mailboxStore.removeUnused(trx, guest.sub);
        await this.#deps.announce(trx, "aliases.changed", { sub: guest.sub });
        await this.#deps.audit.record(trx, { ...told, by, guestSub: guest.sub });
        const sends: (() => void)[] = [];
        for (const { recipient, own } of notified) sends.push(await this.#deps.notify(trx, guest, recipient, own));
        return sends;
      });
      for (const send of sends) send();
      return { outcome: "done" };
    } catch (error) {
      if (!(error instanceof NotDone)) throw error;
      return error.outcome;
    }
  }
}

/** @throws NotDone if the guest has no such address */
async function aliasOf(trx: Db, guest: Guest, address: Address): Promise<Alias> {
  const found = await guestStore.findOwner(trx, address.key);
  const alias = found?.sub === guest.sub && (await store.list(trx, guest.sub)).find(({ id }) => id === found.aliasId);
  if (!alias) throw new NotDone({ outcome: "no-such-alias" });
  return alias;
}

function removedBy({ address }: changeStore.AddressChange): Address {
  return parseAddress(address ?? "") as Address;
}

async function taken(trx: Db, address: Address): Promise<NotDone> {
  const owner = await guestStore.findOwner(trx, address.key);
  return new NotDone(owner ? { outcome: "taken", sub: owner.sub } : { outcome: "changed" });
}

/** Rolls back a change that is refused. */
class NotDone extends Error {
  readonly outcome: AliasOutcome;

  constructor(outcome: AliasOutcome) {
    super(outcome.outcome);
    this.outcome = outcome;
  }
}
