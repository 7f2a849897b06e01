// `guestpass serve --workers N`: several processes on one port. The first process only hands out connections (node:cluster), replaces
// workers that end, passes signals on and adds up metrics. Each worker is a complete server, like an instance on another machine.
import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { setTimeout as wait } from "node:timers/promises";
import { elapsed, minute, second } from "./clock.ts";
import type { Config } from "./configuration/config.ts";
import { InputError } from "./errors.ts";
import { createLog } from "./log.ts";

/** How long (milliseconds) until a worker that does not stop by itself (serve in src/main.ts) is ended. */
const stopWithin = 10_500;
const longestPause = 30 * second;
/** A worker that lived this long (milliseconds) did not fail at its start. */
const provenAfter = minute;

interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * Runs until SIGTERM, SIGHUP or SIGINT, which every worker gets.
 * @throws InputError if several processes cannot serve
 */
export async function serveByWorkers(config: Config, count: number): Promise<void> {
  if (config.database.url.startsWith("sqlite:"))
    throw new InputError(
      "SQLite is for one process, and --workers needs PostgreSQL. Set GUESTPASS_DATABASE_URL to a PostgreSQL database, or leave --workers out.",
    );
  if (config.mode === "development")
    throw new InputError("--workers is for production mode: in development mode the mailbox belongs to one process.");
  const log = createLog(config.logLevel);
  if (config.metrics.token) (await import("./metrics/of-workers.ts")).addUpMetrics();
  const stopping = new AbortController();
  let exitCode = 0;

  const stop = (signal: NodeJS.Signals) => {
    for (const worker of workers()) worker.process.kill(signal);
    if (stopping.signal.aborted) return;
    stopping.abort(signal);
    setTimeout(endAll, config.timeouts.shutdownDelaySeconds * second + stopWithin).unref();
  };
  const endAll = () => {
    log.fatal("workers did not stop and are being killed");
    for (const worker of workers()) worker.process.kill("SIGKILL");
    process.exit(1);
  };
  process.on("SIGTERM", stop).on("SIGHUP", stop).on("SIGINT", stop);

  /** A worker that is stopped before it handles signals is killed by them. That is expected. */
  const noteStop = ({ code, signal }: Ended) => {
    exitCode ||= code ?? (signal === stopping.signal.reason ? 0 : 1);
  };

  /** Runs a worker and its successors until all are to stop. */
  const keep = async (first?: Worker) => {
    for (let worker = first, failures = 0; ; worker = undefined) {
      const since = elapsed();
      const { ended, pid } = run(worker);
      const how = await ended;
      if (stopping.signal.aborted) return noteStop(how);
      failures = elapsed() - since > provenAfter ? 0 : failures + 1;
      const pause = Math.min(longestPause, second * 2 ** Math.max(0, failures - 1));
      // Not under the name "code": what stands there is taken for a passcode.
      log.error({ pid, status: how.code, signal: how.signal, pause }, "a worker ended and is being replaced");
      await wait(pause, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
    }
  };

  // The first one brings the database up to date, and reports for all of them why they cannot start.
  const first = cluster.fork();
  const start = run(first);
  const how = await Promise.race([start.ended, once(first, "message").then(() => undefined)]);
  if (how) {
    noteStop(how);
    process.exit(exitCode);
  }
  log.info({ workers: count, pid: process.pid }, "Guestpass is starting its other workers");
  await Promise.all([keep(first), ...Array.from({ length: count - 1 }, () => (stopping.signal.aborted ? undefined : keep()))]);
  process.exit(exitCode);
}

function run(given?: Worker): { pid: number | undefined; ended: Promise<Ended> } {
  const worker = given ?? cluster.fork();
  const ended = new Promise<Ended>((resolve) =>
    worker.once("exit", (code, signal) => resolve({ code, signal: signal as NodeJS.Signals | null })),
  );
  return { pid: worker.process.pid, ended };
}

function workers(): Worker[] {
  return Object.values(cluster.workers ?? {}).filter((worker) => worker !== undefined);
}
