/**
 * A request that cannot be carried out, explained in words for the caller.
 * The command line prints the message alone; nothing in it may be secret.
 */
export class InputError extends Error {
  override readonly name = "InputError";
  /** The fields of the administration API that are wrong, where it is about those; the message says the same. */
  readonly fields: readonly FieldMessage[];

  constructor(message: string, { fields = [], ...options }: ErrorOptions & { fields?: readonly FieldMessage[] | undefined } = {}) {
    super(message, options);
    this.fields = fields;
  }
}

export interface FieldMessage {
  /** With what it is within, from the outside in: "deny_domains.0". */
  field: string;
  message: string;
}
