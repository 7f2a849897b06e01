// A relying application in another language, with libraries of Debian's, beside a Guestpass of its own.
import { fileURLToPath } from "node:url";
import { freePort, Guestpass } from "./guestpass.ts";
import { Program } from "./program.ts";

/** The path of a file in test/system/. */
export function systemFile(name: string): string {
  return fileURLToPath(new URL(`../system/${name}`, import.meta.url));
}

export class RelyingProgram {
  readonly guestpass: Guestpass;
  readonly origin: string;
  readonly #program: Program;

  private constructor(guestpass: Guestpass, origin: string, program: Program) {
    this.guestpass = guestpass;
    this.origin = origin;
    this.#program = program;
  }

  /**
   * @param command the program with its arguments; it reads ISSUER, CLIENT_ID, CLIENT_SECRET and PORT from its environment
   * @param callback the path at which guests return
   */
  static async start(command: string[], callback: string, { pkceOptional = false } = {}): Promise<RelyingProgram> {
    const guestpass = await Guestpass.start();
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const metadata = { redirect_uris: [`${origin}${callback}`] };
    const { clientId, secret = "" } = await guestpass.register("program", { pkceOptional, metadata });
    const settings = { ISSUER: guestpass.issuer, CLIENT_ID: clientId, CLIENT_SECRET: secret, PORT: String(port) };
    try {
      return new RelyingProgram(guestpass, origin, await Program.start(command, port, settings));
    } catch (error) {
      await guestpass.stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    await this.#program.stop();
    await this.guestpass.stop();
  }
}
