import type { Grade } from "../admission/ways.ts";

/** An OpenID provider of a partner, where guests may sign in. */
export interface Upstream {
  id: string;
  issuer: string;
  clientId: string;
  /** What it is asked for, separated by blanks. */
  scope: string;
  /** What guests read. */
  label: string;
  /** A-labels in lower case. It is offered for addresses there, and authoritative for them. */
  domains: string[];
  /** The most that an account there is worth. */
  grade: Grade;
  /** The claim `tid` that an account has to have: Microsoft Entra's tenant. */
  tenant: string | null;
  /** Milliseconds since the epoch, both. */
  createdAt: number;
  updatedAt: number;
}

export interface StoredUpstream extends Upstream {
  sealedSecret: string;
}

/** What can be changed: another issuer would be another provider, with other people. */
export type UpstreamChange = Partial<Pick<Upstream, "clientId" | "scope" | "label" | "domains" | "grade">>;
