// The command line and the server as processes of their own, as people run them.
import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Runs `guestpass ...` to its end. */
export function runCommand(args: string[], settings: Record<string, string>, script = main): Promise<Ended> {
  return new Running(args, settings, script).ended;
}

/** `guestpass serve`, once it listens. */
export class ServerProcess {
  readonly #running: Running;

  private constructor(running: Running) {
    this.#running = running;
  }

  /** @throws with what it printed, where it ends instead */
  static async start(settings: Record<string, string>, script = main): Promise<ServerProcess> {
    const running = new Running(["serve"], settings, script);
    await Promise.race([
      running.printed("Guestpass listens"),
      running.ended.then(({ stdout, stderr }) => {
        throw new Error(`guestpass serve ended:\n${stdout}${stderr}`);
      }),
    ]);
    return new ServerProcess(running);
  }

  get ended(): Promise<Ended> {
    return this.#running.ended;
  }

  /** Resolves once the log has the text. */
  logged(text: string): Promise<void> {
    return this.#running.printed(text);
  }

  /** Sends the signal. @returns how the process ended */
  kill(signal: NodeJS.Signals): Promise<Ended> {
    this.signal(signal);
    return this.ended;
  }

  signal(signal: NodeJS.Signals): void {
    this.#running.process.kill(signal);
  }
}

/** A program of this repository under way. */
export class Running {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  #stdout = "";
  #stderr = "";

  /**
   * @param settings the environment, with nothing of this process's but what finds and measures programs
   * @param script the command line where nothing else is said
   */
  constructor(args: string[], settings: Record<string, string>, script = main) {
    const { PATH = "", NODE_V8_COVERAGE, NODE_COMPILE_CACHE } = process.env;
    const env = {
      PATH,
      ...(NODE_V8_COVERAGE ? { NODE_V8_COVERAGE } : {}),
      ...(NODE_COMPILE_CACHE ? { NODE_COMPILE_CACHE } : {}),
      ...settings,
    };
    const child = spawn(process.execPath, [script, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#stderr += text));
    this.process = child;
    this.ended = new Promise((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (code, signal) => resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr }));
    });
  }

  printed(text: string): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!this.#stdout.includes(text)) return;
        this.process.stdout?.off("data", look);
        resolve();
      };
      this.process.stdout?.on("data", look);
      look();
    });
  }
}
