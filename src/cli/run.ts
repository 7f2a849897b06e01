import { InputError } from "../errors.ts";
import { guestpassCommand } from "./commands.ts";

/**
 * Runs a command to its end. Wrong input is reported in one line on standard error.
 * @param args as after `guestpass`
 * @returns the exit code
 */
export async function runGuestpass(args: string[]): Promise<number> {
  try {
    await (await guestpassCommand(args[0])).parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    console.error(error.message);
    return 1;
  }
}
