// The parts of the OpenAPI document that concern all operations.
import type { Api } from "../api/operation.ts";
import { apiScopes } from "../applications/api-scopes.ts";

const description = `Administrators manage the guest directory. Applications invite guests and see their own.

Send an access token as a bearer token. An application gets one from the token endpoint for its own credentials (RFC 6749, 4.4). An administrator's client may use every scope for every application; any other confidential application may hold \`invitations:read\`, \`invitations:write\`, \`guests:read\` and \`events:read\`, for itself only.

Problems are reported in the format of RFC 9457. An answer about a single resource carries an \`ETag\`; send it back in \`If-Match\`, and a change is made only if the resource has not changed since. Operations that create something take an \`Idempotency-Key\`: a request repeated with it within a day gets the first answer. An application that sends more than 600 requests a minute gets 429, with the seconds to wait in \`Retry-After\`.`;

export const adminDescription: Omit<Api, "operations"> = {
  prefix: "/admin",
  title: "Guestpass administration API",
  description,
  scopes: Object.fromEntries(apiScopes.map((scope) => [scope, scopeMeans(scope)])),
};

function scopeMeans(scope: string): string {
  const [what, how] = scope.split(":");
  if (what === "events") return "Follow events";
  if (how === "resend") return `Send the mails of ${what} again`;
  return `${how === "read" ? "See" : "Change"} ${what === "audit" ? "the audit trail" : what}`;
}
