// Checks of client assertions (RFC 7523; OpenID Connect Core 1.0, section 9) beyond those of oidc-provider.
import { type Configuration, errors } from "oidc-provider";
import { fapi2Algorithms } from "../applications/profiles.ts";
import { type Clock, second } from "../clock.ts";

/** How far an application's clock may be ahead, in seconds. */
const mostAhead = 60;

/** @throws InvalidClientAuth if it is from the future, is meant only for others, or breaks the client's profile */
export function refuseUnfitAssertion(clock: Clock): NonNullable<Configuration["assertJwtClientAuthClaimsAndHeader"]> {
  return async ({ oidc }, { aud, iat }, { alg }) => {
    if (oidc.isFapi("2.0")) {
      if (aud !== oidc.issuer) throw new errors.InvalidClientAuth("audience (aud) must be the issuer identifier, as one string");
      if (!fapi2Algorithms.includes(String(alg)))
        throw new errors.InvalidClientAuth(`the assertion must be signed with one of ${fapi2Algorithms.join(", ")}`);
    }
    if (Array.isArray(aud) && !aud.includes(oidc.issuer))
      throw new errors.InvalidClientAuth("a list as audience (aud) must contain the issuer identifier");
    if (iat !== undefined && (typeof iat !== "number" || iat > clock.now() / second + mostAhead))
      throw new errors.InvalidClientAuth("iat must not be in the future");
  };
}
