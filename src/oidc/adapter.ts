// oidc-provider's artifacts (sessions, interactions, codes, tokens, grants) in the database. An identifier that works as a
// credential is stored only as its SHA-256; consuming is one conditional statement, so of two uses at once one loses.
import { hash } from "node:crypto";
import type { Knex } from "knex";
import Provider, { type Adapter, type AdapterPayload, errors } from "oidc-provider";
import { type Clock, minute } from "../clock.ts";
import type { Db } from "../database.ts";
import { command, query } from "../statements.ts";

interface Row {
  payload: string;
  consumed_at: number | null;
}

const upsertRow = command(
  `INSERT INTO oidc_artifacts (model, id_hash, payload, grant_id, uid, account_id, expires_at, device, check_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
   ON CONFLICT (model, id_hash) DO UPDATE SET payload = excluded.payload, grant_id = excluded.grant_id, uid = excluded.uid,
   account_id = excluded.account_id, expires_at = excluded.expires_at, device = excluded.device,
   check_at = CASE WHEN oidc_artifacts.check_at < excluded.check_at THEN oidc_artifacts.check_at ELSE excluded.check_at END
   WHERE oidc_artifacts.model <> 'Session' OR oidc_artifacts.consumed_at IS NULL`,
);
const selectById = query<Row>(
  "SELECT payload, consumed_at FROM oidc_artifacts WHERE model = ? AND id_hash = ? AND (expires_at IS NULL OR expires_at > ?)",
);
const selectByUid = query<Row>(
  "SELECT payload, consumed_at FROM oidc_artifacts WHERE uid = ? AND model = ? AND (expires_at IS NULL OR expires_at > ?)",
);
const deleteById = command("DELETE FROM oidc_artifacts WHERE model = ? AND id_hash = ?");
const deleteByGrant = command("DELETE FROM oidc_artifacts WHERE grant_id = ?");
const consumeRow = command("UPDATE oidc_artifacts SET consumed_at = ? WHERE model = ? AND id_hash = ? AND consumed_at IS NULL");
const insertOnce = command(
  `INSERT INTO oidc_artifacts (model, id_hash, payload, expires_at) VALUES ('ReplayDetection', ?, '{}', ?)
   ON CONFLICT (model, id_hash) DO UPDATE SET expires_at = excluded.expires_at WHERE oidc_artifacts.expires_at <= ?`,
);
/** A session that applications may still keep theirs by stays until they were told that it is over. */
const deleteExpired = command("DELETE FROM oidc_artifacts WHERE expires_at < ? AND check_at IS NULL");

/** Makes the adapter of each model; a Client is looked up by the function given. */
export function adapterFactory(deps: { db: Knex; clock: Clock; findClient(id: string): Promise<AdapterPayload | undefined> }) {
  return (model: string): Adapter =>
    model === "Client" ? clientAdapter(deps.findClient) : new ArtifactAdapter(model, deps.db, deps.clock);
}

const deleteOfAccount = command("DELETE FROM oidc_artifacts WHERE account_id = ? AND model <> 'Session'");
const deleteMentioning = command(
  "DELETE FROM oidc_artifacts WHERE model IN ('Interaction', 'PushedAuthorizationRequest') AND LOWER(payload) LIKE LOWER(?) ESCAPE '!'",
);

/** Removes a guest's tokens and grants, and the requests under way that name one of the addresses. Sessions end on their own. */
export async function forgetGuest(trx: Db, subs: string[], addresses: string[]): Promise<void> {
  for (const sub of subs) await deleteOfAccount(trx, sub);
  for (const address of addresses) await deleteMentioning(trx, `%${JSON.stringify(address).slice(1, -1).replace(/[!%_]/g, "!$&")}%`);
}

/** oidc-provider looks for an earlier use of an assertion or a proof before it stores this one; of two at once, both would pass. */
export function countUsesAtomically(provider: Provider, { db, clock }: { db: Knex; clock: Clock }): void {
  provider.ReplayDetection.unique = async (issuer, jti, exp) =>
    (await insertOnce(db, digest(`${issuer}\0${jti}`), exp * 1000, clock.now())) === 1;
}

