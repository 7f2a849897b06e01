// Claims of a guest (OpenID Connect Core 1.0, section 5.1).
import { type Account, type ClaimsParameter, errors, type FindAccount, type KoaContextWithOIDC } from "oidc-provider";
import type { Admission } from "../admission/admission.ts";
import type { Applications } from "../applications/applications.ts";
import type { Guest } from "../guests/guest.ts";
import type { Guests } from "../guests/guests.ts";

/** OpenID Connect Core 1.0, section 5.4: which claims a scope asks for. */
export const claims = {
  openid: ["sub", "auth_time", "acr", "amr"],
  email: ["email", "email_verified"],
  profile: ["name", "locale", "updated_at"],
};

/** Authentication context: control of a mailbox, proven with a one-time passcode. docs/relying-applications.md describes it. */
export const acr = "urn:guestpass:acr:mailbox";
/** RFC 8176. */
export const amr = ["otp"];

export interface AccountDeps {
  guests: Guests;
  applications: Applications;
  admission: Admission;
}

/** A guest whom the application does not admit is nobody there: sessions, codes and tokens stop at their next use. */
export function findAccountAmong({ guests, applications, admission }: AccountDeps): FindAccount {
  return async (ctx, sub, token) => {
    const guest = await guests.findBySub(sub);
    const clientId = token?.clientId ?? ctx.oidc.client?.clientId;
    const application = clientId === undefined ? undefined : await applications.find(clientId);
    if (!guest || guest.sub !== sub || !application) return undefined;
    return (await admission.admits(application, guest)) ? toAccount(guest) : undefined;
  };
}

/**
 * An application that insists on an authentication context which a mailbox cannot give learns so at once: otherwise the guest
 * would be asked for one code after another.
 * @throws UnmetAuthenticationRequirements (OpenID Connect Core 1.0, section 5.5.1.1)
 */
export function refuseUnattainableAcr(_ctx: KoaContextWithOIDC, { id_token: asked }: ClaimsParameter): void {
  const wish = asked?.["acr"];
  const accepted = [wish?.value ?? wish?.values ?? acr].flat();
  if (wish?.essential && !accepted.includes(acr)) throw new errors.UnmetAuthenticationRequirements(`the acr can only be ${acr}`);
}

function toAccount(guest: Guest): Account {
  return {
    accountId: guest.sub,
    claims: async () => ({
      sub: guest.sub,
      email: guest.email,
      email_verified: guest.verifiedAt !== null,
      ...(guest.name === null ? {} : { name: guest.name }),
      ...(guest.locale === null ? {} : { locale: guest.locale }),
      updated_at: Math.floor(guest.updatedAt / 1000),
    }),
  };
}
