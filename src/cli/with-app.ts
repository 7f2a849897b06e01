import { type App, createApp } from "../app.ts";
import { readConfig } from "../configuration/config.ts";
import { InputError } from "../errors.ts";
import { createLog } from "../log.ts";

/**
 * Opens what the server would open, without its log lines, runs the work and closes it all.
 * @param names the options of the command, and their names in the administration API: errors name the option
 */
export async function withApp<T>(work: (app: App) => Promise<T>, names: Record<string, string> = {}): Promise<T> {
  process.stdout.on("error", ignoreClosedPipe);
  const app = await createApp(readConfig(), { log: createLog("silent") });
  try {
    return await work(app);
  } catch (error) {
    throw error instanceof InputError && error.fields.length > 0 ? ofOptions(error, names) : error;
  } finally {
    await app.close();
  }
}

function ofOptions(error: InputError, names: Record<string, string>): InputError {
  const options = new Map(Object.entries(names).map(([option, name]) => [name, flag(option)]));
  const wrong = error.fields.map(({ field, message }) => `${options.get(field.split(".", 1)[0] ?? "") ?? field} ${message}`);
  return new InputError(`${wrong.join("; ")}.`, { cause: error });
}

/** "sponsorEmail" is --sponsor-email. */
function flag(option: string): string {
  return `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

/** The reader closed the pipe, as `| head` does. The work under way still finishes. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== "EPIPE") throw error;
}
