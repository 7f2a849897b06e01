// One request of a guest at the page, and the ways to answer it.
import type { Context } from "koa";
import type { Admission } from "../admission/admission.ts";
import type { Applications } from "../applications/applications.ts";
import type { Actor, Audit } from "../audit/audit.ts";
import type { Clock } from "../clock.ts";
import type { Consents } from "../consents/consents.ts";
import type { Aliases } from "../guests/aliases.ts";
import type { Guest } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";
import type { GuestLifeCycle } from "../guests/life-cycle.ts";
import type { Page, Reader } from "../http/page.ts";
import type { Invitations } from "../invitations/invitations.ts";
import type { Outbox } from "../outbox/outbox.ts";
import type { GuestPasskeys } from "../passkeys/passkeys.ts";
import type { KeyRing } from "../secrets.ts";
import type { Sessions } from "../sessions/sessions.ts";
import type { NewAddress } from "../sign-in/new-address.ts";
import type { Texts, Times } from "../texts/texts.ts";
import type { Accounts } from "../upstream/accounts.ts";

/** The session in this browser. */
interface BrowserSession {
  uid: string;
  sub: string;
  /** When a mailbox was last proven in it, milliseconds since the epoch; 0 where the guest signed in otherwise since. */
  provenAt: number;
}

export interface AccountDeps {
  aliases: Aliases;
  newAddress: NewAddress;
  admission: Admission;
  applications: Applications;
  audit: Audit;
  consents: Consents;
  guests: Guests;
  invitations: Invitations;
  lifeCycle: GuestLifeCycle;
  outbox: Outbox;
  passkeys: GuestPasskeys;
  accounts: Accounts;
  sessions: Sessions;
  clock: Clock;
  texts: Texts;
  /** Keys the form token. */
  formKey: KeyRing;
  organisation: string;
  /** An address to ask for help at. */
  support: string | undefined;
  /** Whether guests change their addresses by themselves. */
  addressChanges: boolean;
  /** Whether a guest who asks for it is erased at once, or when an administrator confirms it. */
  erasure: "at-once" | "confirmed";
  issuer: string;
  /** Undefined where nobody is signed in. */
  sessionIn(ctx: Context): Promise<BrowserSession | undefined>;
}

/** A guest at the page. */
export interface Visit {
  guest: Guest;
  session: BrowserSession;
  reader: Reader;
  times: Times;
  by: Actor;
  /** Shows that a form came from our own page, in this session. */
  token: string;
  show(status: number, page: Page): void;
}
