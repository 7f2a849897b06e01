// Changes that concern more than the feature that makes them. A feature announces a change once, within its transaction;
// consequences.ts lists the effects of each.
import type { Actor } from "../audit/audit.ts";
import type { Db } from "../database/database.ts";

interface Changes {
  "guest.updated": { sub: string };
  "guest.suspended": { sub: string; by: Actor };
  /** Announced before the guest is removed. @param subs the guest's own, and those merged into it @param addresses in every spelling */
  "guest.erased": { subs: string[]; addresses: string[] };
  /** Announced before the lost guest is removed. */
  "guest.merged": { lost: string; sub: string };
  /** The guest gave up what opened the application. */
  "guest.left": { sub: string; clientId: string };
  /** Announced before the mailbox, or its proof, is taken from the guest's addresses. */
  "mailbox.given-up": { sub: string; mailboxId: string };
  /** Mail to it was refused for good. */
  "mailbox.undeliverable": { sub: string; mailboxId: string };
  "aliases.changed": { sub: string };
  /** A guest's own change was undone by a link in a mail: whoever made it may not have been the guest. */
  "aliases.undone": { sub: string; by: Actor };
  "invitation.extended": { sub: string };
  "invitation.revoked": { sub: string; clientId: string };
  /** Something that decides who is admitted, how long for, or when a guest is reminded. */
  "application.rules-changed": { clientId: string };
  "application.added": { clientId: string };
  "application.removed": { clientId: string };
  /** As application.rules-changed, for all applications. */
  "settings.rules-changed": Record<never, never>;
}

/** For each change, what it sets off, in this order. */
export type Consequences = {
  readonly [Name in keyof Changes]: readonly ((trx: Db, change: Changes[Name]) => Promise<unknown>)[];
};

/** @throws whatever a consequence throws, which undoes the change */
export type Announce = <Name extends keyof Changes>(trx: Db, name: Name, change: Changes[Name]) => Promise<void>;

/** @param consequences looked up at each change: they are made from the features that announce changes */
export function announcer(consequences: () => Consequences): Announce {
  return async (trx, name, change) => {
    for (const consequence of consequences()[name]) await consequence(trx, change);
  };
}
