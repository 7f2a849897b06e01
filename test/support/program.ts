// A program of the machine that listens on a port of loopback, for as long as a test needs it.
import { type ChildProcess, spawn } from "node:child_process";
import { connect } from "node:net";
import { eventually } from "./eventually.ts";

export class Program {
  readonly #process: ChildProcess;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /**
   * Starts it, and waits until it listens.
   * @param environment all that it gets of one
   * @throws with what it complained of, where it ends instead
   */
  static async start(command: string[], port: number, environment: Record<string, string> = {}): Promise<Program> {
    const [path = "", ...args] = command;
    const child = spawn(path, args, { env: environment, stdio: ["ignore", "ignore", "pipe"] });
    let complaints = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (complaints += text));
    await eventually(`${path} listens`, () => {
      if (child.exitCode !== null) throw new Error(`${path} ended: ${complaints}`);
      return answers(port);
    });
    return new Program(child);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await ended;
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.end(() => resolve(true)));
    socket.once("error", () => resolve(false));
  });
}
