// Validation errors in English, for operators and administrators; guests' texts are in config/texts. zod's own messages name
// JavaScript types.
import type { z } from "zod";

const kinds: Record<string, string> = {
  string: "text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

const formats: Record<string, string> = {
  email: "an email address",
  hostname: "a host name, such as mail.example.com",
  url: "an absolute URI, such as https://example.com",
};

/** For `safeParse(input, { error: inWords })`; a schema's own message comes first. Never quotes the input: it can be secret. */
export const inWords: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is missing" : `must be ${kinds[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `must be ${issue.values.length > 1 ? "one of " : ""}${issue.values.join(", ")}`;
    case "invalid_format":
      return formats[issue.format] && `must be ${formats[issue.format]}`;
    case "too_small":
      return tooSmall(issue.origin, Number(issue.minimum), issue.inclusive === false);
    case "too_big":
      return tooBig(issue.origin, Number(issue.maximum));
    case "invalid_key":
      return `has a name that ${issue.issues[0]?.message ?? "cannot be used"}`;
    default:
      return undefined;
  }
};

function tooSmall(origin: string, least: number, exclusive: boolean): string {
  if (origin === "string") return least === 1 ? "must not be empty" : `must have at least ${least} characters`;
  if (origin === "array") return least === 1 ? "must have an entry" : `must have at least ${least} entries`;
  return exclusive ? `must be more than ${least}` : `must be ${least} or more`;
}

function tooBig(origin: string, most: number): string {
  if (origin === "string") return `must have at most ${most} characters`;
  if (origin === "array") return `must have at most ${most} entries`;
  return `must be ${most} or less`;
}

/** "1 day", "0.5 days". */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
