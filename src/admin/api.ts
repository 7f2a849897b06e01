// The administration API, put together. on-demand.ts loads it when it is first asked for: few servers are administered at every moment,
// and its schemas are a good part of what a server would hold in memory.
import type Router from "@koa/router";
import type { Knex } from "knex";
import { Invitees } from "../invitations/invitees.ts";
import { WhatIf } from "../reverification/what-if.ts";
import { type AdminDeps, adminOperations } from "./operations.ts";
import { type OperatorAccess, operatorAccess } from "./operator.ts";
import { type ReferenceDeps, referenceRoutes } from "./reference.ts";
import { type AdminRouterDeps, adminRoutes, unknownAdminRoutes } from "./router.ts";
import type { Throttle } from "./throttle.ts";

export type AdminApiDeps = Omit<AdminDeps, "invitees" | "whatIf" | "throttleMail"> &
  Omit<ReferenceDeps, "operations"> &
  Pick<AdminRouterDeps, "idempotency" | "authenticate"> & { db: Knex; throttle: Throttle };

export interface AdminApi {
  /** To be asked in this order. */
  routers: Router[];
  /** The same operations without HTTP, for whoever has a shell. */
  operator: OperatorAccess;
}

export function adminApi({ throttle, ...deps }: AdminApiDeps): AdminApi {
  const operations = adminOperations({
    ...deps,
    invitees: new Invitees(deps),
    whatIf: new WhatIf(deps),
    throttleMail: (clientId, address) => throttle.mail(clientId, address),
  });
  return {
    routers: [
      referenceRoutes({ ...deps, operations }),
      adminRoutes({ ...deps, operations, throttle: (clientId) => throttle.request(clientId) }),
      unknownAdminRoutes(),
    ],
    operator: operatorAccess(operations),
  };
}
