// The people who administer Guestpass, their roles and sign-ins. They are not guests, and an emailed code never lets them in: they use a passkey,
// or the organisation's own OpenID provider.
import { hash, randomUUID } from "node:crypto";
import type { Knex } from "knex";
import type { Actor, Audit } from "../audit/audit.ts";
import { type Clock, day, hour, minute, skew } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import type { Guest } from "../guests/guest.ts";
import type { Ceremonies, Credential, PasskeyOptions } from "../passkeys/ceremonies.ts";
import type { AnsweredChallenge } from "../passkeys/challenges.ts";
import { randomToken } from "../secrets.ts";
import type { Administrator, AdministratorPasskey, AdministratorSession, Role } from "./administrator.ts";
import * as store from "./administrator-store.ts";
import type { ProvedPerson } from "./provider.ts";
import { roleScopes } from "./roles.ts";

/** A mail to an administrator. */
export type AdministratorNotice = { to: string } & (
  | { about: "invited"; by: string; link: string; until: number }
  | { about: "new-device"; device: string | null; network: string | null; at: number }
  | { about: "passkey-added" | "passkey-removed"; label: string; at: number }
  | { about: "erasure-asked"; guest: string; address: string; link: string; at: number }
);

export interface AdministratorsDeps {
  db: Knex;
  clock: Clock;
  audit: Pick<Audit, "record">;
  ceremonies: Ceremonies;
  organisation: string;
  /** Where the console is: an origin with a path, no slash at its end. */
  console: string;
  /** Enqueues the mail in the transaction. @returns what to do once it is committed: send it */
  notify(trx: Db, notice: AdministratorNotice): Promise<() => void>;
}

/** Where somebody signs in. */
export interface At {
  /** The browser's name for itself. */
  device: string | null;
  network: string | null;
}

/** Somebody who is signed in to the console. */
export interface SignedIn {
  session: AdministratorSession;
  administrator: Pick<Administrator, "id" | "role" | "email" | "name"> & {
    /** The issuer of the organisation's provider, where the person signs in there. */
    provider: string | null;
  };
}

/** What came of a provider's answer for somebody. */
export type Entered =
  | { outcome: "entered"; token: string }
  | { outcome: "confirmed" }
  /** `used`: the answer came before, or the session has ended. */
  | { outcome: "no-role" | "no-address" | "address-taken" | "last-owner" | "somebody-else" | "used" };

/** Milliseconds after which a session ends: without use, and in total. */
const idle = 30 * minute;
const absolute = 12 * hour;
/** How long a proof of presence counts. */
const confirmedFor = 15 * minute;
const linkLasts = 3 * day;
/** What administrators sign in to. */
const entrance = "console";
/** A browser that was used since then does not count as a new device. */
const remembersDevices = 90 * day;
/** The shortest time between two updates of a session's last use. */
const noticed = minute;

export class Administrators {
  readonly #deps: AdministratorsDeps;

  constructor(deps: AdministratorsDeps) {
    this.#deps = deps;
  }

