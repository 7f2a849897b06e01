// The FAPI 2.0 Security Profile: the registration that it requires of an application.
import { InputError } from "../errors.ts";
import type { ClientMetadata, NewApplication, Profile } from "./application.ts";

/** Signatures that the profile allows (FAPI 2.0 Security Profile, 5.4.1). */
export const fapi2Algorithms = ["ES256", "PS256", "EdDSA"];

const fapi2: Partial<ClientMetadata> = {
  token_endpoint_auth_method: "private_key_jwt",
  id_token_signed_response_alg: "ES256",
  require_pushed_authorization_requests: true,
  dpop_bound_access_tokens: true,
};

/** Metadata that the profile implies unless something else was asked for. */
export function metadataOf(profile: Profile | null): Partial<ClientMetadata> {
  return profile === "fapi2" ? fapi2 : {};
}

/** @throws InputError that names the setting in conflict with the profile, and what it has to be */
export function refuseConflicts({ pkceOptional, policy, metadata }: NewApplication): void {
  if (policy.profile === null) return;
  for (const [name, value] of Object.entries(metadataOf(policy.profile))) {
    if (metadata[name] !== value)
      throw new InputError(
        `The profile ${policy.profile} needs ${name} to be ${value}, not ${metadata[name] ?? "its default"}: change it, or leave it out.`,
      );
  }
  if (pkceOptional)
    throw new InputError(`The profile ${policy.profile} always requires PKCE: pkce_optional (--pkce-optional) must be off.`);
  if (policy.administrator)
    throw new InputError(
      `The profile ${policy.profile} binds access tokens to a key, and the administration API does not accept bound tokens: administrator (--administrator) must be off.`,
    );
}
