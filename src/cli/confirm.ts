import { createInterface } from "node:readline";
import { InputError } from "../errors.ts";

/**
 * Asks before something that cannot be undone.
 * @param what a sentence that says what will happen
 * @throws InputError if the answer is not yes, or nobody can be asked
 */
export async function confirm(what: string, { yes }: { yes: boolean }): Promise<void> {
  if (yes) return;
  if (!process.stdin.isTTY || !process.stdout.isTTY)
    throw new InputError(`${what} There is no terminal to ask on: add --yes if you are sure.`);
  const answer = await ask(`${what} Type yes to continue: `);
  if (!/^y(es)?$/i.test(answer.trim())) throw new InputError("Nothing was done.");
}

/** @returns "" if the terminal was closed instead */
function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  return new Promise<string>((resolve) => {
    terminal.once("close", () => resolve(""));
    terminal.question(question, resolve);
  }).finally(() => terminal.close());
}