  /**
   * A guest asks to be erased: tells the administrators who can do that.
   * @param otherwise addresses to tell if no recorded administrator can do it
   * @returns what to do once it is committed
   */
  async tellOfErasure(trx: Db, { sub, name, email }: Guest, otherwise: readonly string[]): Promise<(() => void)[]> {
    const able = (await store.list(trx)).filter(({ role }) => roleScopes[role].has("guests:write")).map((each) => each.email);
    const told = { guest: name ?? email, address: email, link: `${this.#deps.console}/guests/${sub}`, at: this.#deps.clock.now() };
    const sends: (() => void)[] = [];
    for (const to of able.length > 0 ? able : otherwise) sends.push(await this.#deps.notify(trx, { to, about: "erasure-asked", ...told }));
    return sends;
  }

  list(): Promise<Administrator[]> {
    return store.list(this.#deps.db);
  }

  find(id: string): Promise<Administrator | undefined> {
    return store.find(this.#deps.db, id);
  }

  /** Whether somebody is an administrator whose role includes the scope of the administration API. */
  async hasScope(id: string, scope: string): Promise<boolean> {
    const administrator = await this.find(id);
    return administrator !== undefined && roleScopes[administrator.role].has(scope);
  }

  findByEmail(email: string): Promise<Administrator | undefined> {
    return store.findByKey(this.#deps.db, keyOf(email));
  }

  passkeysOf(id: string): Promise<AdministratorPasskey[]> {
    return store.passkeysOf(this.#deps.db, id);
  }

  sessionsOf(id: string): Promise<AdministratorSession[]> {
    return store.sessionsOf(this.#deps.db, id, this.#alive());
  }

  /**
   * @param mailed whether the link goes to the address by mail
   * @returns the person and a link that enrols a passkey, once, within three days; undefined if the address is an administrator's already
   */
  async add(
    { email, name, role }: Pick<Administrator, "email" | "name" | "role">,
    by: Actor,
    { mailed = false }: { mailed?: boolean } = {},
  ): Promise<{ administrator: Administrator; link: string } | undefined> {
    const administrator: Administrator = { id: randomUUID(), email, name, role, upstream: null, createdAt: this.#deps.clock.now() };
    return this.#changed(async (trx, then) => {
      if (!(await store.insert(trx, administrator, keyOf(email)))) return undefined;
      await this.#deps.audit.record(trx, { action: "administrator.added", by, details: { administrator: administrator.id, role } });
      return { administrator, link: await this.#link(trx, then, administrator, by, mailed) };
    });
  }

  /** A new link for somebody without a working one, or without a passkey; earlier links end. @returns undefined if there is no such person */
  async link(id: string, by: Actor, { mailed = false }: { mailed?: boolean } = {}): Promise<string | undefined> {
    const administrator = await this.find(id);
    if (!administrator) return undefined;
    return this.#changed(async (trx, then) => {
      const link = await this.#link(trx, then, administrator, by, mailed);
      await this.#deps.audit.record(trx, { action: "administrator.link-made", by, details: { administrator: id } });
      return link;
    });
  }

  async setRole(id: string, role: Role, by: Actor): Promise<"changed" | "unknown" | "last-owner"> {
    return transaction(this.#deps.db, async (trx) => {
      const changed = await store.setRole(trx, id, role);
      if (!changed) return (await store.find(trx, id)) ? "last-owner" : "unknown";
      await this.#deps.audit.record(trx, { action: "administrator.role-changed", by, details: { administrator: id, role } });
      return "changed";
    });
  }

  /** With passkeys and sessions. */
  async remove(id: string, by: Actor): Promise<"removed" | "unknown" | "last-owner"> {
    return transaction(this.#deps.db, async (trx) => {
      if (!(await store.remove(trx, id))) return (await store.find(trx, id)) ? "last-owner" : "unknown";
      await this.#deps.audit.record(trx, { action: "administrator.removed", by, details: { administrator: id } });
      return "removed";
    });
  }

  /** The link's owner, and the options that their browser needs to make a passkey; undefined if the link is used, expired or unknown. */
  async openLink(token: string): Promise<{ administrator: Administrator; options: PasskeyOptions } | undefined> {
    const { db, clock } = this.#deps;
    const administrator = await store.findByLink(db, digest(token), clock.now());
    return administrator && { administrator, options: await this.#creationOptions(administrator) };
  }

  /** Uses the link up: stores the passkey and signs the person in. @returns the session's token, undefined where link or passkey are not good */
  async enrol(token: string, response: unknown, label: string, at: At): Promise<string | undefined> {
    const { db, clock, ceremonies } = this.#deps;
    const administrator = await store.findByLink(db, digest(token), clock.now());
    const made = administrator && (await ceremonies.created(administrator.id, response));
    if (!made) return undefined;
    return this.#changed(async (trx, then) => {
      if (!(await store.takeLink(trx, digest(token), clock.now()))) return undefined;
      if (
        !(await this.#keep(trx, then, administrator, made, label, {
          who: whoIs(administrator.id),
          channel: "console",
          network: at.network,
        }))
      )
        return undefined;
      await store.leaveProvider(trx, administrator.id);
      return this.#begin(trx, then, administrator, at, { known: true });
    });
  }

  /** The options with which a signed-in browser makes another passkey. */
  async creationOptions(id: string): Promise<PasskeyOptions | undefined> {
    const administrator = await this.find(id);
    return administrator && this.#creationOptions(administrator);
  }

  /** @returns false if it is not what was asked for */
  async addPasskey(id: string, response: unknown, label: string, by: Actor): Promise<boolean> {
    const administrator = await this.find(id);
    const made = administrator && (await this.#deps.ceremonies.created(id, response));
    if (!made) return false;
    return this.#changed((trx, then) => this.#keep(trx, then, administrator, made, label, by));
  }

  /**
   * Somebody's last one may go too: the command line on the host makes a new link.
   * @param keepsLast unless it is one's own
   * @returns false if there is no such passkey, or it is the last one and stays
   */
  async removePasskey(id: string, passkeyId: string, by: Actor, { keepsLast = false }: { keepsLast?: boolean } = {}): Promise<boolean> {
    const administrator = await this.find(id);
    const passkey = await store.findPasskey(this.#deps.db, passkeyId);
    if (!administrator || !passkey) return false;
    return this.#changed(async (trx, then) => {
      if (!(await (keepsLast ? store.removeSpare : store.removePasskey)(trx, passkeyId, id))) return false;
      await this.#deps.audit.record(trx, { action: "administrator.passkey-removed", by, details: { administrator: id } });
      const at = this.#deps.clock.now();
      then.push(await this.#deps.notify(trx, { to: administrator.email, about: "passkey-removed", label: passkey.label, at }));
      return true;
    });
  }

  requestOptions(): Promise<PasskeyOptions> {
    return this.#deps.ceremonies.requestOptions(entrance);
  }

  /** @returns the session's token; undefined if the passkey is nobody's, or its answer not good */
  async signIn(response: unknown, at: At): Promise<string | undefined> {
    return this.#proved(response, async (trx, then, administrator) => this.#begin(trx, then, administrator, at));
  }

  /** Proves again that the signed-in person is present. @returns false if the passkey is not theirs, or its answer is wrong */
  async confirm({ session, administrator }: SignedIn, response: unknown): Promise<boolean> {
    const confirmed = await this.#proved(response, async (trx, _, { id }) => {
      if (id !== administrator.id) return undefined;
      return store.confirm(trx, session.id, id, this.#deps.clock.now());
    });
    return confirmed === true;
  }

