// oidc-provider's artifacts (sessions, interactions, codes, tokens, grants) in the database. Those created during a request are saved in
// one statement before its answer leaves. A token is read together with the grant and the session that it depends on.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Knex } from "knex";
import type { Context, Next } from "koa";
import { type Clock, minute } from "../clock.ts";
import { type Db, transaction } from "../database/database.ts";
import { removedAtOnce } from "../database/removal.ts";
import type { Artifact, Capped, LoadedSession, StoredArtifact } from "./artifact-store.ts";
import * as store from "./artifact-store.ts";
import { RequestBrowser } from "./browser.ts";
import { dropCookie, giveAnswer, keepAnswer, sayThatItIsOver } from "./kept-answer.ts";
import type { Logout } from "./logout-delivery.ts";
import { endedBy, rebase } from "./session-changes.ts";
import { refuseUsedCode } from "./used-code.ts";

/** How long (milliseconds) a browser can ask again for the answer of its sign-in: as long as an authorization code lasts. */
const answerKeptFor = minute;

/** The form in which an interaction is stored once its result was taken. */
interface AnsweredInteraction {
  browser: string;
  /** The application that it was for. */
  clientId: string | undefined;
  /** Hash of the authorization code in the answer. */
  code: string | undefined;
  /** Sealed. */
  answer: string;
}

/** The artifacts that a request has to store or has read, by key. */
interface RequestArtifacts {
  browser: RequestBrowser;
  writes: Map<string, Artifact>;
  /** The session of its browser, as it was found. */
  session: LoadedSession | undefined;
  /** Whose session it was, if it was ended recently. */
  ended: string | undefined;
  readAlong: Map<string, StoredArtifact | undefined>;
  /** When the session that a credential of it came of ends, because a provider's does. */
  sessionUntil: number | undefined;
  /** The authorization code that it presents, as it was found. */
  code: Artifact | undefined;
  /** It was answered; anything still running for it is on its own. */
  over: boolean;
}

/** A session that had meanwhile ended or got another name, and so was not stored; or nothing was stored, since the artifact behind it had been used. */
type StoreOutcome = { session: string } | "used before" | undefined;

export class Artifacts {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #tell: (trx: Db, logout: Logout) => Promise<void>;
  readonly #requests = new AsyncLocalStorage<RequestArtifacts>();

  /**
   * @param tell queues the message to an application, in the transaction that stores the end of its session
   */
  constructor(deps: { db: Knex; clock: Clock; tell(trx: Db, logout: Logout): Promise<void> }) {
    this.#db = deps.db;
    this.#tell = deps.tell;
    this.#clock = deps.clock;
  }

  /** Middleware around everything that stores artifacts. An answer leaves only after its artifacts are stored. */
  readonly storeTogether = async (ctx: Context, next: Next): Promise<void> => {
    const request = newRequest(ctx);
    let failed = true;
    try {
      await this.#requests.run(request, next);
      failed = ctx.status >= 500;
    } finally {
      request.over = true;
      const used = request.writes.values().find(store.isUsed);
      // A request that failed has used nothing up and can be repeated.
      if (used && failed) request.writes.clear();
      else if (used?.model === "Interaction") this.#keepAnswer(ctx, request, used);
      const outcome = await this.#store(request);
      if (outcome !== "used before") dropCookie(ctx, outcome?.session);
      else if (used?.model === "Interaction") await this.#giveAnswer(ctx, request, used.idHash);
      else if (used) await this.#refuseCode(ctx, used);
    }
  };

  /** The browser that the request under way comes from. */
  get browser(): RequestBrowser | undefined {
    return this.#requests.getStore()?.browser;
  }

  /** Whose session the request's browser had, if it was ended recently, for example because the guest was suspended. */
  get endedSession(): string | undefined {
    return this.#requests.getStore()?.ended;
  }

  /** When the session that a credential of the request came of ends because a provider's does: milliseconds since the epoch. */
  get sessionUntil(): number | undefined {
    return this.#requests.getStore()?.sessionUntil;
  }

