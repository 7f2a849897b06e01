import type { z } from "zod";
import { inWords } from "../texts/in-words.ts";
import { Problem } from "./problem.ts";

/** Nobody reads more, and a body can be made to have a great many. */
const mostErrors = 100;

/** @param where what is validated, in the caller's words @throws Problem 400 that names each wrong field, 413 for too long a list */
export function validate<Schema extends z.ZodType>(schema: Schema, input: unknown, where: string): z.output<Schema> {
  const parsed = schema.safeParse(input ?? {}, { error: inWords });
  if (parsed.success) return parsed.data;
  const tooLong = parsed.error.issues.find((issue) => issue.code === "too_big" && issue.origin === "array" && issue.path.length === 0);
  if (tooLong) throw new Problem(413, "Too large", `The ${where} ${tooLong.message}. Send it in parts.`);
  const errors = parsed.error.issues
    .slice(0, mostErrors)
    .flatMap((issue) => describe(issue, where))
    .slice(0, mostErrors);
  throw new Problem(400, "Bad request", `Correct the ${where} and send it again.`, { errors });
}

function describe(issue: z.core.$ZodIssue, where: string): { field: string; in: string; message: string }[] {
  const path = issue.path.map(String);
  if (issue.code !== "unrecognized_keys") return [{ field: path.join("."), in: where, message: issue.message }];
  return issue.keys
    .slice(0, mostErrors)
    .map((key) => ({ field: [...path, key].join("."), in: where, message: "is not an allowed field here" }));
}
