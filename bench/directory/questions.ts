// Queries of the directory, through the functions that the administration API, the command line and a sign-in call.
import type { App } from "../../src/app.ts";
import { type Address, parseAddress } from "../../src/guests/address.ts";
import type { GuestFilter } from "../../src/guests/guests.ts";
import type { InvitationFilter } from "../../src/invitations/invitation-search-store.ts";
import type { InviteeFilter } from "../../src/invitations/invitee.ts";
import { Invitees } from "../../src/invitations/invitees.ts";
import { person } from "./people.ts";

export interface Question {
  name: string;
  /** How often it is asked in one round. */
  times: number;
  /** The most that it may take: as a ratio to the small directory, or milliseconds. */
  target?: { ratio: number } | { milliseconds: number };
  /** Everything is asked once before it is measured: the pages of the file are in the database's own cache, in both directories. */
  again?: true;
  /** Prepares asking about somebody else each time, which is not measured. */
  prepare(): () => Promise<unknown>;
}

const day = 86_400_000;
const pageTarget = { milliseconds: 20 };

/** @param now when the directory was filled */
export function questionsOf(app: App, guests: number, now: number): Question[] {
  const { dueGuests, guests: directory, invitations } = app;
  const invitees = new Invitees({ db: app.db });
  const somebody = () => person(Math.floor(Math.random() * guests), now);
  const invited = () => {
    for (;;) {
      const { invitation } = somebody();
      if (invitation) return invitation;
    }
  };
  const anyOf = <T>(choices: T[]) => choices[Math.floor(Math.random() * choices.length)] as T;
  const anyAddress = (of = somebody()) => parseAddress(anyOf(of.addresses)) as Address;
  /** From all over the directory, and as many in a small one: those who sign in these minutes. */
  const visitors = Array.from({ length: 400 }, somebody);
  /** Nine tenths down the list. */
  const farDown = () => person(Math.floor(guests * 0.9), now);
  const page = (name: string, filterOf: () => GuestFilter, place?: () => { createdAt: number; sub: string }): Question => ({
    name,
    times: 20,
    target: pageTarget,
    prepare: () => {
      const [filter, before] = [filterOf(), place?.()];
      return () => directory.list(filter, 100, before);
    },
  });
  const due = (name: string, before: number, clientId?: string): Question => ({
    name,
    times: 20,
    target: pageTarget,
    prepare: () => () => dueGuests.list({ before, ...(clientId === undefined ? {} : { clientId }) }, {}, 100),
  });
  const sent = (name: string, filter: InvitationFilter): Question => ({
    name,
    times: 20,
    target: pageTarget,
    prepare: () => () => invitations.list(filter, 100),
  });
  const own = (name: string, filterOf: () => InviteeFilter): Question => ({
    name,
    times: 20,
    target: pageTarget,
    prepare: () => {
      const [filter, after] = [filterOf(), somebody().sub];
      return () => invitees.list("files", filter, 100, after);
    },
  });

  return [
    {
      name: "look-up by any alias",
      times: 2000,
      target: { ratio: 1.3 },
      again: true,
      prepare: () => {
        const address = anyAddress(anyOf(visitors));
        return () => directory.findOwner(address);
      },
    },
    {
      name: "the same, of anybody",
      times: 400,
      target: { ratio: 1.3 },
      prepare: () => {
        const address = anyAddress();
        return () => directory.findOwner(address);
      },
    },
    {
      name: "that, as an operation of the API",
      times: 400,
      target: { ratio: 1.3 },
      prepare: () => {
        const addresses = [anyAddress().typed];
        return () => app.admin("lookUpGuests", { body: { addresses } });
      },
    },
    {
      name: "look-up of 1,000 addresses at once",
      times: 10,
      prepare: () => {
        const addresses = Array.from({ length: 1000 }, () => anyAddress());
        return () => directory.subsOf(addresses);
      },
    },
    page("first page of 100", () => ({})),
    page("page of 100, far down", () => ({}), farDown),
    page("state: suspended (2 %)", () => ({ state: "suspended" })),
    page("state: suspended, far down", () => ({ state: "suspended" }), farDown),
    page("application with half of the invitations", () => ({ clientId: "files" })),
    page("the same, far down", () => ({ clientId: "files" }), farDown),
    page("application with a hundredth", () => ({ clientId: "app77" })),
    page("domain of a fifth", () => ({ domain: "mail.example" })),
    page("domain of a thousandth", () => ({ domain: somebody().addresses[0]?.split("@")[1] ?? "" })),
    page("sponsor", () => ({ sponsorKey: invited().sponsor })),
    page("search: an address in full", () => ({ search: somebody().addresses.at(-1) ?? "" })),
    due("deadline within 3 days", Date.now() + 3 * day),
    due("deadline, one application, within 3 days", Date.now() + 3 * day, "app77"),
    due("deadline that nobody has", 1),
    page("proof older than 55 days, or none", () => ({ provenBefore: now - 55 * day })),
    page("search: part of one address", () => ({ search: somebody().addresses[0]?.split("@")[0]?.slice(-10) ?? "" })),
    page("search: name of an eleventh", () => ({ search: "lovelace" })),
    page("search: part of every address", () => ({ search: "example" })),
    page("search: what nobody has", () => ({ search: "no such guest" })),
    page("search: two letters", () => ({ search: "ad" })),
    sent("invitations", {}),
    sent("invitations of a sponsor to an application", { clientId: "files", sponsorKey: "sponsor7@example.com" }),
    sent("invitations that are revoked, of which there are none", { state: "revoked" }),
    own("an application's own half of a million guests", () => ({})),
    own("the same, of a domain", () => ({ domain: "mail.example" })),
    own("the same, by part of an address that nobody has", () => ({ search: "no such guest" })),
    page("suspended, of a domain", () => ({ state: "suspended", domain: "mail.example" })),
  ];
}
