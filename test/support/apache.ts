// Debian's Apache with a configuration, a port and a folder of its own, whatever else runs on the machine.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.ts";

export class Apache {
  readonly #process: ChildProcess;
  readonly #folder: string;

  private constructor(process: ChildProcess, folder: string) {
    this.#process = process;
    this.#folder = folder;
  }

  /**
   * Starts it on a port of loopback.
   * @param modules to load, as the LoadModule directive calls them without "_module"
   * @throws with its log, where it ends instead
   */
  static async start(port: number, modules: string[], directives: string): Promise<Apache> {
    const folder = await mkdtemp(join(tmpdir(), "guestpass-apache-"));
    const configuration = [
      `ServerRoot ${folder}`,
      `DefaultRuntimeDir ${folder}`,
      `PidFile ${folder}/apache2.pid`,
      `ErrorLog ${folder}/error.log`,
      "ServerName 127.0.0.1",
      `Listen 127.0.0.1:${port}`,
      // Where root starts it, its workers are somebody else; where anybody else does, this has no effect.
      "User www-data",
      "Group www-data",
      ...modules.map((name) => `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`),
      directives,
    ];
    await writeFile(join(folder, "apache2.conf"), configuration.join("\n"));
    const options = ["-DFOREGROUND", "-f", join(folder, "apache2.conf"), "-E", join(folder, "start.log")];
    const apache = new Apache(spawn("/usr/sbin/apache2", options, { stdio: "ignore" }), folder);
    await eventually("Apache listens", async () => {
      if (apache.#process.exitCode !== null) throw new Error(`Apache ended: ${await readFile(join(folder, "start.log"), "utf8")}`);
      return answers(port);
    });
    return apache;
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await ended;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.end(() => resolve(true)));
    socket.once("error", () => resolve(false));
  });
}