  /**
   * Somebody comes from the organisation's provider: is recorded the first time, gets the role that the claims there give, and is
   * let in. Without a role, their sessions end.
   * @param confirming a signed-in person who is to prove their presence again
   */
  async enter(person: ProvedPerson, at: At, confirming?: SignedIn): Promise<Entered> {
    const entered = await this.#changed<Entered>(async (trx, then) => {
      if (!(await store.takeChallenge(trx, person.answered.hash, person.answered.expiresAt))) return { outcome: "used" };
      const known = await store.findByUpstream(trx, person);
      if (confirming && known?.id !== confirming.administrator.id) return { outcome: "somebody-else" };
      if (person.role === undefined) {
        if (known) await store.endSessions(trx, known.id);
        return { outcome: "no-role" };
      }
      const administrator = await this.#asProved(trx, known, person, person.role, at);
      if (typeof administrator === "string") return { outcome: administrator };
      if (!confirming)
        return { outcome: "entered", token: await this.#begin(trx, then, administrator, at, { provedAt: person.signedInAt ?? 0 }) };
      const confirmed = await store.confirm(trx, confirming.session.id, administrator.id, this.#deps.clock.now());
      return { outcome: confirmed ? "confirmed" : "used" };
    });
    return entered;
  }

  isConfirmed({ session }: SignedIn): boolean {
    const since = this.#deps.clock.now() - session.confirmedAt;
    return since < confirmedFor && since > -skew;
  }

