import type Router from "@koa/router";
import type { AccountDeps } from "./visit.ts";

/** The guests' own page: loaded when it is first asked for, and once. */
export function accountOnDemand(deps: AccountDeps): () => Promise<Router[]> {
  let loading: Promise<Router[]> | undefined;
  return () => {
    loading ??= import("./account.ts").then(({ accountRoutes }) => [accountRoutes(deps)]);
    return loading;
  };
}
