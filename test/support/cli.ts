// One group of commands, as people and scripts run it.
import { expect } from "chai";
import type { Ended } from "./command.ts";
import { runWarm } from "./warm-command.ts";

export class Cli {
  readonly #settings: Record<string, string>;
  readonly #group: string[];

  constructor(settings: Record<string, string>, ...group: string[]) {
    this.#settings = settings;
    this.#group = group;
  }

  /** @returns what it printed, which must be all that it did */
  async ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    expect({ code, stderr }, stdout).to.deep.equal({ code: 0, stderr: "" });
    return stdout;
  }

  /** As ok, with --json. */
  async json<T = Record<string, unknown>>(...args: string[]): Promise<T> {
    return JSON.parse(await this.ok(...args, "--json")) as T;
  }

  /** @returns the one line that it ended with */
  async refused(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    expect({ code, stdout }, stderr).to.deep.equal({ code: 1, stdout: "" });
    expect(stderr.trim().split("\n")).to.have.length(1);
    return stderr.trim();
  }

  run(...args: string[]): Promise<Ended> {
    return runWarm([...this.#group, ...args], this.#settings);
  }
}