/** Removes what has expired. */
export async function sweepArtifacts(db: Knex, clock: Clock): Promise<void> {
  await deleteExpired(db, clock.now());
}

class ArtifactAdapter implements Adapter {
  readonly #model: string;
  readonly #db: Knex;
  readonly #clock: Clock;

  constructor(model: string, db: Knex, clock: Clock) {
    this.#model = model;
    this.#db = db;
    this.#clock = clock;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { jti: _credential, ...kept } = withoutSessionCookie(payload);
    const expiresAt = expiresIn === undefined ? null : this.#clock.now() + expiresIn * 1000;
    const values = [JSON.stringify(kept), this.#grantOf(payload), payload.uid ?? null, payload.accountId ?? null, expiresAt];
    await upsertRow(this.#db, this.#model, digest(id), ...values, ...this.#session(payload));
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const row = (await selectById(this.#db, this.#model, digest(id), this.#clock.now()))[0];
    return row && !this.#hasEnded(row) ? { ...toPayload(row), jti: id } : undefined;
  }

  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const row = (await selectByUid(this.#db, uid, this.#model, this.#clock.now()))[0];
    return row && toPayload(row);
  }

  /** Only the device flow looks up by user code, and it is off. */
  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  /** @throws InvalidGrant for all but the first; what came of the grant is revoked then (RFC 9700, 4.14.2) */
  async consume(id: string): Promise<void> {
    const first = (await consumeRow(this.#db, this.#clock.now(), this.#model, digest(id))) === 1;
    if (first) return;
    const grantId = (await this.find(id))?.grantId;
    if (grantId) {
      // The grant goes first: what the first use is still being given is dead without it.
      await deleteById(this.#db, "Grant", digest(grantId));
      await deleteByGrant(this.#db, grantId);
    }
    throw new errors.InvalidGrant("already used");
  }

  async destroy(id: string): Promise<void> {
    await deleteById(this.#db, this.#model, digest(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await deleteByGrant(this.#db, grantId);
  }

  /** Of a session in which someone is signed in: its browser, and a first look at its deadlines within a minute. */
  #session({ accountId }: AdapterPayload): [device: string | null, checkAt: number | null] {
    if (this.#model !== "Session" || accountId === undefined) return [null, null];
    return [Provider.ctx?.get("user-agent").slice(0, 400) || null, this.#clock.now() + minute];
  }

  /** A session that was ended is kept a while, so that a request under way does not bring it back. */
  #hasEnded(row: Row): boolean {
    return this.#model === "Session" && row.consumed_at !== null;
  }

  /** What ends with a grant is marked with it. An interaction only notes the grant of the guest it began with, whom another may follow. */
  #grantOf({ grantId }: AdapterPayload): string | null {
    return this.#model === "Interaction" ? null : (grantId ?? null);
  }
}

function clientAdapter(findClient: (id: string) => Promise<AdapterPayload | undefined>): Adapter {
  const refuse = async () => {
    throw new Error("clients are kept by src/applications");
  };
  return {
    find: findClient,
    upsert: refuse,
    findByUid: refuse,
    findByUserCode: refuse,
    consume: refuse,
    destroy: refuse,
    revokeByGrantId: refuse,
  };
}

/** An interaction notes the cookie of the session it began in; nothing reads it, so it is not stored. */
function withoutSessionCookie(payload: AdapterPayload): AdapterPayload {
  if (!payload.session?.cookie) return payload;
  const { cookie: _cookie, ...session } = payload.session;
  return { ...payload, session } as AdapterPayload;
}

function toPayload(row: Row): AdapterPayload {
  const payload = JSON.parse(row.payload) as AdapterPayload;
  return row.consumed_at === null ? payload : { ...payload, consumed: Math.floor(row.consumed_at / 1000) };
}

function digest(id: string): string {
  return hash("sha256", id, "base64url");
}
