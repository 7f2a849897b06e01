// The organisation's own OpenID provider, where administrators sign in (src/upstream/relying-party.ts). State, nonce and verifier come from a
// ticket that the browser keeps in a cookie: nothing is stored, and the URL in an address bar is useless in another browser.
import type { IDToken } from "openid-client";
import type { Clock } from "../clock.ts";
import type { Logger } from "../log.ts";
import type { AnsweredChallenge, Challenges } from "../passkeys/challenges.ts";
import type { KeyRing } from "../secrets.ts";
import { type Registration, RelyingParty, type RelyingPartyDeps, type Sent } from "../upstream/relying-party.ts";
import { type Role, roles } from "./administrator.ts";

interface ProviderSettings extends Registration {
  claim: string;
  roles: Partial<Record<Role, string | undefined>>;
}

export interface ProviderDeps extends Pick<RelyingPartyDeps, "callback" | "fetch"> {
  clock: Clock;
  log: Logger;
  key: KeyRing;
  challenges: Challenges;
  settings: ProviderSettings;
}

/** Somebody for whom the provider answers. */
export interface ProvedPerson {
  issuer: string;
  subject: string;
  /** As the provider knows it; undefined if it knows none, or has not verified it. */
  email: string | undefined;
  name: string | null;
  /** Undefined where none follows from the claim. */
  role: Role | undefined;
  /** When the person last signed in at the provider (milliseconds since the epoch); undefined if it does not say. */
  signedInAt: number | undefined;
  answered: AnsweredChallenge;
}

export type ProviderAnswer =
  | { outcome: "proved"; person: ProvedPerson }
  | { outcome: "not-begun-here" | "cancelled" | "unreachable" }
  /** What it said cannot be believed. */
  | { outcome: "not-believed"; why: string };

export class Provider {
  readonly #deps: ProviderDeps;
  readonly #party: RelyingParty;

  constructor(deps: ProviderDeps) {
    this.#deps = deps;
    this.#party = new RelyingParty({ ...deps, registration: deps.settings });
  }

  get issuer(): string {
    return this.#deps.settings.issuer;
  }

  /**
   * @param confirming a session whose owner is to prove their presence: the provider then asks for more than its own session
   * @returns where to send the browser, and the ticket that it keeps; undefined if the provider does not answer
   */
  async begin(confirming?: string): Promise<{ url: URL; ticket: string } | undefined> {
    const ticket = this.#deps.challenges.make(purposeOf(confirming)).toString("base64url");
    const url = await this.#party.url(this.#sent(ticket), { fresh: confirming !== undefined }).catch((error: Error) => this.#failed(error));
    return url && { url, ticket };
  }

  /** Whether the ticket belongs to a session whose owner is proving their presence. */
  confirms(ticket: string, session: string): boolean {
    return this.#deps.challenges.answered(purposeOf(session), ticket) !== undefined;
  }

  /** @param query the parameters of the provider's answer @param confirming as it was begun */
  async finish(ticket: string, query: URLSearchParams, confirming?: string): Promise<ProviderAnswer> {
    const answered = this.#deps.challenges.answered(purposeOf(confirming), ticket);
    if (!answered) return { outcome: "not-begun-here" };
    const answer = await this.#party.answer(query, this.#sent(ticket), {
      freshSince: confirming === undefined ? undefined : answered.madeAt,
      needed: [this.#deps.settings.claim, "email"],
    });
    if ("error" in answer) this.#failed(answer.error);
    if (answer.outcome === "answered") return { outcome: "proved", person: this.#person(answer.claims, answered) };
    if (answer.outcome === "not-believed") return { outcome: answer.outcome, why: whyOf(answer.about) };
    return { outcome: answer.outcome };
  }

  #person(claims: IDToken, answered: AnsweredChallenge): ProvedPerson {
    const { settings, clock } = this.#deps;
    const { iss, sub, email, email_verified: verified, name, auth_time: at } = claims;
    const held = [claims[settings.claim]].flat();
    return {
      issuer: iss,
      subject: sub,
      email: typeof email === "string" && /^[^\s@]+@[^\s@]+$/.test(email) && email.length <= 254 && verified !== false ? email : undefined,
      name: typeof name === "string" && name.trim() !== "" ? name.trim().slice(0, 100) : null,
      role: roles.find((role) => settings.roles[role] !== undefined && held.includes(settings.roles[role])),
      signedInAt: at === undefined ? undefined : Math.min(at * 1000, clock.now()),
      answered,
    };
  }

  #sent(ticket: string): Sent {
    const derived = (what: keyof Sent) => this.#deps.key.mac("provider", what, ticket).toString("base64url");
    return { state: derived("state"), nonce: derived("nonce"), verifier: derived("verifier") };
  }

  #failed(error: Error): undefined {
    this.#deps.log.warn({ err: error.cause instanceof Error ? error.cause : error }, "an administrator's sign-in at the provider failed");
  }
}

function purposeOf(confirming: string | undefined): string {
  return confirming === undefined ? "provider" : `provider:${confirming}`;
}

/** What is wrong with a claim, as the page says it. */
const aboutClaims: Record<string, string> = {
  client: "it gave no tokens for its code (is the client's secret right?)",
  iss: "it is from another issuer",
  aud: "it is for another application",
  azp: "it is for another application",
  nonce: "it is of another sign-in",
  exp: "it is no longer good",
  nbf: "it is not good yet",
  iat: "its time of issue cannot be",
  auth_time: "you did not sign in there anew",
};

function whyOf(about: string | undefined): string {
  return aboutClaims[about ?? ""] ?? "its form or its signature is not right";
}
