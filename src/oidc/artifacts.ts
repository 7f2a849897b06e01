// oidc-provider's artifacts (sessions, interactions, codes, tokens, grants) in the database. What one request stores goes there
// together, in one statement, before the request is answered; what a token lives by is read together with it.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Knex } from "knex";
import type { Context, Next } from "koa";
import type { Clock } from "../clock.ts";
import { type Db, transaction } from "../database.ts";
import { ArtifactCache, keyOf, toStored } from "./artifact-cache.ts";
import type { Artifact, StoredArtifact } from "./artifact-store.ts";
import * as store from "./artifact-store.ts";
import type { Logout } from "./logout-delivery.ts";
import { dropCookie, newRequest, type RequestArtifacts } from "./request-artifacts.ts";
import { endedBy, rebase } from "./session-changes.ts";

export class Artifacts {
  readonly #db: Knex;
  readonly #clock: Clock;
  readonly #cache: ArtifactCache | undefined;
  readonly #tell: (trx: Db, logout: Logout) => Promise<void>;
  readonly #requests = new AsyncLocalStorage<RequestArtifacts>();

  /**
   * @param alone whether no other server shares the database: what was just stored is then not read back
   * @param tell queues what an application is to be told, in the transaction that stores the end of its session
   */
  constructor(deps: { db: Knex; clock: Clock; alone: boolean; tell(trx: Db, logout: Logout): Promise<void> }) {
    this.#db = deps.db;
    this.#tell = deps.tell;
    this.#clock = deps.clock;
    this.#cache = deps.alone ? new ArtifactCache() : undefined;
  }

  /** Middleware around whatever stores artifacts. An answer only leaves once what it speaks of is stored. */
  readonly storeTogether = async (ctx: Context, next: Next): Promise<void> => {
    const request = newRequest();
    try {
      await this.#requests.run(request, next);
    } finally {
      request.over = true;
      dropCookie(ctx, await this.#store(request));
    }
  };

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
    const found = this.#cache?.find(model, idHash, now) ?? (await this.#read(model, idHash, now));
    if (request && found && model === "Session") request.session = { idHash, payload: found.payload };
    return found;
  }

  async findByUid(uid: string): Promise<StoredArtifact | undefined> {
    const key = keyOf("Session", uid);
    const request = this.#request();
    const written = request?.writes.values().find((artifact) => artifact.uid === uid);
    if (written) return { payload: written.payload, consumedAt: null };
    if (request?.readAlong.has(key)) return request.readAlong.get(key);
    const now = this.#clock.now();
    return this.#cache?.findByUid(uid, now) ?? store.findByUid(this.#db, uid, now);
  }

