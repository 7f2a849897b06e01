// The metrics of several workers (src/workers.ts) in one answer, whichever worker answers. It sends its own figures to the first process
// and gets back those of the others and of workers that have ended: a falling sum would look like a restart.
import cluster, { type Worker } from "node:cluster";
import { setTimeout as wait } from "node:timers/promises";
import { AggregatorRegistry, type Registry } from "prom-client";

type Figures = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>;

/** A worker asks for the figures of all, or sends its own. */
interface FromWorker {
  metrics: "gather" | "own";
  round: number;
  figures: Figures;
}

type ToWorker = { metrics: "tell"; round: number } | { metrics: "others"; round: number; others: Figures[] };

/** How long (milliseconds) a worker may take to answer; after that, its last figures count. */
const patience = 1000;

/** In the first process: answers its workers. */
export function addUpMetrics(): void {
  const last = new Map<number, Figures>();
  const answered = new Map<number, (worker: Worker) => void>();
  let gone: Figures[] = [];
  let rounds = 0;

  const ask = async (others: Worker[]): Promise<void> => {
    const round = ++rounds;
    const missing = new Set(others);
    const all = new Promise<void>((resolve) => {
      answered.set(round, (worker) => missing.delete(worker) && missing.size === 0 && resolve());
      if (missing.size === 0) resolve();
    });
    for (const worker of others) send(worker, { metrics: "tell", round });
    await Promise.race([all, wait(patience, undefined, { ref: false })]);
    answered.delete(round);
  };

  cluster.on("message", async (from: Worker, { metrics, round, figures }: FromWorker) => {
    if (metrics === undefined) return;
    last.set(from.id, figures);
    if (metrics === "own") return void answered.get(round)?.(from);
    await ask(Object.values(cluster.workers ?? {}).filter((each) => each !== undefined && each !== from && each.isConnected()) as Worker[]);
    const others = [...last].filter(([id]) => id !== from.id).map(([, each]) => each);
    send(from, { metrics: "others", round, others: [...others, ...gone] });
  });
  let merging = false;
  cluster.on("exit", async ({ id }) => {
    const figures = last.get(id);
    last.delete(id);
    if (!figures) return;
    gone.push(figures.filter(({ type }) => onlyGrows.has(String(type))));
    if (merging) return;
    merging = true;
    const merged = gone.length;
    const one = await AggregatorRegistry.aggregate(gone).getMetricsAsJSON();
    gone = [one, ...gone.slice(merged)];
    merging = false;
  });
}

const onlyGrows = new Set(["counter", "histogram"]);

/** It may end at this moment. */
function send(worker: Worker, message: ToWorker): void {
  if (worker.isConnected()) worker.send(message, () => undefined);
}

/** In a worker. */
export class MetricsOfWorkers {
  readonly #registry: Registry;
  readonly #asked = new Map<number, (others: Figures[]) => void>();
  #rounds = 0;

  constructor(registry: Registry) {
    this.#registry = registry;
    process.on("message", async (message: ToWorker) => {
      if (message.metrics === "tell") await this.#tell("own", message.round);
      else if (message.metrics === "others") this.#asked.get(message.round)?.(message.others);
    });
  }

  /** @returns the figures of all workers, in Prometheus's text format */
  async text(): Promise<string> {
    const round = ++this.#rounds;
    const others = new Promise<Figures[]>((resolve) => this.#asked.set(round, resolve));
    try {
      const own = await this.#tell("gather", round);
      const all = [own, ...(await Promise.race([others, wait(2 * patience, [], { ref: false })]))];
      return await AggregatorRegistry.aggregate(all).metrics();
    } finally {
      this.#asked.delete(round);
    }
  }

  async #tell(metrics: FromWorker["metrics"], round: number): Promise<Figures> {
    const figures = await this.#registry.getMetricsAsJSON();
    if (process.connected) process.send?.({ metrics, round, figures } satisfies FromWorker);
    return figures;
  }
}
