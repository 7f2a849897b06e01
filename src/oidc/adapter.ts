// oidc-provider's view of what is stored. An identifier that works as a credential is stored only as its SHA-256; consuming is one
// conditional statement, so of two uses at once one loses.
import Provider, { type Adapter, type AdapterPayload, errors } from "oidc-provider";
import { type Clock, minute } from "../clock.ts";
import { type Artifact, digest, type StoredArtifact } from "./artifact-store.ts";
import type { Artifacts } from "./artifacts.ts";

interface AdapterDeps {
  artifacts: Artifacts;
  clock: Clock;
}

/** Makes the adapter of each model; a Client is looked up by the function given. */
export function adapterFactory({ findClient, ...deps }: AdapterDeps & { findClient(id: string): Promise<AdapterPayload | undefined> }) {
  return (model: string): Adapter => (model === "Client" ? clientAdapter(findClient) : new ArtifactAdapter(model, deps));
}

/** oidc-provider looks for an earlier use of an assertion or a proof before it stores this one; of two at once, both would pass. */
export function countUsesAtomically(provider: Provider, { artifacts }: { artifacts: Artifacts }): void {
  provider.ReplayDetection.unique = (issuer, jti, exp) => artifacts.useOnce(digest(`${issuer}\0${jti}`), exp * 1000);
}

class ArtifactAdapter implements Adapter {
  readonly #model: string;
  readonly #artifacts: Artifacts;
  readonly #clock: Clock;

  constructor(model: string, { artifacts, clock }: AdapterDeps) {
    this.#model = model;
    this.#artifacts = artifacts;
    this.#clock = clock;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn?: number): Promise<void> {
    const { jti: _credential, ...kept } = withoutSessionCookie(payload);
    const grantId = this.#grantOf(payload);
    await this.#artifacts.put({
      model: this.#model,
      idHash: digest(id),
      payload: JSON.stringify(kept),
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
    return stored && !this.#hasEnded(stored) ? { ...toPayload(stored), jti: id } : undefined;
  }

  /** Only sessions have a uid, and only they are looked up by it. */
  async findByUid(uid: string): Promise<AdapterPayload | undefined> {
    const stored = await this.#artifacts.findByUid(uid);
    return stored && toPayload(stored);
  }

  /** Only the device flow looks up by user code, and it is off. */
  async findByUserCode(): Promise<undefined> {
    return undefined;
  }

  /** @throws InvalidGrant for all but the first; what came of the grant is revoked then (RFC 9700, 4.14.2) */
  async consume(id: string): Promise<void> {
    if (await this.#artifacts.consume(this.#model, digest(id))) return;
    const grantId = (await this.find(id))?.grantId;
    if (grantId) await this.#artifacts.removeGrant(digest(grantId));
    throw new errors.InvalidGrant("already used");
  }

  /** A session or an interaction ends with what the request stores. */
  async destroy(id: string): Promise<void> {
    if (this.#model === "Session" || this.#model === "Interaction") return this.#artifacts.end(this.#model, digest(id));
    await this.#artifacts.remove(this.#model, digest(id));
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    await this.#artifacts.removeByGrant(digest(grantId));
  }

  /** Of a session in which someone is signed in: its browser, and a first look at its deadlines within a minute. */
  #session({ accountId }: AdapterPayload): Pick<Artifact, "device" | "checkAt"> {
    if (this.#model !== "Session" || accountId === undefined) return { device: null, checkAt: null };
    return { device: Provider.ctx?.get("user-agent").slice(0, 400) || null, checkAt: this.#clock.now() + minute };
  }

  /** A session that was ended is kept a while, so that a request under way does not bring it back. */
  #hasEnded(stored: StoredArtifact): boolean {
    return this.#model === "Session" && stored.consumedAt !== null;
  }

  /** What ends with a grant is marked with it. An interaction only notes the grant of the guest it began with, whom another may follow. */
  #grantOf({ grantId }: AdapterPayload): string | undefined {
    return this.#model === "Interaction" ? undefined : grantId;
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

function toPayload({ payload, consumedAt }: StoredArtifact): AdapterPayload {
  const stored = JSON.parse(payload) as AdapterPayload;
  return consumedAt === null ? stored : { ...stored, consumed: Math.floor(consumedAt / 1000) };
}
