// The ceremonies of WebAuthn Level 3, by @simplewebauthn/server, which is loaded at first use. Administrators and guests have the
// same relying party id, so each has challenges under a key of its own: an answer to one is not valid for the other.
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from "@simplewebauthn/server";
import type { AnsweredChallenge, Challenges } from "./challenges.ts";

/** Options for the browser, as WebAuthn's own methods take them (parseCreationOptionsFromJSON, parseRequestOptionsFromJSON). */
export type PasskeyOptions = object;

/** A credential as it is stored. */
export interface Credential {
  id: string;
  /** COSE, base64url. */
  publicKey: string;
  counter: number;
  transports: string[];
}

/** Whose credential it is, as the authenticator keeps and shows it. */
export interface CredentialUser {
  /** Opaque. An authenticator keeps one credential for each handle. */
  handle: string;
  name: string;
  displayName: string;
}

export class Ceremonies {
  readonly #challenges: Challenges;
  readonly #origin: string;
  /** The relying party's id. */
  readonly host: string;

  /** @param issuer an origin: its host is the relying party's id */
  constructor({ challenges, issuer }: { challenges: Challenges; issuer: string }) {
    this.#challenges = challenges;
    this.#origin = issuer;
    this.host = new URL(issuer).hostname;
  }

  /** @param purpose what a credential is made for: the answer has to be for the same */
  async creationOptions(
    purpose: string,
    { title, user, existing }: { title: string; user: CredentialUser; existing: Pick<Credential, "id" | "transports">[] },
  ): Promise<PasskeyOptions> {
    const { generateRegistrationOptions } = await import("@simplewebauthn/server");
    return generateRegistrationOptions({
      rpName: title,
      rpID: this.host,
      userID: new TextEncoder().encode(user.handle),
      userName: user.name,
      userDisplayName: user.displayName,
      challenge: new Uint8Array(this.#challenges.make(`create:${purpose}`)),
      attestationType: "none",
      excludeCredentials: existing.map(({ id, transports }) => ({ id, transports })),
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    });
  }

  /** @param purpose what somebody signs in to: the answer has to be for the same */
  async requestOptions(purpose: string): Promise<PasskeyOptions> {
    const { generateAuthenticationOptions } = await import("@simplewebauthn/server");
    return generateAuthenticationOptions({
      rpID: this.host,
      challenge: new Uint8Array(this.#challenges.make(`get:${purpose}`)),
      userVerification: "required",
    });
  }

  /** @returns undefined if it is not what was asked for */
  async created(purpose: string, response: unknown): Promise<{ credential: Credential; answered: AnsweredChallenge } | undefined> {
    const { verifyRegistrationResponse } = await import("@simplewebauthn/server");
    let answered: AnsweredChallenge | undefined;
    try {
      const verified = await verifyRegistrationResponse({
        response: response as RegistrationResponseJSON,
        expectedChallenge: (challenge) => {
          answered = this.#challenges.answered(`create:${purpose}`, challenge);
          return answered !== undefined;
        },
        expectedOrigin: this.#origin,
        expectedRPID: this.host,
        requireUserVerification: true,
      });
      if (!verified.verified || !answered) return undefined;
      const { id, publicKey, counter, transports = [] } = verified.registrationInfo.credential;
      return { credential: { id, publicKey: Buffer.from(publicKey).toString("base64url"), counter, transports }, answered };
    } catch {
      // It throws for anything wrong in what a browser, or anybody else, sent.
      return undefined;
    }
  }

  /**
   * @param handle of the credential's user: if the authenticator names one, it has to be this one
   * @returns undefined if it is not this credential's answer to one of our challenges
   */
  async used(
    purpose: string,
    credential: Credential,
    response: unknown,
    handle?: string,
  ): Promise<{ counter: number; answered: AnsweredChallenge } | undefined> {
    const { verifyAuthenticationResponse } = await import("@simplewebauthn/server");
    let answered: AnsweredChallenge | undefined;
    try {
      const given = response as AuthenticationResponseJSON;
      const { userHandle } = given.response;
      if (handle !== undefined && userHandle && Buffer.from(userHandle, "base64url").toString() !== handle) return undefined;
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: given,
        expectedChallenge: (challenge) => {
          answered = this.#challenges.answered(`get:${purpose}`, challenge);
          return answered !== undefined;
        },
        expectedOrigin: this.#origin,
        expectedRPID: this.host,
        credential: {
          id: credential.id,
          publicKey: new Uint8Array(Buffer.from(credential.publicKey, "base64url")),
          counter: credential.counter,
          transports: credential.transports,
        },
        requireUserVerification: true,
      });
      return verified && answered ? { counter: authenticationInfo.newCounter, answered } : undefined;
    } catch {
      return undefined;
    }
  }
}
