// The permissions of each administrator's role: the scopes of the administration API that it includes.

import { type ApiScope, apiScopes } from "../applications/api-scopes.ts";
import type { Role } from "./administrator.ts";

const looks: ApiScope[] = ["guests:read", "invitations:read", "applications:read"];

export const roleScopes: Record<Role, ReadonlySet<string>> = {
  /** Everything, administrators too. */
  owner: new Set(apiScopes),
  /** Guests, invitations and sessions. */
  manager: new Set([...looks, "guests:write", "invitations:write", "settings:read", "audit:read", "mail:read", "mail:write"]),
  /** Looks, explains, resends, and ends sessions. */
  helpdesk: new Set([...looks, "mail:read", "sessions:write", "invitations:resend"]),
  /** Looks at everything, and exports. */
  auditor: new Set(apiScopes.filter((scope) => scope.endsWith(":read"))),
};
