import { z } from "zod";
import { type AnyOperation, operation } from "../api/operation.ts";
import type { Audit } from "../audit/audit.ts";
import { time } from "./fields.ts";

export interface StatisticsOperationDeps {
  audit: Pick<Audit, "signInsByDay">;
}

const StatisticsResult = z
  .object({
    days: z
      .array(
        z.object({
          day: z.iso.date(),
          sign_ins: z.number().int().describe("Guests who proved a mailbox"),
          codes: z.number().int().describe("Codes that were requested"),
        }),
      )
      .describe("By day (UTC), ending today; counted from the audit trail"),
  })
  .meta({ id: "Statistics" });

export function statisticsOperations({ audit }: StatisticsOperationDeps): AnyOperation[] {
  return [
    operation({
      id: "readStatistics",
      method: "get",
      path: "/statistics",
      summary: "Count sign-ins and codes by day",
      scope: "guests:read",
      own: false,
      query: z.strictObject({ days: z.coerce.number().int().min(1).max(90).default(30).describe("How many days") }),
      result: StatisticsResult,
      status: 200,
      example: { query: { days: "1" }, result: { days: [{ day: "2026-11-24", sign_ins: 41, codes: 57 }] } },
      run: async ({ query }) => {
        const days = await audit.signInsByDay(query.days);
        return {
          status: 200,
          body: { days: days.map(({ day, signIns, codes }) => ({ day: time(day).slice(0, 10), sign_ins: signIns, codes })) },
        };
      },
    }),
  ];
}
