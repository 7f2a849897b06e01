// What this process stored in the last 5 seconds: a sign-in reads back at once most of what it writes. Only for a database that no
// other server shares. Nothing that was read is put in, so that an older state never takes the place of a newer one.
// docs/decisions/016-artifact-cache.md tells more.
import type { Artifact, StoredArtifact } from "./artifact-store.ts";

/** Milliseconds in which a change that another process (the command line) made to an artifact may go unseen. */
const keptFor = 5000;
const most = 10_000;

interface Entry {
  artifact: Artifact;
  putAt: number;
}

export class ArtifactCache {
  // In the order in which they were put in.
  readonly #entries = new Map<string, Entry>();
  readonly #byUid = new Map<string, string>();

  put(artifact: Artifact, now: number): void {
    const { model, idHash, uid } = artifact;
    const key = keyOf(model, idHash);
    this.#forget(key);
    this.#entries.set(key, { artifact, putAt: now });
    if (uid !== null) this.#byUid.set(uid, key);
    this.#tidy(now);
  }

  find(model: string, idHash: string, now: number): StoredArtifact | undefined {
    return this.#get(keyOf(model, idHash), now);
  }

  findByUid(uid: string, now: number): StoredArtifact | undefined {
    const key = this.#byUid.get(uid);
    return key === undefined ? undefined : this.#get(key, now);
  }

  remove(model: string, idHash: string): void {
    this.#forget(keyOf(model, idHash));
  }

  removeByGrant(grantHash: string): void {
    for (const [key, { artifact }] of this.#entries) if (artifact.grantHash === grantHash) this.#forget(key);
  }

  clear(): void {
    this.#entries.clear();
    this.#byUid.clear();
  }

  #get(key: string, now: number): StoredArtifact | undefined {
    const entry = this.#entries.get(key);
    if (!entry || !isFresh(entry, now)) return undefined;
    return toStored(entry.artifact, now);
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    this.#entries.delete(key);
    const { uid } = entry.artifact;
    if (uid !== null && this.#byUid.get(uid) === key) this.#byUid.delete(uid);
  }

  #tidy(now: number): void {
    for (const [key, entry] of this.#entries) {
      if (isFresh(entry, now) && this.#entries.size <= most) return;
      this.#forget(key);
    }
  }
}

/** A clock that was set back makes nothing last longer. */
function isFresh({ putAt }: Entry, now: number): boolean {
  return putAt <= now && now < putAt + keptFor;
}

/** @returns nothing where it has expired */
export function toStored({ payload, expiresAt }: Artifact, now: number): StoredArtifact | undefined {
  return expiresAt === null || expiresAt > now ? { payload, consumedAt: null } : undefined;
}

/** @param name hash of the identifier, or another name that it goes by */
export function keyOf(model: string, name: string): string {
  return `${model} ${name}`;
}
