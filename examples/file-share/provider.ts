// The OpenID Connect provider, as this application knows it: discovered once, then used for signing in, inviting and signing out.
import * as oidc from "openid-client";
import type { Settings } from "./settings.ts";

/** The provider cannot be reached, or gives an unexpected answer. */
export class ProviderUnavailable extends Error {}

export class Provider {
  readonly #settings: Settings;
  #discovered: Promise<oidc.Configuration> | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  /** Reads the provider's metadata once; after a failure, the next request tries again. @throws ProviderUnavailable */
  async discover(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.#settings;
    // Plain http is for a provider on this machine only.
    const insecure = new URL(issuer).protocol === "http:" ? [oidc.allowInsecureRequests] : [];
    this.#discovered ??= oidc.discovery(new URL(issuer), clientId, undefined, oidc.ClientSecretBasic(clientSecret), {
      execute: [oidc.enableNonRepudiationChecks, ...insecure],
      timeout: 5,
    });
    try {
      return await this.#discovered;
    } catch (cause) {
      this.#discovered = undefined;
      throw new ProviderUnavailable(`${issuer} cannot be discovered`, { cause });
    }
  }
}
