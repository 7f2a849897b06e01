import type { z } from "zod";
import { inWords } from "../in-words.ts";
import { Problem } from "./problem.ts";

/** @param where what is validated, as the caller knows it @throws Problem 400 that names each field that is wrong */
export function validate<Schema extends z.ZodType>(schema: Schema, input: unknown, where: string): z.output<Schema> {
  const parsed = schema.safeParse(input ?? {}, { error: inWords });
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.flatMap((issue) => describe(issue, where));
  throw new Problem(400, "Bad request", `Put right what is wrong in the ${where} and send it again.`, { errors });
}

function describe(issue: z.core.$ZodIssue, where: string): { field: string; in: string; message: string }[] {
  const path = issue.path.map(String);
  if (issue.code !== "unrecognized_keys") return [{ field: path.join("."), in: where, message: issue.message }];
  return issue.keys.map((key) => ({ field: [...path, key].join("."), in: where, message: "is not a field that can be given here" }));
}
