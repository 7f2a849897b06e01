/**
 * A request that cannot be carried out, with an explanation for the caller.
 * The command line prints the message alone; nothing in it may be secret.
 */
export class InputError extends Error {
  override readonly name = "InputError";
  /** The wrong fields of the administration API, if the error is about fields; the message says the same. */
  readonly fields: readonly FieldMessage[];

  constructor(message: string, { fields = [], ...options }: ErrorOptions & { fields?: readonly FieldMessage[] | undefined } = {}) {
    super(message, options);
    this.fields = fields;
  }
}

export interface FieldMessage {
  /** A path from the outside in: "deny_domains.0". */
  field: string;
  message: string;
}