  /** @returns true for exactly one caller, however many try at once */
  async consume(model: string, idHash: string): Promise<boolean> {
    this.#forget(model, idHash);
    return store.consume(this.#db, model, idHash, this.#clock.now());
  }

  async remove(model: string, idHash: string): Promise<void> {
    this.#forget(model, idHash);
    await store.remove(this.#db, model, idHash);
  }

  /**
   * Empties an artifact together with what the request stores: what came of it is there from the moment at which it is gone. The sweep
   * removes the row.
   */
  end(model: string, idHash: string): Promise<void> {
    return this.put({ ...store.ended, model, idHash });
  }

  /** Removes what came of a grant. */
  async removeByGrant(grantHash: string): Promise<void> {
    const request = this.#request();
    request?.readAlong.clear();
    for (const [key, artifact] of request?.writes ?? []) if (artifact.grantHash === grantHash) request?.writes.delete(key);
    this.#cache?.removeByGrant(grantHash);
    await store.removeByGrant(this.#db, grantHash);
  }

  /** The grant first: what is still being given to somebody under it is dead without it. */
  async removeGrant(grantHash: string): Promise<void> {
    await this.remove("Grant", grantHash);
    await this.removeByGrant(grantHash);
  }

  /** @returns false where the name was used before and that use has not expired */
  useOnce(idHash: string, expiresAt: number): Promise<boolean> {
    return store.useOnce(this.#db, idHash, expiresAt, this.#clock.now());
  }

  /** Artifacts were changed elsewhere: what is stored counts, not what this process remembers. */
  evict(): void {
    this.#cache?.clear();
  }

  /** Removes a guest's tokens and grants, and the requests under way that name one of the addresses. Sessions end on their own. */
  async forget(trx: Db, subs: string[], addresses: string[]): Promise<void> {
    for (const sub of subs) await store.removeOfAccount(trx, sub);
    for (const address of addresses) await store.removeMentioning(trx, address);
    this.evict();
  }

  /** Removes an application's tokens and grants: those about one guest, or all. */
  async forgetApplication(trx: Db, clientId: string, sub?: string): Promise<void> {
    await store.removeOfApplication(trx, clientId, sub);
    this.evict();
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
    this.#cache?.remove(model, idHash);
  }

  /** With what it lives by, which the request asks for next. */
  async #read(model: string, idHash: string, now: number): Promise<StoredArtifact | undefined> {
    const request = this.#request();
    const found = await store.find(this.#db, model, idHash, now);
    if (found?.grantHash) request?.readAlong.set(keyOf("Grant", found.grantHash), found.grant);
    if (found?.sessionUid) request?.readAlong.set(keyOf("Session", found.sessionUid), found.session);
    return found;
  }

  /** @returns the session that had ended, or got another name, meanwhile and so was not stored */
  async #store({ writes, session }: RequestArtifacts): Promise<string | undefined> {
    const artifacts = [...writes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, artifact]) => artifact);
    writes.clear();
    return artifacts.length > 0 ? this.#storeAll(artifacts, session) : undefined;
  }

  /** The cache changes at the moment at which the statement is issued: the two go through the same changes in the same order. */
  async #storeAll(artifacts: Artifact[], loaded?: store.LoadedSession): Promise<string | undefined> {
    for (const artifact of artifacts) this.#cache?.put(artifact, this.#clock.now());
    let stored = 0;
    try {
      const over = loaded ? endedBy(artifacts, loaded) : [];
      stored = over.length === 0 ? await store.upsertAll(this.#db, artifacts, loaded) : await this.#storeEnd(artifacts, loaded, over);
    } finally {
      // Nothing was stored, or not the session that has meanwhile changed: nothing of it is remembered.
      if (stored < artifacts.length) for (const { model, idHash } of artifacts) this.#cache?.remove(model, idHash);
    }
    return stored < artifacts.length && loaded ? this.#storeChanged(artifacts, loaded) : undefined;
  }

  #storeEnd(artifacts: Artifact[], loaded: store.LoadedSession | undefined, over: Logout[]): Promise<number> {
    return transaction(this.#db, async (trx) => {
      const stored = await store.upsertAll(trx, artifacts, loaded);
      if (stored === artifacts.length) for (const logout of over) await this.#tell(trx, logout);
      return stored;
    });
  }

  /** The session changed, or ended, after the request had loaded it: what the request changed is changed in what it is by now. */
  async #storeChanged(artifacts: Artifact[], loaded: store.LoadedSession): Promise<string | undefined> {
    const sessions = artifacts.filter(({ model }) => model === "Session");
    const session = sessions.find(({ uid }) => uid !== null);
    const found = await store.find(this.#db, "Session", loaded.idHash, this.#clock.now());
    const now = found?.consumedAt === null ? found.payload : undefined;
    const { payload, endedGrants } = rebase({ loaded: loaded.payload, changed: session?.payload, now });
    for (const grantId of endedGrants) await this.removeGrant(store.digest(grantId));
    if (now === undefined && session) await this.end("Session", session.idHash);
    if (now === undefined) return session?.idHash;
    const again = sessions.map((each) => (each === session ? { ...each, payload } : each));
    return this.#storeAll(again, { idHash: loaded.idHash, payload: now });
  }
}
