// Passkeys of guests. Each belongs to a mailbox: it is made soon after a code to that mailbox, and goes when the mailbox does. It identifies the
// guest and proves no mailbox (docs/decisions/047-a-passkey-signs-in-and-proves-nothing.md).
import { randomUUID } from "node:crypto";
import type { Knex } from "knex";
import { type Actor, type Audit, system } from "../audit/audit.ts";
import { type Clock, minute, skew } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import type { KeyRing } from "../secrets.ts";
import type { Ceremonies, PasskeyOptions } from "./ceremonies.ts";
import type { Passkey, PasskeyMailbox } from "./passkey.ts";
import * as store from "./passkey-store.ts";

/** A mail to the mailbox, about a passkey of it. */
export interface PasskeyNotice {
  about: "added" | "removed";
  mailbox: Pick<PasskeyMailbox, "address" | "locale">;
  /** The User-Agent header of the browser that it was made in. */
  device: string | null;
  /** Milliseconds since the epoch. */
  at: number;
  /** The token of the link that removes it, if it exists. */
  token: string | undefined;
}

/** A code to the mailbox came back, in this sign-in: a passkey of it can be made for a while. */
export interface FreshProof {
  mailboxId: string;
  sub: string;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface PasskeysDeps {
  db: Knex;
  clock: Clock;
  audit: Pick<Audit, "record">;
  ceremonies: Ceremonies;
  organisation: string;
  /** Makes the links that remove a passkey. */
  key: KeyRing;
  /** Holds the guest for the rest of the transaction. @returns false if it is gone */
  hold(trx: Db, sub: string): Promise<boolean>;
  /** Enqueues the mail in the transaction. @returns what to do once it is committed: send it */
  notify(trx: Db, notice: PasskeyNotice): Promise<() => void>;
}

/** Of one mailbox. */
const mostOfMailbox = 10;
/** How long after a code came back a passkey can be made. */
const freshFor = 15 * minute;
const macBytes = 16;

export class GuestPasskeys {
  readonly #deps: PasskeysDeps;

  constructor(deps: PasskeysDeps) {
    this.#deps = deps;
  }

  /** @param interaction the sign-in that the answer has to be for */
  requestOptions(interaction: string): Promise<PasskeyOptions> {
    return this.#deps.ceremonies.requestOptions(interaction);
  }

  /** @returns undefined if the proof is not fresh any more, or the mailbox is gone */
  async creationOptions(interaction: string, proof: FreshProof): Promise<{ address: string; options: PasskeyOptions } | undefined> {
    const { db, ceremonies, organisation } = this.#deps;
    const mailbox = this.#isFresh(proof) ? await store.findMailbox(db, proof.mailboxId) : undefined;
    if (mailbox?.sub !== proof.sub) return undefined;
    const { address, name } = mailbox;
    const user = { handle: handleOf(proof.mailboxId), name: address, displayName: name ?? address };
    const existing = (await store.ofMailbox(db, proof.mailboxId)).map(({ credential }) => credential);
    return { address, options: await ceremonies.creationOptions(purposeOf(interaction, proof), { title: organisation, user, existing }) };
  }

  /**
   * Keeps a new passkey, and tells the mailbox.
   * @param at the browser's name for itself
   * @returns false if it is not what was asked for, or the proof is not fresh any more
   */
  async enrol(interaction: string, proof: FreshProof, response: unknown, device: string | null, by: Actor): Promise<boolean> {
    const { db, clock, ceremonies, audit, hold, notify } = this.#deps;
    const made = this.#isFresh(proof) ? await ceremonies.created(purposeOf(interaction, proof), response) : undefined;
    const mailbox = made && (await store.findMailbox(db, proof.mailboxId));
    if (!mailbox) return false;
    const { mailboxId, sub } = proof;
    const [id, at] = [randomUUID(), clock.now()];
    const send = await this.#whole(async (trx) => {
      // The lock keeps the guest from being shut out, and the mailbox from being given up, between the check and the insert.
      if (!(await hold(trx, sub))) return undefined;
      if (!(await store.takeChallenge(trx, made.answered.hash, made.answered.expiresAt))) return undefined;
      const passkey = { id, sub, mailboxId, host: ceremonies.host, device, createdAt: at, credential: made.credential };
      if (!(await store.add(trx, passkey, mostOfMailbox))) return undefined;
      await audit.record(trx, { action: "passkey.added", by, guestSub: sub, details: { mailbox: mailboxId, passkey: id } });
      return notify(trx, { about: "added", mailbox, device, at, token: this.#tokenOf(id) });
    });
    send?.();
    return send !== undefined;
  }