  /** @returns undefined if the session is over or unknown */
  async session(token: string): Promise<SignedIn | undefined> {
    const found = await store.findSession(this.#deps.db, digest(token), this.#alive());
    if (!found) return undefined;
    const { role, email, name, provider, ...session } = found;
    const now = this.#deps.clock.now();
    if (now - session.lastSeenAt > noticed) await store.touch(this.#deps.db, session.id, now);
    return { session, administrator: { id: session.administratorId, role, email, name, provider } };
  }

  /** @returns false if there is no such session of that person */
  async endSession(id: string, sessionId: string, by: Actor): Promise<boolean> {
    return transaction(this.#deps.db, async (trx) => {
      if (!(await store.endSession(trx, sessionId, id))) return false;
      await this.#deps.audit.record(trx, { action: "administrator.signed-out", by, details: { administrator: id } });
      return true;
    });
  }

  /** Removes what has expired. */
  async sweep(): Promise<void> {
    const now = this.#deps.clock.now();
    await store.sweep(this.#deps.db, now, now - remembersDevices);
  }

  async #creationOptions({ id, email, name }: Administrator): Promise<PasskeyOptions> {
    return this.#deps.ceremonies.creationOptions(id, {
      title: `${this.#deps.organisation}, administration`,
      user: { handle: `administrator:${id}`, name: email, displayName: name ?? email },
      existing: await this.passkeysOf(id),
    });
  }

  async #link(trx: Db, then: (() => void)[], { id, email }: Administrator, by: Actor, mailed: boolean): Promise<string> {
    const token = randomToken();
    const until = this.#deps.clock.now() + linkLasts;
    await store.putLink(trx, digest(token), id, until);
    // In the fragment, which no server and no log sees.
    const link = `${this.#deps.console}/enrol#${token}`;
    if (mailed) then.push(await this.#deps.notify(trx, { to: email, about: "invited", by: by.who, link, until }));
    return link;
  }

  async #keep(
    trx: Db,
    then: (() => void)[],
    { id, email }: Administrator,
    { credential, answered }: { credential: Credential; answered: AnsweredChallenge },
    label: string,
    by: Actor,
  ): Promise<boolean> {
    const at = this.#deps.clock.now();
    if (!(await store.takeChallenge(trx, answered.hash, answered.expiresAt))) return false;
    if (!(await store.addPasskey(trx, { ...credential, administratorId: id, label, createdAt: at, lastUsedAt: null }))) return false;
    await this.#deps.audit.record(trx, { action: "administrator.passkey-added", by, details: { administrator: id } });
    then.push(await this.#deps.notify(trx, { to: email, about: "passkey-added", label, at }));
    return true;
  }

  async #begin(
    trx: Db,
    then: (() => void)[],
    { id, email }: Administrator,
    { device, network }: At,
    /** When the person last proved their presence: now, except in an older session at the provider. */
    { known = false, provedAt }: { known?: boolean; provedAt?: number } = {},
  ): Promise<string> {
    const token = randomToken();
    const now = this.#deps.clock.now();
    if (!known && !(device !== null && (await store.hasSeen(trx, id, device))))
      then.push(await this.#deps.notify(trx, { to: email, about: "new-device", device, network, at: now }));
    const session = {
      id: randomUUID(),
      administratorId: id,
      device,
      network,
      startedAt: now,
      lastSeenAt: now,
      confirmedAt: provedAt ?? now,
    };
    await store.addSession(trx, digest(token), session);
    const by: Actor = { who: whoIs(id), channel: "console", network };
    await this.#deps.audit.record(trx, { action: "administrator.signed-in", by, details: { administrator: id } });
    return token;
  }

  /** The administrator as the provider has them now. */
  async #asProved(
    trx: Db,
    known: Administrator | undefined,
    { issuer, subject, email, name }: ProvedPerson,
    role: Role,
    { network }: At,
  ): Promise<Administrator | "no-address" | "address-taken" | "last-owner"> {
    const { audit, clock } = this.#deps;
    if (email === undefined) return "no-address";
    const actor = (id: string): Actor => ({ who: whoIs(id), channel: "console", network });
    if (!known) {
      const administrator = { id: randomUUID(), email, name, role, upstream: { issuer, subject }, createdAt: clock.now() };
      // Two sign-ins at once: the second one finds what the first one made.
      if (!(await store.insert(trx, administrator, keyOf(email))))
        return (await store.findByUpstream(trx, { issuer, subject })) ?? "address-taken";
      const details = { administrator: administrator.id, role, provider: issuer };
      await audit.record(trx, { action: "administrator.added", by: actor(administrator.id), details });
      return administrator;
    }
    if (known.email !== email || known.name !== name) await store.setPerson(trx, known.id, email, keyOf(email), name);
    if (known.role !== role) {
      if (!(await store.setRole(trx, known.id, role))) return "last-owner";
      const details = { administrator: known.id, role, provider: issuer };
      await audit.record(trx, { action: "administrator.role-changed", by: actor(known.id), details });
    }
    return { ...known, email, name, role };
  }

  /** The owner of the passkey that answered, in the transaction that records the answer. */
  async #proved<T>(
    response: unknown,
    work: (trx: Db, then: (() => void)[], administrator: Administrator) => Promise<T | undefined>,
  ): Promise<T | undefined> {
    const { db, clock, ceremonies } = this.#deps;
    const id = (response as { id?: unknown } | null)?.id;
    const passkey = typeof id === "string" ? await store.findPasskey(db, id) : undefined;
    const used = passkey && (await ceremonies.used(entrance, passkey, response));
    if (!used) return undefined;
    return this.#changed(async (trx, then) => {
      if (!(await store.takeChallenge(trx, used.answered.hash, used.answered.expiresAt))) return undefined;
      if (!(await store.notePasskeyUse(trx, passkey.id, used.counter, clock.now()))) return undefined;
      const administrator = await store.find(trx, passkey.administratorId);
      return administrator && work(trx, then, administrator);
    });
  }

  /** Runs work in a transaction, and its follow-up once that is committed. A result of undefined or false rolls it back. */
  async #changed<T>(work: (trx: Db, then: (() => void)[]) => Promise<T>): Promise<T> {
    const then: (() => void)[] = [];
    const nothing = Symbol();
    let result: T | undefined;
    try {
      await transaction(this.#deps.db, async (trx) => {
        then.length = 0;
        result = await work(trx, then);
        if (result === undefined || result === false) throw nothing;
      });
    } catch (error) {
      if (error !== nothing) throw error;
    }
    if (result !== undefined && result !== false) for (const send of then) send();
    return result as T;
  }

  #alive(): store.Alive {
    const now = this.#deps.clock.now();
    return { seenAfter: now - idle, startedAfter: now - absolute, notAfter: now + skew };
  }
}

/** How the audit trail names an administrator. */
function whoIs(id: string): string {
  return `administrator:${id}`;
}

function keyOf(email: string): string {
  return email.trim().toLowerCase();
}

function digest(token: string): string {
  return hash("sha256", token, "base64url");
}
