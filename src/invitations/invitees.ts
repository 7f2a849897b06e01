// The guests that one application knows: the part of the directory that its own client may see.
import type { Knex } from "knex";
import type { Db } from "../database/database.ts";
import type { Address } from "../guests/address.ts";
import type { Invitee, InviteeFilter } from "./invitee.ts";
import * as store from "./invitee-store.ts";

export class Invitees {
  readonly #db: Knex;

  constructor(deps: { db: Knex }) {
    this.#db = deps.db;
  }

  /** A merged-away sub answers with the survivor. */
  find(clientId: string, sub: string): Promise<Invitee | undefined> {
    return store.find(this.#db, clientId, sub);
  }

  /** In the order of sub, after the given one. */
  list(clientId: string, filter: InviteeFilter, limit: number, after = ""): Promise<store.InviteePage> {
    return store.list(this.#db, clientId, filter, limit, after);
  }

  /** @param addresses 1,000 at most @returns for each canonical address (key) that was invited to the application, its guest's sub */
  subsOf(clientId: string, addresses: Address[]): Promise<Map<string, string>> {
    return store.subsOf(
      this.#db,
      clientId,
      addresses.map((address) => address.key),
    );
  }

  /** @returns the client ids of the applications that addresses of the mailbox are invited to */
  applicationsOf(trx: Db, mailboxId: string): Promise<string[]> {
    return store.applicationsOf(trx, mailboxId);
  }

  /** @returns the ids of the invitations that were sent to the alias and not revoked, of any application */
  invitationsTo(trx: Db, aliasId: number): Promise<string[]> {
    return store.invitationsTo(trx, aliasId);
  }
}