  /**
   * The guest whose passkey answered. Uses the answer up, in one transaction with `also`.
   * @returns undefined if it belongs to nobody, opens nothing, or is not an answer to this sign-in
   */
  async use(interaction: string, response: unknown, also: (trx: Db, passkey: Passkey) => Promise<void>): Promise<Passkey | undefined> {
    const { db, clock, ceremonies } = this.#deps;
    const id = (response as { id?: unknown } | null)?.id;
    const passkey = typeof id === "string" ? await store.findByCredential(db, id) : undefined;
    const used = passkey && (await ceremonies.used(interaction, passkey.credential, response, handleOf(passkey.mailboxId)));
    if (!used) return undefined;
    return this.#whole(async (trx) => {
      if (!(await store.takeChallenge(trx, used.answered.hash, used.answered.expiresAt))) return undefined;
      if (!(await store.noteUse(trx, passkey, used.counter, clock.now()))) return undefined;
      await also(trx, passkey);
      return passkey;
    });
  }

  /** The oldest first. */
  list(sub: string): Promise<Passkey[]> {
    return store.ofGuest(this.#deps.db, sub);
  }

  /** Tells the mailbox. @returns false if the guest has no such passkey */
  async remove(sub: string, id: string, by: Actor): Promise<boolean> {
    const { db, clock, audit, notify } = this.#deps;
    const passkey = await store.find(db, id);
    if (passkey?.sub !== sub) return false;
    const { mailboxId, device } = passkey;
    const send = await this.#whole(async (trx) => {
      if (!(await store.remove(trx, id))) return undefined;
      await audit.record(trx, { action: "passkey.removed", by, guestSub: sub, details: { mailbox: mailboxId, passkey: id } });
      const mailbox = await store.findMailbox(trx, mailboxId);
      return mailbox ? notify(trx, { about: "removed", mailbox, device, at: clock.now(), token: undefined }) : () => undefined;
    });
    send?.();
    return send !== undefined;
  }

  /** @returns the passkey that a mailed link removes; undefined if it is gone, or the link is not ours */
  async open(token: string): Promise<Passkey | undefined> {
    const [id = "", mac = "", ...more] = token.split(".");
    if (more.length > 0 || !this.#deps.key.made(Buffer.from(mac, "base64url"), macBytes, "remove", id)) return undefined;
    return store.find(this.#deps.db, id);
  }

  /** The mailbox is given up, or refuses mail for good: its passkeys go in the same transaction. */
  async forgetMailbox(trx: Db, sub: string, mailboxId: string): Promise<void> {
    await this.#forgotten(trx, sub, await store.removeOfMailbox(trx, mailboxId));
  }

  /** The guest is suspended, or merged into another one. */
  async forgetGuest(trx: Db, sub: string): Promise<void> {
    await this.#forgotten(trx, sub, await store.removeOfGuest(trx, sub));
  }

  /** How many were made for a host other than this server's. */
  madeElsewhere(): Promise<number> {
    return store.madeElsewhere(this.#deps.db, this.#deps.ceremonies.host);
  }

  /** Removes expired challenges. */
  async sweep(): Promise<void> {
    await store.sweep(this.#deps.db, this.#deps.clock.now());
  }

  async #forgotten(trx: Db, sub: string, ids: string[]): Promise<void> {
    for (const id of ids)
      await this.#deps.audit.record(trx, { action: "passkey.removed", by: system, guestSub: sub, details: { passkey: id } });
  }

  #isFresh({ at }: FreshProof): boolean {
    const since = this.#deps.clock.now() - at;
    return since < freshFor && since > -skew;
  }

  #tokenOf(id: string): string {
    return `${id}.${this.#deps.key.mac("remove", id).subarray(0, macBytes).toString("base64url")}`;
  }

  /** Runs work in a transaction, which undefined rolls back. */
  async #whole<T>(work: (trx: Db) => Promise<T | undefined>): Promise<T | undefined> {
    try {
      return await transaction(this.#deps.db, async (trx) => {
        const result = await work(trx);
        if (result === undefined) throw new TakenBack();
        return result;
      });
    } catch (error) {
      if (error instanceof TakenBack) return undefined;
      throw error;
    }
  }
}

class TakenBack extends Error {}

/** The identifier of a mailbox for authenticators. It reveals nothing about the address. */
function handleOf(mailboxId: string): string {
  return `mailbox:${mailboxId}`;
}

function purposeOf(interaction: string, { mailboxId }: FreshProof): string {
  return `${interaction} ${mailboxId}`;
}
