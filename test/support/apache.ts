// Debian's Apache with a configuration, a port and a folder of its own, whatever else runs on the machine.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Program } from "./program.ts";

export class Apache {
  readonly #program: Program;
  readonly #folder: string;

  private constructor(program: Program, folder: string) {
    this.#program = program;
    this.#folder = folder;
  }

  /**
   * Starts it on a port of loopback.
   * @param modules to load, as the LoadModule directive calls them without "_module"
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
    return new Apache(await Program.start(["/usr/sbin/apache2", "-DFOREGROUND", "-f", join(folder, "apache2.conf")], port), folder);
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}
