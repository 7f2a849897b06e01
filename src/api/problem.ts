import { counted } from "../texts/in-words.ts";

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

/** @param wait seconds */
export const tooMany = (wait: number, why: string) =>
  new Problem(429, "Too many requests", `${why} Wait ${counted(wait, "second")}.`, { retry_after: wait });

export const changedMeanwhile = () =>
  new Problem(
    412,
    "Changed meanwhile",
    "It has changed since you read it. Read it again, and send the change with the new ETag in If-Match.",
  );
