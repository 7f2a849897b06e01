import type { Artifact, LoadedSession, StoredArtifact } from "./artifact-store.ts";

/** What one request has to store and has read along, by the artifact's key. */
export interface RequestArtifacts {
  writes: Map<string, Artifact>;
  /** The session of its browser, as it was found. */
  session: LoadedSession | undefined;
  readAlong: Map<string, StoredArtifact | undefined>;
  /** It was answered; what still runs on its behalf stands by itself. */
  over: boolean;
}

export function newRequest(): RequestArtifacts {
  return { writes: new Map(), session: undefined, readAlong: new Map(), over: false };
}
