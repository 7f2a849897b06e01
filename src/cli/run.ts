import { InputError } from "../errors.ts";
import { guestpassCommand } from "./commands.ts";

/**
 * Runs a command to its end. What is wrong with what it was given is said in a line on standard error.
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