  /** Stores the artifact, or overwrites the one of the same name: with the rest of the request, or at once outside of one. */
  async put(artifact: Artifact): Promise<void> {
    const request = this.#request();
    if (!request) return void (await this.#storeAll([artifact]));
    request.readAlong.clear();
    request.writes.set(keyOf(artifact.model, artifact.idHash), artifact);
  }

  async find(model: string, idHash: string): Promise<StoredArtifact | undefined> {
    const key = keyOf(model, idHash);
    const request = this.#request();
    const written = request?.writes.get(key);
    const now = this.#clock.now();
    if (written) return toStored(written, now);
    if (request?.readAlong.has(key)) return request.readAlong.get(key);
    const found = await this.#read(model, idHash, now);
    if (request && found && model === "Session") {
      request.session = { idHash, payload: found.payload };
      if (found.consumedAt !== null) request.ended = (JSON.parse(found.payload) as { accountId?: string }).accountId;
    }
    // A resumed sign-in is read twice: for whether it was answered, and for its content.
    if (model === "Interaction") request?.readAlong.set(key, found);
    return found;
  }

  /** @returns the uid of the session that the artifact belongs to */
  async sessionOf(model: string, idHash: string): Promise<string | undefined> {
    return (await store.find(this.#db, model, idHash, this.#clock.now()))?.sessionUid ?? undefined;
  }

  async findByUid(uid: string): Promise<StoredArtifact | undefined> {
    const key = keyOf("Session", uid);
    const request = this.#request();
    const written = request?.writes.values().find((artifact) => artifact.uid === uid);
    if (written) return { payload: written.payload, consumedAt: null };
    if (request?.readAlong.has(key)) return request.readAlong.get(key);
    return store.findByUid(this.#db, uid, this.#clock.now());
  }

  /**
   * Uses the authorization code of a request together with what the request stores: exactly one of many simultaneous requests succeeds.
   * @param grace milliseconds after the first use in which another one counts as the same
   * @returns true for exactly one caller if there is no grace, however many try at once
   */
  async consume(model: string, idHash: string, grace = 0): Promise<boolean> {
    const code = this.#request()?.code;
    this.#forget(model, idHash);
    const now = this.#clock.now();
    if (code?.model === model && code.idHash === idHash) {
      await this.put({ ...code, consumedAt: now });
      return true;
    }
    return grace > 0 ? store.consumeWithin(this.#db, model, idHash, now, grace) : store.consume(this.#db, model, idHash, now);
  }

  async remove(model: string, idHash: string): Promise<void> {
    this.#forget(model, idHash);
    await store.remove(this.#db, model, idHash);
  }

  /**
   * Empties an artifact together with what the request stores: its result exists from the moment at which it is gone. The sweep
   * removes the row.
   */
  end(model: string, idHash: string): Promise<void> {
    return this.put({ ...store.ended, model, idHash });
  }

  /** Takes the interaction's result together with what the request stores: exactly one of many simultaneous requests succeeds. */
  async take(idHash: string): Promise<void> {
    const now = this.#clock.now();
    const clientId = clientOf(await this.find("Interaction", idHash));
    const payload = JSON.stringify({ clientId });
    await this.put({ ...store.ended, payload, model: "Interaction", idHash, consumedAt: now, expiresAt: now + answerKeptFor });
  }

  /** The outcome of a sign-in, whichever browser asks, so that a page can say why it does not continue there. */
  async fateOf(uid: string): Promise<{ fate: "alive" | "finished"; clientId: string | undefined; isHere: boolean } | undefined> {
    const stored = await this.find("Interaction", store.digest(uid));
    if (!stored) return undefined;
    const { browser } = JSON.parse(stored.payload) as { browser?: string };
    const isHere = this.browser?.is(browser) ?? false;
    return { fate: stored.consumedAt === null ? "alive" : "finished", clientId: clientOf(stored), isHere };
  }

  /**
   * Repeats the answer if the interaction's result was taken and its browser asks for it again.
   * @returns false if there is nothing to repeat, or the answer has been used
   */
  async answerAgain(ctx: Context, uid: string): Promise<boolean> {
    const answer = await this.#answerFor(store.digest(uid));
    if (answer !== undefined) giveAnswer(ctx, answer);
    return answer !== undefined;
  }

  /** Whether `answerAgain` would have an answer. */
  async isAnswered(uid: string): Promise<boolean> {
    return (await this.#answerFor(store.digest(uid))) !== undefined;
  }

  /** Removes everything issued under a grant. */
  async removeByGrant(grantHash: string): Promise<void> {
    const request = this.#request();
    request?.readAlong.clear();
    for (const [key, artifact] of request?.writes ?? []) if (artifact.grantHash === grantHash) request?.writes.delete(key);
    await store.removeByGrant(this.#db, grantHash);
  }

  /** The grant first: anything still being issued under it is worthless without it. */
  async removeGrant(grantHash: string): Promise<void> {
    await this.remove("Grant", grantHash);
    await this.removeByGrant(grantHash);
  }

  /** @returns false if the name was used before and that use has not expired */
  useOnce(idHash: string, expiresAt: number): Promise<boolean> {
    return store.useOnce(this.#db, idHash, expiresAt, this.#clock.now());
  }

  /** Removes a guest's tokens and grants, and the requests under way that name one of the addresses. Sessions end on their own. */
  async forget(trx: Db, subs: string[], addresses: string[]): Promise<void> {
    for (const sub of subs) await store.removeOfAccount(trx, sub);
    for (const address of addresses) await store.removeMentioning(trx, address);
  }

  /** Removes an application's tokens and grants about one guest. */
  async forgetAt(trx: Db, clientId: string, sub: string): Promise<void> {
    await store.removeOfAccountAt(trx, clientId, sub);
  }

  /**
   * The application is removed. Tokens about a guest are worthless without it, and are removed gradually (forgetSome); others would go on being active for APIs that introspect them.
   */
  async applicationRemoved(trx: Db, clientId: string): Promise<void> {
    await store.removeOfNobodyAt(trx, clientId);
  }

  /** Removes what an earlier application with this name may have left. */
  async forgetAll(trx: Db, clientId: string): Promise<void> {
    await store.removeOfApplication(trx, clientId);
  }

  /** Removes some tokens and grants of an application. @returns how many: 0 if none is left */
  forgetSome(db: Db, clientId: string): Promise<number> {
    return store.removeSomeOfApplication(db, clientId, removedAtOnce);
  }

  /** Removes what has expired. */
  async sweep(): Promise<void> {
    await store.removeExpired(this.#db, this.#clock.now());
  }

  #request(): RequestArtifacts | undefined {
    const request = this.#requests.getStore();
    return request?.over ? undefined : request;
  }

  #forget(model: string, idHash: string): void {
    const request = this.#request();
    request?.readAlong.clear();
    request?.writes.delete(keyOf(model, idHash));
  }

  /** Only its browser can open it, so it may be stored in the database. */
  #keepAnswer(ctx: Context, { browser, writes }: RequestArtifacts, taken: Artifact): void {
    const code = writes.values().find(({ model }) => model === "AuthorizationCode")?.idHash;
    const { clientId } = JSON.parse(taken.payload) as Pick<AnsweredInteraction, "clientId">;
    const kept: AnsweredInteraction = { browser: browser.known, clientId, code, answer: browser.seal(keepAnswer(ctx)) };
    taken.payload = JSON.stringify(kept);
  }

  /** Another request of this browser was quicker. */
  async #giveAnswer(ctx: Context, request: RequestArtifacts, idHash: string): Promise<void> {
    request.readAlong.clear();
    const answer = await this.#requests.run({ ...request, over: false }, () => this.#answerFor(idHash));
    if (answer === undefined) sayThatItIsOver(ctx);
    else giveAnswer(ctx, answer);
  }

  /** Somebody else used it meanwhile: everything they got for it ends too (RFC 9700, 4.14.2). */
  async #refuseCode(ctx: Context, { grantHash }: Artifact): Promise<void> {
    refuseUsedCode(ctx);
    if (grantHash !== null) await this.removeGrant(grantHash);
  }

  /** @returns the result of the interaction, if this browser has not used it yet */
  async #answerFor(idHash: string): Promise<string | undefined> {
    this.#request()?.readAlong.delete(keyOf("Interaction", idHash));
    const stored = await this.find("Interaction", idHash);
    if (!stored || stored.consumedAt === null) return undefined;
    const { browser, code, answer } = JSON.parse(stored.payload) as AnsweredInteraction;
    if (!this.browser?.is(browser)) return undefined;
    const used = code !== undefined && (await this.find("AuthorizationCode", code))?.consumedAt !== null;
    return used ? undefined : this.browser.open(answer);
  }

  /** With the grant and the session that it depends on, which the request reads next. */
  async #read(model: string, idHash: string, now: number): Promise<StoredArtifact | undefined> {
    const request = this.#request();
    const found = await store.find(this.#db, model, idHash, now);
    if (request && found && model === "AuthorizationCode") request.code = codeOf(idHash, found);
    if (found?.grantHash) request?.readAlong.set(keyOf("Grant", found.grantHash), found.grant);
    if (found?.sessionUid) request?.readAlong.set(keyOf("Session", found.sessionUid), found.session);
    if (request && found?.sessionPayload) request.sessionUntil = (JSON.parse(found.sessionPayload) as Capped).upstreamUntil;
    return found;
  }

  async #store({ writes, session }: RequestArtifacts): Promise<StoreOutcome> {
    const artifacts = [...writes].sort(([a], [b]) => (placeOf(a) < placeOf(b) ? -1 : 1)).map(([, artifact]) => artifact);
    writes.clear();
    return artifacts.length > 0 ? this.#storeAll(artifacts, session) : undefined;
  }

  async #storeAll(artifacts: Artifact[], loaded?: LoadedSession): Promise<StoreOutcome> {
    const over = loaded ? endedBy(artifacts, loaded) : [];
    const stored = over.length === 0 ? await store.upsertAll(this.#db, artifacts, loaded) : await this.#storeEnd(artifacts, loaded, over);
    if (stored === 0 && artifacts.some(store.isUsed)) return "used before";
    return stored < artifacts.length && loaded ? this.#storeChanged(artifacts, loaded) : undefined;
  }

  #storeEnd(artifacts: Artifact[], loaded: LoadedSession | undefined, over: Logout[]): Promise<number> {
    return transaction(this.#db, async (trx) => {
      const stored = await store.upsertAll(trx, artifacts, loaded);
      if (stored === artifacts.length) for (const logout of over) await this.#tell(trx, logout);
      return stored;
    });
  }

  /** The session changed, or ended, after the request had loaded it: the request's changes are applied to its latest state. */
  async #storeChanged(artifacts: Artifact[], loaded: LoadedSession): Promise<StoreOutcome> {
    const sessions = artifacts.filter(({ model }) => model === "Session");
    const session = sessions.find(({ uid }) => uid !== null);
    const found = await store.find(this.#db, "Session", loaded.idHash, this.#clock.now());
    const now = found?.consumedAt === null ? found.payload : undefined;
    const { payload, endedGrants } = rebase({ loaded: loaded.payload, changed: session?.payload, now });
    for (const grantId of endedGrants) await this.removeGrant(store.digest(grantId));
    if (now === undefined && session) await this.end("Session", session.idHash);
    if (now === undefined) return session && { session: session.idHash };
    const again = sessions.map((each) => (each === session ? { ...each, payload } : each));
    return this.#storeAll(again, { idHash: loaded.idHash, payload: now });
  }
}

function newRequest(ctx: Context): RequestArtifacts {
  return {
    browser: new RequestBrowser(ctx),
    writes: new Map(),
    session: undefined,
    ended: undefined,
    readAlong: new Map(),
    sessionUntil: undefined,
    code: undefined,
    over: false,
  };
}

function codeOf(idHash: string, { payload, grantHash, sessionUid, expiresAt }: store.FoundArtifact): Artifact {
  const { accountId = null } = JSON.parse(payload) as { accountId?: string };
  return { ...store.ended, model: "AuthorizationCode", idHash, payload, grantHash, sessionUid, accountId, expiresAt };
}

/** @returns nothing if it has expired */
function toStored({ payload, expiresAt, consumedAt }: Artifact, now: number): StoredArtifact | undefined {
  return expiresAt === null || expiresAt > now ? { payload, consumedAt: consumedAt ?? null } : undefined;
}

/** @param name hash of the identifier, or another name that it goes by */
function keyOf(model: string, name: string): string {
  return `${model} ${name}`;
}

/** Interactions come first: a request that takes the result of one waits for it before anything else. */
function placeOf(key: string): string {
  return key.startsWith("Interaction ") ? ` ${key}` : key;
}

/** The application that an interaction is for, or was. */
function clientOf(stored: StoredArtifact | undefined): string | undefined {
  if (!stored) return undefined;
  const { params, clientId } = JSON.parse(stored.payload) as { params?: { client_id?: string }; clientId?: string };
  return clientId ?? params?.client_id;
}
