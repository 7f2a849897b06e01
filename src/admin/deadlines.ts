// The end of a proof's validity and the rule that sets it, as the administration API shows them.
import { z } from "zod";
import type { Deadline } from "../reverification/deadline.ts";
import { time } from "./fields.ts";

export const DeadlineResult = z
  .object({
    at: z.iso.datetime(),
    decided_by: z
      .enum(["settings", "application", "guest", "invitation", "guest-end", "invitation-end"])
      .describe("The strictest rule, or the end of the guest's record or of the invitation's access"),
    days: z.number().describe("The period of the strictest rule"),
  })
  .meta({ id: "Deadline" });
export function showDeadline({ at, rule, end }: Deadline): z.output<typeof DeadlineResult> {
  return { at: time(at), decided_by: end ? `${end.source}-end` : rule.source, days: rule.days };
}

export const exampleDeadline = { at: "2026-12-08T08:00:00.000Z", decided_by: "application" as const, days: 14 };
