// The figures as a table: medians of the rounds, and whether each target is met.
import type { DatabaseKind } from "../databases.ts";
import { machine } from "../machine.ts";
import { median } from "../statistics.ts";
import { table } from "../table.ts";
import type { Question } from "./questions.ts";

/** Of one round, for one question. */
export interface Measured {
  /** CPU of this process and of the database's processes (milliseconds each time it is asked). */
  cpu: number;
  /** From the call to the answer: the median (milliseconds). */
  elapsed: number;
}

export interface Answered {
  question: Pick<Question, "name" | "times" | "target">;
  /** Round by round. */
  small: Measured[];
  large: Measured[];
}

export function printReport(kind: DatabaseKind, answered: Answered[], { guests, against }: { guests: number; against: number }): void {
  const rounds = answered[0]?.large.length ?? 0;
  console.log(`
${kind}: ${guests.toLocaleString("en")} guests against ${against.toLocaleString("en")}, ${rounds} rounds, ${machine()}.
Milliseconds each time it is asked, medians of the rounds. CPU is this process's and the database's; ratios are of the CPU, round by round.
`);
  table(["asked for", "times a round", "CPU, small", "CPU, large", "elapsed, large", "ratio", "target", ""], answered.map(line));
}

function line({ question: { name, times, target }, small, large }: Answered): string[] {
  const cpu = median(large.map((round) => round.cpu));
  const ratio = median(large.map((round, at) => round.cpu / (small[at]?.cpu ?? Number.NaN)));
  const figures = [median(small.map((round) => round.cpu)), cpu, median(large.map((round) => round.elapsed)), ratio];
  const [bound, met] = !target
    ? ["", undefined]
    : "ratio" in target
      ? [`ratio ${target.ratio}`, ratio <= target.ratio]
      : [`CPU ${target.milliseconds} ms`, cpu <= target.milliseconds];
  return [name, String(times), ...figures.map((figure) => figure.toFixed(2)), bound, met === undefined ? "" : met ? "met" : "NOT met"];
}
