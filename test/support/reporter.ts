import { appendFileSync } from "node:fs";
import Mocha from "mocha";

/**
 * Mocha's own reporter, which says after each file how far the run is, and ends with a line that machines read. Where FAILURES_FILE names a
 * file, each failure adds its test and first line to it, so that the end of a long log can name them.
 */
export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions & { files?: string[] }) {
    super(runner, options);
    const started = performance.now();
    const files = options.files?.length ?? 0;
    let finished = 0;
    runner.on("suite end", (suite) => {
      if (!suite.root || !options.parallel) return;
      finished++;
      console.log(
        `  [${finished} of ${files} files, ${this.stats.passes} passed, ${this.stats.failures} failed, ${clock(performance.now() - started)}]\n`,
      );
    });
    const failures = process.env["FAILURES_FILE"];
    if (failures) {
      runner.on("fail", (test, error) => {
        appendFileSync(failures, `${test.fullTitle()}: ${String(error?.message ?? error).split("\n", 1)[0]}\n`);
      });
    }
    runner.once("end", () => console.log(`${this.stats.passes} passed, ${this.stats.failures} failed`));
  }
}

/** @returns milliseconds as 4:05 */
function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
