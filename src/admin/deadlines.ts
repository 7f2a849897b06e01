// Until when a proof is good, and by which rule, as the administration API shows it.
import { z } from "zod";
import type { Deadline } from "../reverification/deadline.ts";
import { time } from "./fields.ts";

export const DeadlineResult = z
  .object({
    at: z.iso.datetime(),
    decided_by: z
      .enum(["settings", "application", "guest", "invitation", "guest-end", "invitation-end"])
      .describe("The rule that is strictest, or the date at which the guest's record or the invitation's access ends"),
    days: z.number().describe("The period of the strictest rule"),
  })
  .meta({ id: "Deadline" });
export function showDeadline({ at, rule, end }: Deadline): z.output<typeof DeadlineResult> {
  return { at: time(at), decided_by: end ? `${end.source}-end` : rule.source, days: rule.days };
}

export const exampleDeadline = { at: "2026-12-08T08:00:00.000Z", decided_by: "application" as const, days: 14 };
