// Limits on the mail that others can make Guestpass send: invitations, resent invitations, requests to sponsors. Codes have their own limits.
import type { Db } from "../database/database.ts";
import { keyOf, mailboxKeyOf } from "../guests/address.ts";
import type { Counting, Limits } from "./limits.ts";
import { parseRates, type Rate, type WrittenRates } from "./rate.ts";
import type { Turns } from "./turns.ts";

export interface MailRates {
  /** Invitation mails of one application to one address. */
  invitationsPerAddress: WrittenRates;
  /** To one mailbox, from all applications, of every kind. A plus-address counts for the mailbox without the plus tag. */
  mailsPerMailbox: WrittenRates;
  /** About one application, of each kind. */
  mailsPerApplication: WrittenRates;
  /** Of each kind. */
  mailsTotal: WrittenRates;
}

interface LimitedMail {
  /** Mails of one kind do not wait behind those of another, except at the mailbox that they go to. */
  kind: string;
  recipient: string;
  /** The application that it is about. */
  clientId: string;
  /** A mail that cannot be sent before then is not worth sending. */
  before: number;
}

export class MailLimits {
  readonly #turns: Turns;
  readonly #limits: Limits;
  readonly #rates: Record<keyof MailRates, Rate[]>;

  constructor({ turns, limits, rates }: { turns: Turns; limits: Limits; rates: MailRates }) {
    this.#turns = turns;
    this.#limits = limits;
    this.#rates = {
      invitationsPerAddress: parseRates(rates.invitationsPerAddress),
      mailsPerMailbox: parseRates(rates.mailsPerMailbox),
      mailsPerApplication: parseRates(rates.mailsPerApplication),
      mailsTotal: parseRates(rates.mailsTotal),
    };
  }

  /** Counts an invitation mail of the application to the address. */
  invitation(clientId: string, address: string): Promise<Counting> {
    const subject = `${clientId}\0${keyOf(address)}`;
    return this.#limits.count([{ limit: "invitations-per-address", rates: this.#rates.invitationsPerAddress, subject }]);
  }

  /**
   * Counts a mail, in the transaction that enqueues it, as its last step.
   * @returns the moment from which it may be sent; undefined if that is too late, and then it was not counted
   */
  turn(trx: Db, { kind, recipient, clientId, before }: LimitedMail): Promise<number | undefined> {
    const uses = [
      { limit: "mails-per-mailbox", rates: this.#rates.mailsPerMailbox, subject: mailboxKeyOf(recipient) },
      { limit: "mails-per-application", rates: this.#rates.mailsPerApplication, subject: `${kind}\0${clientId}` },
      { limit: "mails-total", rates: this.#rates.mailsTotal, subject: kind },
    ];
    return this.#turns.take(trx, uses, before);
  }
}
