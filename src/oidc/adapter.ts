// The storage as oidc-provider sees it. An identifier that works as a credential is stored only as its SHA-256; its use is decided by one
// conditional statement, so one of two simultaneous uses loses.
import { decodeJwt } from "jose";
import Provider, { type Adapter, type AdapterPayload, errors } from "oidc-provider";
import { type Clock, minute, skewOfAccess } from "../clock.ts";
import { type Artifact, digest, type StoredArtifact } from "./artifact-store.ts";
import type { Artifacts } from "./artifacts.ts";

interface AdapterDeps {
  artifacts: Artifacts;
  clock: Clock;
  /** How long (milliseconds) a rotated refresh token gives another successor. */
  refreshGrace: number;
}

/** Makes the adapter of each model; a Client is looked up by the function given. */
export function adapterFactory({ findClient, ...deps }: AdapterDeps & { findClient(id: string): Promise<AdapterPayload | undefined> }) {
  return (model: string): Adapter => (model === "Client" ? clientAdapter(findClient) : new ArtifactAdapter(model, deps));
}

/**
 * oidc-provider looks for an earlier use of an assertion or a proof before it stores this one, so two at once would both pass. To a proof
 * that comes again it answers invalid_grant, which tells an application that its tokens are over (RFC 9449, 5 and 7.1).
 */
export function countUsesAtomically(provider: Provider, { artifacts }: { artifacts: Artifacts }): void {
  provider.ReplayDetection.unique = async (issuer, jti, exp) => {
    const unused = await artifacts.useOnce(digest(`${issuer}\0${jti}`), exp * 1000);
    if (!unused && isOfProof(jti)) throw new errors.InvalidDpopProof("the DPoP proof was used before");
    return unused;
  };
}

/** Whether the DPoP proof of this request has the identifier. */
function isOfProof(jti: string): boolean {
  const proof = Provider.ctx?.get("DPoP");
  try {
    return proof !== undefined && proof !== "" && decodeJwt(proof).jti === jti;
  } catch {
    return false;
  }
}

/** Credentials that give access to anybody who has them. */
const isCredential = new Set(["AccessToken", "AuthorizationCode", "ClientCredentials", "RefreshToken"]);

class ArtifactAdapter implements Adapter {
  readonly #model: string;
  readonly #artifacts: Artifacts;
  readonly #clock: Clock;
  /** How long (milliseconds) after the first use it can be used again. */
  readonly #grace: number;

  constructor(model: string, { artifacts, clock, refreshGrace }: AdapterDeps) {
    this.#model = model;
    this.#artifacts = artifacts;
    this.#clock = clock;
    this.#grace = model === "RefreshToken" ? refreshGrace : 0;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { jti: _credential, ...kept } = withoutSessionCookie(payload);
    const grantId = this.#grantOf(payload);
    const browser = this.#model === "Interaction" ? this.#artifacts.browser?.bind((payload.exp ?? 0) - (payload.iat ?? 0)) : undefined;
    await this.#artifacts.put({
      model: this.#model,
      idHash: digest(id),
      payload: JSON.stringify({ ...kept, browser }),
      grantHash: grantId === undefined ? null : digest(grantId),
      uid: payload.uid ?? null,
      sessionUid: payload.sessionUid ?? payload.session?.uid ?? null,
      accountId: payload.accountId ?? null,
      ...this.#session(payload),
      expiresAt: expiresIn === undefined ? null : this.#clock.now() + expiresIn * 1000,
    });
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    const stored = await this.#artifacts.find(this.#model, digest(id));
    if (!stored || this.#hasEnded(stored)) return undefined;
    const payload = this.#toPayload(stored);
    return this.#isElsewhere(payload) || this.#isOfLater(payload) ? undefined : { ...payload, jti: id };
  }

  /** Only sessions have a uid, and only they are looked up by it. */
  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const stored = await this.#artifacts.findByUid(uid);
    return stored && this.#toPayload(stored);
  }

  /** Only the device flow looks up by user code, and it is off. */
  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  /** @throws InvalidGrant for all but the first use, and those within its grace period; everything issued under the grant is then revoked (RFC 9700, 4.14.2) */
  async consume(id: string): Promise<void> {
    if (await this.#artifacts.consume(this.#model, digest(id), this.#grace)) return;
    const grantId = (await this.find(id))?.grantId;
    if (grantId) await this.#artifacts.removeGrant(digest(grantId));
    throw new errors.InvalidGrant("already used");
  }

  /** A session ends with what the request stores, and an interaction's result is taken with it. */
  async destroy(id: string): Promise<void> {
    if (this.#model === "Session") return this.#artifacts.end("Session", digest(id));
    if (this.#model === "Interaction") return this.#artifacts.take(digest(id));
    await this.#artifacts.remove(this.#model, digest(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#artifacts.removeByGrant(digest(grantId));
  }

  /** For a session in which someone is signed in: its browser, and a first check of its deadlines within a minute. */
  #session({ accountId }: AdapterPayload): Pick<Artifact, "device" | "checkAt"> {
    if (this.#model !== "Session" || accountId === undefined) return { device: null, checkAt: null };
    return { device: Provider.ctx?.get("user-agent").slice(0, 400) || null, checkAt: this.#clock.now() + minute };
  }

  #toPayload({ payload, consumedAt }: StoredArtifact): AdapterPayload {
    const stored = JSON.parse(payload) as AdapterPayload;
    if (consumedAt === null || Math.abs(this.#clock.now() - consumedAt) < this.#grace) return stored;
    return { ...stored, consumed: Math.floor(consumedAt / 1000) };
  }

  /** A session or an interaction that was ended is kept a while, so that a request under way does not bring it back. */
  #hasEnded(stored: StoredArtifact): boolean {
    return (this.#model === "Session" || this.#model === "Interaction") && stored.consumedAt !== null;
  }

  /** Whether the sign-in belongs to another browser. */
  #isElsewhere({ browser }: AdapterPayload): boolean {
    return this.#model === "Interaction" && !this.#artifacts.browser?.is(browser);
  }

  /** Whether a clock that was ahead issued it, so that its end would come too late (docs/decisions/028). */
  #isOfLater({ iat = 0 }: AdapterPayload): boolean {
    return isCredential.has(this.#model) && iat * 1000 > this.#clock.now() + skewOfAccess;
  }

  /** Artifacts that end with a grant are marked with it. An interaction only records the grant of the guest it began with, and may end with another guest. */
  #grantOf({ grantId }: AdapterPayload): string | undefined {
    return this.#model === "Interaction" ? undefined : grantId;
  }
}

function clientAdapter(findClient: (id: string) => Promise<AdapterPayload | undefined>): Adapter {
  const refuse = async () => {
    throw new Error("clients are stored by src/applications");
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

/** An interaction contains the cookie of the session it began in. Nothing reads it, so it is not stored. */
function withoutSessionCookie(payload: AdapterPayload): AdapterPayload {
  if (!payload.session?.cookie) return payload;
  const { cookie: _cookie, ...session } = payload.session;
  return { ...payload, session } as AdapterPayload;
}
