import type { Grade } from "../admission/ways.ts";

/** An OpenID provider of a partner, where guests may sign in. */
export interface Upstream {
  id: string;
  issuer: string;
  clientId: string;
  /** The requested scopes, separated by spaces. */
  scope: string;
  /** What guests read. */
  label: string;
  /** A-labels in lower case. It is offered for addresses there, and authoritative for them. */
  domains: string[];
  /** Those of them where it comes before other providers. */
  firstFor: string[];
  /** The highest grade of an account there. */
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

/** The fields that can be changed. Another issuer would be another provider, with other people. */
export type UpstreamChange = Partial<Pick<Upstream, "clientId" | "scope" | "label" | "domains" | "firstFor" | "grade">>;
