import { z } from "zod";
import { type AnyOperation, operation } from "../api/operation.ts";
import type { Audit } from "../audit/audit.ts";
import type { Guests } from "../guests/guests.ts";
import type { Outbox } from "../outbox/outbox.ts";
import { time } from "./fields.ts";

export interface StatisticsOperationDeps {
  audit: Pick<Audit, "signInsByDay">;
  guests: Pick<Guests, "countByState">;
  outbox: Pick<Outbox, "takenToDeliver">;
}

/** Seconds; null is longer. */
const steps = [5, 30, 120, 600, null];

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
    guests: z
      .object({ invited: z.number().int(), active: z.number().int(), suspended: z.number().int() })
      .describe("Guests in each state; of very many, as of a minute or two ago"),
    deliveries: z
      .array(
        z.object({
          within_seconds: z.number().int().nullable().describe("null: longer"),
          mails: z.number().int().describe("Mails that took this long, and longer than the step before"),
        }),
      )
      .describe("How long the newest 1,000 mails of the last 24 hours took until a mail server accepted them"),
  })
  .meta({ id: "Statistics" });

export function statisticsOperations({ audit, guests, outbox }: StatisticsOperationDeps): AnyOperation[] {
  return [
    operation({
      id: "readStatistics",
      method: "get",
      path: "/statistics",
      summary: "Count sign-ins and codes by day, guests by state, and mails by how long they took",
      scope: "guests:read",
      own: false,
      query: z.strictObject({ days: z.coerce.number().int().min(1).max(90).default(30).describe("How many days") }),
      result: StatisticsResult,
      status: 200,
      example: {
        query: { days: "1" },
        result: {
          days: [{ day: "2026-11-24", sign_ins: 41, codes: 57 }],
          guests: { invited: 12, active: 130, suspended: 3 },
          deliveries: steps.map((seconds, index) => ({ within_seconds: seconds, mails: [52, 4, 1, 0, 0][index] ?? 0 })),
        },
      },
      run: async ({ query }) => {
        const days = await audit.signInsByDay(query.days);
        return {
          status: 200,
          body: {
            days: days.map(({ day, signIns, codes }) => ({ day: time(day).slice(0, 10), sign_ins: signIns, codes })),
            guests: await guests.countByState(),
            deliveries: byStep(await outbox.takenToDeliver()),
          },
        };
      },
    }),
  ];
}

/** @param taken milliseconds */
function byStep(taken: number[]) {
  const fits = (milliseconds: number) => steps.findIndex((seconds) => seconds === null || milliseconds <= seconds * 1000);
  return steps.map((seconds, index) => ({ within_seconds: seconds, mails: taken.filter((each) => fits(each) === index).length }));
}
