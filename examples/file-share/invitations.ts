// Inviting people, with this application's own credentials: it sees and changes invitations to itself, and nothing else.
import * as oidc from "openid-client";
import { type Provider, ProviderUnavailable } from "./provider.ts";
import type { Settings } from "./settings.ts";

export type InvitationState = "pending" | "redeemed" | "expired" | "revoked";

/** What this application uses of an invitation; the API reference at ISSUER/admin/reference has the rest. */
export interface Invitation {
  id: string;
  state: InvitationState;
  /** The guest, known before the first sign-in, whichever of their addresses was invited. */
  sub: string;
}

/** The API refuses, for a reason that the owner can be told. */
export interface Refused {
  outcome: "refused";
  reason: string;
}

const patience = 15_000;

export class Invitations {
  readonly #provider: Provider;
  readonly #settings: Settings;
  #token: { value: string; endsAt: number } | undefined;

  constructor(provider: Provider, settings: Settings) {
    this.#provider = provider;
    this.#settings = settings;
  }

  /** Mails a link that leads to `target`, with a message in the owner's own words. Inviting the same address to the same target again extends the invitation and mails it again. */
  async invite(
    email: string,
    { target, label, message }: { target: string; label: string; message: string | null },
  ): Promise<{ outcome: "invited"; invitation: Invitation } | Refused> {
    const sponsor = { sponsor_name: this.#settings.owner?.name, sponsor_email: this.#settings.owner?.email };
    const answer = await this.#call("POST", "/invitations", { email, target_url: target, label, message, ...sponsor });
    return answer.outcome === "refused" ? answer : { outcome: "invited", invitation: answer.body as Invitation };
  }

  /** @returns the state of every invitation to this application, by its id */
  async states(): Promise<Map<string, InvitationState>> {
    const states = new Map<string, InvitationState>();
    let cursor: string | null = "";
    while (cursor !== null) {
      const answer = await this.#call("GET", `/invitations?limit=500${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
      if (answer.outcome === "refused") throw new ProviderUnavailable(answer.reason);
      const { items, next } = answer.body as { items: Invitation[]; next: string | null };
      for (const { id, state } of items) states.set(id, state);
      cursor = next;
    }
    return states;
  }

  /** Mails the same link again. */
  resend(id: string): Promise<{ outcome: "done" } | Refused> {
    return this.#call("POST", `/invitations/${encodeURIComponent(id)}/resend`);
  }

  /** Ends the right to sign in by this invitation, at once. */
  revoke(id: string): Promise<{ outcome: "done" } | Refused> {
    return this.#call("POST", `/invitations/${encodeURIComponent(id)}/revoke`);
  }

  /** @throws ProviderUnavailable if it is not the owner's fault */
  async #call(method: string, path: string, body?: object): Promise<{ outcome: "done"; body: unknown } | Refused> {
    const headers = { authorization: `Bearer ${await this.#accessToken()}`, "content-type": "application/json" };
    const signal = AbortSignal.timeout(patience);
    const request = { method, headers, signal, ...(body && { body: JSON.stringify(body) }) };
    const answer = await fetch(this.#api + path, request).catch((cause: unknown) => {
      throw new ProviderUnavailable("the administration API does not answer", { cause });
    });
    if (answer.ok) return { outcome: "done", body: await answer.json() };
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string; errors?: { message: string }[] };
    const reason = problem.errors?.map(({ message }) => message).join(", ") ?? problem.detail ?? String(answer.status);
    if (answer.status === 401) this.#token = undefined;
    if (answer.status === 401 || answer.status === 403 || answer.status >= 500)
      throw new ProviderUnavailable(`${answer.status}: ${reason}`);
    return { outcome: "refused", reason };
  }

  /** Client credentials (RFC 6749, 4.4), for the administration API alone (RFC 8707), with only the scopes used here. */
  async #accessToken(): Promise<string> {
    if (this.#token && this.#token.endsAt > Date.now()) return this.#token.value;
    const request = { scope: "invitations:read invitations:write", resource: this.#api };
    const tokens = await oidc.clientCredentialsGrant(await this.#provider.discover(), request).catch((cause: unknown) => {
      throw new ProviderUnavailable("no token for the administration API", { cause });
    });
    // A little early, so that it does not run out on the way.
    this.#token = { value: tokens.access_token, endsAt: Date.now() + ((tokens.expiresIn() ?? 0) - 30) * 1000 };
    return tokens.access_token;
  }

  get #api(): string {
    return `${this.#settings.issuer}/admin`;
  }
}
