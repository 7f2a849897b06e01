import type Router from "@koa/router";
import type { InProcess } from "../admin/in-process.ts";
import type { ConsoleDeps } from "./console.ts";

/** The console: loaded when it is first asked for, and once. */
export function consoleOnDemand(
  deps: Omit<ConsoleDeps, "inProcess">,
  admin: () => Promise<{ inProcess: InProcess }>,
): () => Promise<Router[]> {
  let loading: Promise<Router[]> | undefined;
  return () => {
    loading ??= Promise.all([import("./console.ts"), admin()]).then(([{ consoleRoutes }, { inProcess }]) =>
      consoleRoutes({ ...deps, inProcess }),
    );
    return loading;
  };
}
