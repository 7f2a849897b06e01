// A relying application in another language, with libraries of Debian's, beside a Guestpass of its own.
import { fileURLToPath } from "node:url";
import { freePort, Guestpass } from "./guestpass.ts";
import { Program } from "./program.ts";

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
   * @param interpreter what runs it
   * @param script its file in test/system/; it reads ISSUER, CLIENT_ID, CLIENT_SECRET and PORT
   * @param callback the path that guests come back to
   */
  static async start(interpreter: string, script: string, callback: string, { pkceOptional = false } = {}): Promise<RelyingProgram> {
    const guestpass = await Guestpass.start();
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const metadata = { redirect_uris: [`${origin}${callback}`] };
    const { clientId, secret = "" } = await guestpass.register("program", { pkceOptional, metadata });
    const path = fileURLToPath(new URL(`../system/${script}`, import.meta.url));
    const settings = { ISSUER: guestpass.issuer, CLIENT_ID: clientId, CLIENT_SECRET: secret, PORT: String(port) };
    try {
      return new RelyingProgram(guestpass, origin, await Program.start([interpreter, path], port, settings));
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
