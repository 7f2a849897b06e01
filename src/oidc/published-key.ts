import { createPublicKey, type KeyObject } from "node:crypto";
import type { JWK } from "jose";
import { ExternalSigningKey } from "oidc-provider";

/** A key that is published, verifies what it signed, and cannot sign: only its public half is here. */
export class PublishedKey extends ExternalSigningKey {
  readonly #jwk: JWK;
  readonly #key: KeyObject;

  /** @param jwk public, with `kid` and `alg` */
  constructor(jwk: JWK) {
    super();
    this.#jwk = jwk;
    this.#key = createPublicKey({ key: jwk as Record<string, unknown>, format: "jwk" });
  }

  override get kid(): string | undefined {
    return this.#jwk.kid;
  }

  override get alg(): string | undefined {
    return this.#jwk.alg;
  }

  override keyObject(): KeyObject {
    return this.#key;
  }
}
