import { availableParallelism, loadavg } from "node:os";

/** The machine that a figure was measured on, and its load: "on 2 cores; load average now 0.4 0.3 0.2". */
export function machine(): string {
  const load = loadavg().map((value) => value.toFixed(1));
  return `on ${availableParallelism()} cores; load average now ${load.join(" ")}`;
}
