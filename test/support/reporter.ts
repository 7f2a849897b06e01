import Mocha from "mocha";

/** Mocha's own reporter, and a last line that machines read. */
export default class Reporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.once("end", () => console.log(`${this.stats.passes} passed, ${this.stats.failures} failed`));
  }
}
