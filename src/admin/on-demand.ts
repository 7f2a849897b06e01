import type { AdminApi, AdminApiDeps } from "./api.ts";

/** The administration API: loaded when it is first asked for, and once. */
export function adminOnDemand(deps: AdminApiDeps): () => Promise<AdminApi> {
  let loading: Promise<AdminApi> | undefined;
  return () => {
    loading ??= import("./api.ts").then(({ adminApi }) => adminApi(deps));
    return loading;
  };
}
