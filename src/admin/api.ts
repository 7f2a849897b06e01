// Assembles the administration API. on-demand.ts loads it with the first request: few servers are administered at any moment, and its
// schemas would be a good part of a server's memory.
import type Router from "@koa/router";
import type { Knex } from "knex";
import type { Api } from "../api/operation.ts";
import { type ReferenceDeps, referenceRoutes } from "../api/reference.ts";
import { apiRoutes, type RouterDeps, unknownRoutes } from "../api/router.ts";
import type { Application } from "../applications/application.ts";
import { Invitees } from "../invitations/invitees.ts";
import type { Limits } from "../limits/limits.ts";
import type { MailLimits } from "../limits/mail-limits.ts";
import { WhatIf } from "../reverification/what-if.ts";
import { Throttle, type ThrottleRates } from "./api-limits.ts";
import { adminDescription } from "./description.ts";
import { type InProcess, inProcess, type OperatorAccess, operatorAccess } from "./in-process.ts";
import { type AdminDeps, adminOperations } from "./operations.ts";

export type AdminApiDeps = Omit<AdminDeps, "invitees" | "whatIf" | "throttleMail"> &
  Omit<ReferenceDeps, "api"> &
  Pick<RouterDeps, "idempotency" | "log"> & {
    db: Knex;
    limits: Limits;
    rates: ThrottleRates;
    mailLimits: Pick<MailLimits, "invitation">;
    /** @returns the application and scopes of an access token for this API, or undefined if it is not good */
    authenticate(token: string): Promise<{ application: Application; scopes: ReadonlySet<string> } | undefined>;
  };

export interface AdminApi {
  /** To be asked in this order. */
  routers: Router[];
  /** The same operations without HTTP. */
  inProcess: InProcess;
  /** For an operator with a shell. */
  operator: OperatorAccess;
}

export function adminApi(deps: AdminApiDeps): AdminApi {
  const throttle = new Throttle(deps);
  const operations = adminOperations({
    ...deps,
    invitees: new Invitees(deps),
    whatIf: new WhatIf(deps),
    throttleMail: (clientId, address) => deps.mailLimits.invitation(clientId, address),
  });
  const within = inProcess(operations);
  const api: Api = { ...adminDescription, operations };
  return {
    routers: [
      referenceRoutes({ ...deps, api }),
      apiRoutes({
        ...deps,
        api,
        authenticate: async (token) => {
          const found = await deps.authenticate(token);
          if (!found) return undefined;
          const { clientId, policy } = found.application;
          return { clientId, administrator: policy.administrator, scopes: found.scopes };
        },
        throttle: (clientId) => throttle.request(clientId),
      }),
      unknownRoutes({ ...deps, api }),
    ],
    inProcess: within,
    operator: operatorAccess(within),
  };
}
