/** An answer that says what is wrong (RFC 9457, problem details). Thrown by operations, sent by the router. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;
  /** Members beside the standard ones: the fields that are wrong, the guest that has the address ... */
  readonly extra: object;

  constructor(status: number, title: string, detail: string, extra: object = {}) {
    super(detail);
    this.status = status;
    this.title = title;
    this.extra = extra;
  }

  get document(): object {
    return { type: "about:blank", title: this.title, status: this.status, detail: this.message, ...this.extra };
  }
}

export const notFound = (what: string) => new Problem(404, "Not found", `There is no such ${what}.`);

export const notAllowed = (why: string) => new Problem(403, "Not allowed", why);

export const changedMeanwhile = () =>
  new Problem(
    412,
    "Changed meanwhile",
    "It was changed since you read it. Read it again, and send the change with its new ETag in If-Match.",
  );
