/**
 * Something the caller asked for that cannot be done, in words meant for that caller.
 * The command line prints the message alone; nothing in it may be secret.
 */
export class InputError extends Error {
  override readonly name = "InputError";
}
