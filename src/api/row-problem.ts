// The problem with one row of many.
import { z } from "zod";
import { Problem } from "./problem.ts";

export const FieldError = z.object({ field: z.string(), in: z.string(), message: z.string() });

export const ProblemResult = z.object({
  title: z.string(),
  detail: z.string(),
  errors: z.array(FieldError).optional(),
});

/** @throws whatever is not the row's fault */
export function rowProblem(error: unknown): z.output<typeof ProblemResult> {
  if (!(error instanceof Problem)) throw error;
  const { errors } = error.extra as { errors?: z.output<typeof FieldError>[] };
  return { title: error.title, detail: error.message, ...(errors ? { errors } : {}) };
}
