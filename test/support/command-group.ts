import { expect } from "chai";
import { type Ended, runCommand } from "./command.ts";

/** `guestpass GROUP ...`, and what it is expected to end with. */
export class CommandGroup {
  readonly #group: string;
  readonly #settings: () => Record<string, string>;

  constructor(group: string, settings: () => Record<string, string>) {
    this.#group = group;
    this.#settings = settings;
  }

  run(...args: string[]): Promise<Ended> {
    return runCommand([this.#group, ...args], this.#settings());
  }

  /** @returns what it printed, which must be all that it did */
  async ok(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    expect({ code, stderr }, stdout).to.deep.equal({ code: 0, stderr: "" });
    return stdout;
  }

  /** @returns the one line that it ended with */
  async refused(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    expect({ code, stdout }, stderr).to.deep.equal({ code: 1, stdout: "" });
    expect(stderr.trim().split("\n")).to.have.length(1);
    return stderr.trim();
  }
}
